//! The list of a family's logs, page by page.

use jiff::Timestamp;
use kimochi_domain::{ChildId, EmotionLogId, EmotionName, FeltAt};

use super::EmotionLog;
use super::row::{columns, from_row};
use crate::{ReadFamily, Result};

/// Which logs to list.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    /// Those of one child.
    pub child_id: Option<ChildId>,
    /// Those of one feeling.
    pub emotion: Option<&'a EmotionName>,
    /// Felt at this time or later.
    pub from: Option<Timestamp>,
    /// Felt before this time.
    pub until: Option<Timestamp>,
}

/// A place in the list: after the log with these. Rows that are added meanwhile do not move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When it was felt.
    pub felt_at: Timestamp,
    /// Its id.
    pub id: EmotionLogId,
}

/// The first `limit` logs after `after`, the latest felt first.
///
/// Two statements rather than one with an OR: each of them has the index that gives its rows in order.
///
/// # Errors
/// When the database cannot be reached.
pub async fn list(
    family: &impl ReadFamily,
    filter: &Filter<'_>,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<EmotionLog>> {
    macro_rules! select {
        ($name:literal, $child:literal) => {
            concat!(
                "-- emotion_logs::",
                $name,
                "
WITH page AS MATERIALIZED (
    SELECT *
    FROM emotion_logs
    WHERE user_id = (SELECT signed_in_user_id()) AND deleted_at IS NULL",
                $child,
                "
        AND (felt_at, id) < ($1, $2)
        AND felt_at >= $3
        AND emotion = COALESCE($4, emotion)
    ORDER BY felt_at DESC, id DESC
    LIMIT $5
)
SELECT ",
                columns!(),
                "
FROM page l LEFT JOIN recordings r ON r.id = l.recording_id AND r.user_id = l.user_id
ORDER BY l.felt_at DESC, l.id DESC"
            )
        };
    }
    const OF_FAMILY: &str = select!("list", "");
    const OF_CHILD: &str = select!("list_of_child", " AND child_id = $6");

    let (felt_at, id) = start(filter, after);
    let from = filter.from.unwrap_or(FeltAt::EARLIEST);
    let emotion = filter.emotion.map(EmotionName::as_str);
    let rows = match filter.child_id {
        None => family.rows(OF_FAMILY, &[&felt_at, &id.0, &from, &emotion, &limit]).await?,
        Some(child_id) => {
            family.rows(OF_CHILD, &[&felt_at, &id.0, &from, &emotion, &limit, &child_id.0]).await?
        }
    };
    rows.iter().map(from_row).collect()
}

/// The place that everything listed lies after: where the last page ended or, if that is earlier, the end of the time
/// that was asked for: no id is smaller than the nil one.
fn start(filter: &Filter<'_>, after: Option<Position>) -> (Timestamp, EmotionLogId) {
    let end = (filter.until.unwrap_or(FeltAt::END), EmotionLogId(uuid::Uuid::nil()));
    match after {
        Some(position) if (position.felt_at, position.id) < end => (position.felt_at, position.id),
        _ => end,
    }
}
