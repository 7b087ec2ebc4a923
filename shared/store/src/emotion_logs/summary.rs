//! How often a child felt what, day by day.

use jiff::Timestamp;
use jiff::civil::Date;
use kimochi_domain::{ChildId, EmotionName};
use tokio_postgres::Row;

use crate::columns::parsed;
use crate::{ReadFamily, Result};

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
/// feeling. Days and feelings without a log are left out; `None` when the family has no such child.
///
/// # Errors
/// When the database cannot be reached.
pub async fn summarise(
    family: &impl ReadFamily,
    child_id: ChildId,
    from: Timestamp,
    until: Timestamp,
    zone: &str,
) -> Result<Option<Vec<DayCount>>> {
    const SQL: &str = "\
-- emotion_logs::summarise
SELECT day, emotion, count
FROM children c LEFT JOIN LATERAL (
    SELECT (felt_at AT TIME ZONE $4)::date AS day, emotion, count(*) AS count
    FROM emotion_logs
    WHERE user_id = c.user_id AND child_id = c.id AND felt_at >= $2 AND felt_at < $3 AND deleted_at IS NULL
    GROUP BY day, emotion) counts ON true
WHERE c.id = $1 AND c.user_id = (SELECT signed_in_user_id()) AND c.deleted_at IS NULL
ORDER BY day, emotion";

    let rows = family.rows(SQL, &[&child_id.0, &from, &until, &zone]).await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    if first.try_get::<_, Option<Date>>("day")?.is_none() {
        return Ok(Some(Vec::new()));
    }
    rows.iter().map(from_row).collect::<Result<_>>().map(Some)
}

fn from_row(row: &Row) -> Result<DayCount> {
    Ok(DayCount { day: row.try_get("day")?, emotion: parsed(row, "emotion")?, count: row.try_get("count")? })
}
