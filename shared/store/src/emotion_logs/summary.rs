//! How often a child felt what, day by day.

use jiff::Timestamp;
use jiff::civil::Date;
use kimochi_domain::{ChildId, EmotionName};

use crate::columns::parsed;
use crate::{FamilyTransaction, Result};

/// How often one feeling was felt on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCount {
    /// The calendar day.
    pub day: Date,
    /// The feeling.
    pub emotion: EmotionName,
    /// How often.
    pub count: i64,
}

/// Counts the logs of a child felt from `from` to before `until`, by day in the time zone called `zone` and by
/// feeling. Days and feelings without a log are left out.
///
/// # Errors
/// When the database cannot be reached.
pub async fn summarise(
    family: &FamilyTransaction,
    child_id: ChildId,
    from: Timestamp,
    until: Timestamp,
    zone: &str,
) -> Result<Vec<DayCount>> {
    const SQL: &str = "\
-- emotion_logs::summarise
SELECT (felt_at AT TIME ZONE $5)::date AS day, emotion, count(*) AS count
FROM emotion_logs
WHERE user_id = $1 AND child_id = $2 AND felt_at >= $3 AND felt_at < $4 AND deleted_at IS NULL
GROUP BY day, emotion
ORDER BY day, emotion";

    let statement = family.prepare_cached(SQL).await?;
    let rows = family.query(&statement, &[&family.user().id.0, &child_id.0, &from, &until, &zone]).await?;
    rows.iter()
        .map(|row| {
            Ok(DayCount {
                day: row.try_get("day")?,
                emotion: parsed(row, "emotion")?,
                count: row.try_get("count")?,
            })
        })
        .collect()
}
