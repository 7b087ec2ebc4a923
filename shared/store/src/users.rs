//! `users`: parents, and how they come and go.

use jiff::Timestamp;
use kimochi_domain::{Caller, UserId};
use tokio_postgres::Row;

use crate::{Connection, Database, ReadFamily, Result};

/// A parent, and with that one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The family's id.
    pub id: UserId,
    /// When they first called.
    pub created_at: Timestamp,
}

/// A parent has left the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawal {
    /// The family's id.
    pub user_id: UserId,
    /// When they left.
    pub at: Timestamp,
    /// Whether they had left before this call.
    pub repeated: bool,
}

/// The parent's own row, made if this is their first call.
///
/// # Errors
/// When the database cannot be reached.
pub async fn read(family: &impl ReadFamily) -> Result<User> {
    const SQL: &str = "\
-- users::read
SELECT id AS user_id, created_at AS user_created_at
FROM users
WHERE id = (SELECT signed_in_user_id())";

    let row = family.row(SQL, &[]).await?;
    from_row(&row.expect("who signed in has a row"))
}

/// Marks the family as leaving, for good: from the commit on, every other call of theirs is refused. Writes that are
/// under way end first. `None` when nobody of that name has ever called.
///
/// # Errors
/// When the database cannot be reached.
pub async fn withdraw(database: &Database, caller: &Caller, now: Timestamp) -> Result<Option<Withdrawal>> {
    const SQL: &str = "\
-- users::withdraw
SELECT user_id, left_at, already_left
FROM withdraw_family($1, $2, $3, $4, $5)";

    let client = database.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let Caller { identity, request_id, source_address } = caller;
    let row = client
        .query_opt(&statement, &[&identity.issuer, &identity.subject, &now, request_id, source_address])
        .await?;
    row.map(|row| {
        Ok(Withdrawal {
            user_id: UserId(row.try_get("user_id")?),
            at: row.try_get("left_at")?,
            repeated: row.try_get("already_left")?,
        })
    })
    .transpose()
}

/// What a parent's first statement finds.
pub(crate) enum Opening {
    /// Their row; their family's rows are open to the transaction.
    Open(User),
    /// They have left.
    Left,
}

/// The statement of [`open_family`].
pub(crate) const OPEN_FAMILY: &str = "\
-- users::open_family
SELECT user_id, user_created_at, user_leaving_at
FROM open_family($1, $2, $3, $4, $5, $6)";

/// Finds or makes the row of `caller` and opens that family's rows to the transaction, unless they have left.
pub(crate) async fn open_family(connection: &Connection, caller: &Caller, now: Timestamp) -> Result<Opening> {
    let statement = connection.prepare_cached(OPEN_FAMILY).await?;
    let Caller { identity, request_id, source_address } = caller;
    let id = UserId::new().0;
    let row = connection
        .query_one(&statement, &[&id, &identity.issuer, &identity.subject, &now, request_id, source_address])
        .await?;
    let left: Option<Timestamp> = row.try_get("user_leaving_at")?;
    Ok(if left.is_some() { Opening::Left } else { Opening::Open(from_row(&row)?) })
}

fn from_row(row: &Row) -> Result<User> {
    Ok(User { id: UserId(row.try_get("user_id")?), created_at: row.try_get("user_created_at")? })
}
