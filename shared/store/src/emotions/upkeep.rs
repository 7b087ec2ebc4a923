//! What operators do with the cards.

use jiff::Timestamp;
use kimochi_domain::{CardColor, CardLabel, CardPosition, EmotionName};
use tokio_postgres::Row;

use crate::columns::parsed;
use crate::{OperatorTransaction, Result};

/// A card as operators see it, in the choice or retired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Its name, for good.
    pub name: EmotionName,
    /// What is written on it, its colour and its place.
    pub face: CardFace,
    /// Counts its changes, from 1.
    pub version: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was taken out of the choice; `None` while it can be chosen.
    pub retired_at: Option<Timestamp>,
}

/// What an operator decides about a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFace {
    /// What is written on it.
    pub label: CardLabel,
    /// Its colour.
    pub color: CardColor,
    /// Cards are shown in this order.
    pub position: CardPosition,
}

/// What became of [`remove`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// No log names it: it is gone.
    Deleted,
    /// Logs name it: they keep it, and it cannot be chosen any more.
    Retired,
}

/// All cards, retired ones too, in their order.
///
/// # Errors
/// When the database cannot be reached.
pub async fn list_all(operator: &OperatorTransaction) -> Result<Vec<Card>> {
    const SQL: &str = "\
-- emotions::list_all
SELECT name, label, color, position, version, created_at, updated_at, retired_at
FROM emotions
ORDER BY position, name";

    let statement = operator.prepare_cached(SQL).await?;
    operator.query(&statement, &[]).await?.iter().map(from_row).collect()
}

/// The card with this name, retired or not.
///
/// # Errors
/// When the database cannot be reached.
pub async fn find(operator: &OperatorTransaction, name: &EmotionName) -> Result<Option<Card>> {
    const SQL: &str = "\
-- emotions::find
SELECT name, label, color, position, version, created_at, updated_at, retired_at
FROM emotions
WHERE name = $1";

    let statement = operator.prepare_cached(SQL).await?;
    let row = operator.query_opt(&statement, &[&name.as_str()]).await?;
    row.as_ref().map(from_row).transpose()
}

/// As [`find`]; nobody else changes until the transaction ends. A log that is being written with it
/// is there by now.
///
/// # Errors
/// When the database cannot be reached.
pub async fn find_for_change(operator: &OperatorTransaction, name: &EmotionName) -> Result<Option<Card>> {
    const SQL: &str = "\
-- emotions::find_for_change
SELECT name, label, color, position, version, created_at, updated_at, retired_at
FROM emotions
WHERE name = $1
FOR UPDATE";

    let statement = operator.prepare_cached(SQL).await?;
    let row = operator.query_opt(&statement, &[&name.as_str()]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Makes a card; `None` when there is one of that name, retired ones included.
///
/// # Errors
/// When the database cannot be reached.
pub async fn insert(
    operator: &OperatorTransaction,
    name: &EmotionName,
    face: &CardFace,
    now: Timestamp,
) -> Result<Option<Card>> {
    const SQL: &str = "\
-- emotions::insert
INSERT INTO emotions (name, label, color, position, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (name) DO NOTHING
RETURNING name, label, color, position, version, created_at, updated_at, retired_at";

    let CardFace { label, color, position } = face;
    let statement = operator.prepare_cached(SQL).await?;
    let row = operator
        .query_opt(&statement, &[&name.as_str(), &label.as_str(), &color.as_str(), &position.number(), &now])
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Gives the card that [`find_for_change`] gave in this transaction another face. A retired card comes back with it.
///
/// # Errors
/// When the database cannot be reached.
pub async fn replace(
    operator: &OperatorTransaction,
    name: &EmotionName,
    face: &CardFace,
    now: Timestamp,
) -> Result<Card> {
    const SQL: &str = "\
-- emotions::replace
UPDATE emotions
SET label = $2, color = $3, position = $4, retired_at = NULL, version = version + 1, updated_at = $5
WHERE name = $1
RETURNING name, label, color, position, version, created_at, updated_at, retired_at";

    let CardFace { label, color, position } = face;
    let statement = operator.prepare_cached(SQL).await?;
    let row = operator
        .query_one(&statement, &[&name.as_str(), &label.as_str(), &color.as_str(), &position.number(), &now])
        .await?;
    from_row(&row)
}

/// Takes the card that [`find_for_change`] gave in this transaction out of the choice: deletes it, or, when logs name
/// it, retires it. A card that is retired already stays as it is.
///
/// # Errors
/// When the database cannot be reached.
pub async fn remove(operator: &OperatorTransaction, name: &EmotionName, now: Timestamp) -> Result<Removal> {
    const SQL: &str = "\
-- emotions::remove
WITH deleted AS (
    DELETE FROM emotions WHERE name = $1 AND NOT is_emotion_used($1) RETURNING name
), retired AS (
    UPDATE emotions SET retired_at = $2, version = version + 1, updated_at = $2
    WHERE name = $1 AND retired_at IS NULL AND is_emotion_used($1)
)
SELECT EXISTS (SELECT FROM deleted)";

    let statement = operator.prepare_cached(SQL).await?;
    let deleted: bool = operator.query_one(&statement, &[&name.as_str(), &now]).await?.try_get(0)?;
    Ok(if deleted { Removal::Deleted } else { Removal::Retired })
}

fn from_row(row: &Row) -> Result<Card> {
    Ok(Card {
        name: parsed(row, "name")?,
        face: CardFace {
            label: CardLabel::from_stored(row.try_get("label")?),
            color: parsed(row, "color")?,
            position: CardPosition::from_stored(row.try_get("position")?),
        },
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        retired_at: row.try_get("retired_at")?,
    })
}
