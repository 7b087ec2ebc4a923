//! `emotions` and `intensities`: feeling cards and strengths.

mod upkeep;

use kimochi_domain::EmotionName;
use tokio_postgres::Row;

use crate::columns::parsed;
use crate::{ReadFamily, Result};

pub use upkeep::{Card, CardFace, Removal, find, find_for_change, insert, list_all, remove, replace};

/// A feeling card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emotion {
    /// Its name.
    pub name: EmotionName,
    /// What is written on it.
    pub label: String,
    /// Its colour as `#rrggbb`.
    pub color: String,
    /// Cards are shown in this order.
    pub position: i16,
    /// Counts its changes, from 1.
    pub version: i32,
}

/// How strong a feeling can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strength {
    /// 1 is the weakest.
    pub level: i16,
    /// What is written on it.
    pub label: String,
    /// How much of the card's colour is shown.
    pub percent: i16,
}

/// The cards that can be chosen, in their order.
///
/// # Errors
/// When the database cannot be reached.
pub async fn list(family: &impl ReadFamily) -> Result<Vec<Emotion>> {
    const SQL: &str = "\
-- emotions::list
SELECT name, label, color, position, version
FROM emotions
WHERE retired_at IS NULL
ORDER BY position, name";

    family.rows(SQL, &[]).await?.iter().map(from_row).collect()
}

/// The strengths, the weakest first.
///
/// # Errors
/// When the database cannot be reached.
pub async fn strengths(family: &impl ReadFamily) -> Result<Vec<Strength>> {
    const SQL: &str = "\
-- emotions::strengths
SELECT level, label, percent
FROM intensities
ORDER BY level";

    let strength = |row: &Row| {
        Ok(Strength {
            level: row.try_get("level")?,
            label: row.try_get("label")?,
            percent: row.try_get("percent")?,
        })
    };
    family.rows(SQL, &[]).await?.iter().map(strength).collect()
}

fn from_row(row: &Row) -> Result<Emotion> {
    Ok(Emotion {
        name: parsed(row, "name")?,
        label: row.try_get("label")?,
        color: row.try_get("color")?,
        position: row.try_get("position")?,
        version: row.try_get("version")?,
    })
}
