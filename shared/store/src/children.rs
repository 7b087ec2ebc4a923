//! `children`: a family's children.

use jiff::Timestamp;
use kimochi_domain::{BirthDate, ChildId, Gender, Nickname};
use tokio_postgres::Row;

use crate::idempotency::KeyedRequest;
use crate::{Error, FamilyTransaction, ReadFamily, Result, WriteFamily};

/// The most children that a family may have; the database's trigger `children_limit` says the same.
pub const MAX_CHILDREN: usize = 20;

/// A child of a family.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// Its id.
    pub id: ChildId,
    /// What it is called at home.
    pub nickname: Nickname,
    /// When it was born.
    pub birth_date: BirthDate,
    /// In the parent's own words; `None` when they said nothing.
    pub gender: Option<Gender>,
    /// Counts its changes, from 1.
    pub version: i32,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A child to be entered.
#[derive(Debug, Clone)]
pub struct NewChild {
    /// What it is called at home.
    pub nickname: Nickname,
    /// When it was born.
    pub birth_date: BirthDate,
    /// In the parent's own words.
    pub gender: Option<Gender>,
}

/// What is to change; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct ChildChanges {
    /// Another nickname.
    pub nickname: Option<Nickname>,
    /// Another day.
    pub birth_date: Option<BirthDate>,
    /// Other words, or `Some(None)` for none.
    pub gender: Option<Option<Gender>>,
}

/// What became of [`insert`].
#[derive(Debug, Clone, PartialEq)]
pub enum Insertion {
    /// A new child.
    Created(Child),
    /// The request's key is taken: [`crate::idempotency::earlier`] tells by what.
    KeyTaken,
    /// The family has [`MAX_CHILDREN`] already. The transaction can only be rolled back.
    TooMany,
}

/// Enters a child, if the request's key is not taken.
///
/// # Errors
/// When the database cannot be reached.
pub async fn insert(
    family: &FamilyTransaction,
    new: &NewChild,
    request: Option<&KeyedRequest<'_>>,
    now: Timestamp,
) -> Result<Insertion> {
    const SQL: &str = "\
-- children::insert
INSERT INTO children (id, user_id, nickname, birth_date, gender, created_at, updated_at)
SELECT $1, $2, $3, $4, $5, $6, $6
WHERE claim_idempotency_key($2, $7, $8, $6)
RETURNING id, nickname, birth_date, gender, version, created_at, updated_at";

    let statement = family.prepare_cached(SQL).await?;
    let row = family
        .query_opt(
            &statement,
            &[
                &ChildId::new().0,
                &family.user().id.0,
                &new.nickname.as_str(),
                &new.birth_date.date(),
                &new.gender.as_ref().map(Gender::as_str),
                &now,
                &request.map(|request| request.key),
                &request.map(|request| request.fingerprint.as_slice()),
            ],
        )
        .await
        .map_err(Error::from);
    match row {
        Ok(Some(row)) => Ok(Insertion::Created(from_row(&row)?)),
        Ok(None) => Ok(Insertion::KeyTaken),
        Err(error) if error.violates("children_limit") => Ok(Insertion::TooMany),
        Err(error) => Err(error),
    }
}

/// All children of the family, in the order in which they were entered.
///
/// # Errors
/// When the database cannot be reached.
pub async fn list(family: &impl ReadFamily) -> Result<Vec<Child>> {
    const SQL: &str = "\
-- children::list
SELECT id, nickname, birth_date, gender, version, created_at, updated_at
FROM children
WHERE user_id = (SELECT signed_in_user_id()) AND deleted_at IS NULL
ORDER BY created_at, id";

    family.rows(SQL, &[]).await?.iter().map(from_row).collect()
}

/// The family's child with this id.
///
/// # Errors
/// When the database cannot be reached.
pub async fn find(family: &impl ReadFamily, id: ChildId) -> Result<Option<Child>> {
    const SQL: &str = "\
-- children::find
SELECT id, nickname, birth_date, gender, version, created_at, updated_at
FROM children
WHERE id = $1 AND user_id = (SELECT signed_in_user_id()) AND deleted_at IS NULL";

    family.row(SQL, &[&id.0]).await?.as_ref().map(from_row).transpose()
}

/// Whether the family has this child. If another one has it, the attempt is noted, once the transaction is committed.
///
/// # Errors
/// When the database cannot be reached.
pub async fn is_there(family: impl WriteFamily, id: ChildId) -> Result<bool> {
    const SQL: &str = "\
-- children::is_there
WITH child AS (
    SELECT EXISTS (SELECT FROM children WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL) AS is_there
)
SELECT is_there, CASE WHEN NOT is_there THEN audit_refusal('child', $1)::text END
FROM child";

    let user_id = family.user().id.0;
    let rows = family.write(SQL, &[&id.0, &user_id]).await?;
    Ok(rows.first().expect("the answer is one row").try_get("is_there")?)
}

/// As [`find`], and until the transaction ends nobody else changes it or writes a log for it.
///
/// # Errors
/// When the database cannot be reached.
pub async fn find_for_change(family: &FamilyTransaction, id: ChildId) -> Result<Option<Child>> {
    const SQL: &str = "\
-- children::find_for_change
SELECT id, nickname, birth_date, gender, version, created_at, updated_at
FROM children
WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL
FOR UPDATE";

    let statement = family.prepare_cached(SQL).await?;
    let row = family.query_opt(&statement, &[&id.0, &family.user().id.0]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Changes the child that [`find_for_change`] gave in this transaction.
///
/// # Errors
/// When the database cannot be reached.
pub async fn update(
    family: impl WriteFamily,
    id: ChildId,
    changes: &ChildChanges,
    now: Timestamp,
) -> Result<Child> {
    const SQL: &str = "\
-- children::update
UPDATE children SET
    nickname = COALESCE($3, nickname),
    birth_date = COALESCE($4, birth_date),
    gender = CASE WHEN $5 THEN $6 ELSE gender END,
    version = version + 1,
    updated_at = $7
WHERE id = $1 AND user_id = $2
RETURNING id, nickname, birth_date, gender, version, created_at, updated_at";

    let user_id = family.user().id.0;
    let rows = family
        .write(
            SQL,
            &[
                &id.0,
                &user_id,
                &changes.nickname.as_ref().map(Nickname::as_str),
                &changes.birth_date.map(BirthDate::date),
                &changes.gender.is_some(),
                &changes.gender.as_ref().and_then(Option::as_ref).map(Gender::as_str),
                &now,
            ],
        )
        .await?;
    from_row(rows.first().expect("the row is locked"))
}

/// Takes the child that [`find_for_change`] gave in this transaction away from the family, with its logs, their
/// recordings, and the answers that told of them. A log that was being written when the child was locked is there by
/// now.
///
/// # Errors
/// When the database cannot be reached.
pub async fn delete(family: impl WriteFamily, id: ChildId, now: Timestamp) -> Result<()> {
    const SQL: &str = "\
-- children::delete
WITH child AS (
    UPDATE children SET deleted_at = $3, updated_at = $3, version = version + 1
    WHERE id = $1 AND user_id = $2
    RETURNING id
), logs AS (
    UPDATE emotion_logs SET deleted_at = $3, updated_at = $3, version = version + 1
    WHERE user_id = $2 AND child_id = $1 AND deleted_at IS NULL
    RETURNING id, recording_id
), answers AS (
    DELETE FROM idempotency_keys
    WHERE user_id = $2 AND location IN (
        SELECT '/v1/children/' || id FROM child UNION ALL SELECT '/v1/emotion-logs/' || id FROM logs)
)
UPDATE recordings SET deleted_at = $3, updated_at = $3
WHERE user_id = $2 AND id IN (SELECT recording_id FROM logs) AND deleted_at IS NULL";

    let user_id = family.user().id.0;
    family.write(SQL, &[&id.0, &user_id, &now]).await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<Child> {
    Ok(Child {
        id: ChildId(row.try_get("id")?),
        nickname: Nickname::from_stored(row.try_get("nickname")?),
        birth_date: BirthDate::from_stored(row.try_get("birth_date")?),
        gender: row.try_get::<_, Option<String>>("gender")?.map(Gender::from_stored),
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
