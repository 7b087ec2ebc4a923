//! Everything that we hold about a family, in one statement whose rows are read one by one: a family may have more than
//! fits into memory.

use std::pin::Pin;

use futures_util::TryStreamExt as _;
use kimochi_domain::AudioKey;
use serde_json::{Map, Value};
use tokio_postgres::types::{Json, ToSql};
use tokio_postgres::{Row, RowStream};

use crate::columns::parsed_if_any;
use crate::{FamilyTransaction, Result};

/// The tables that entries come from, in the order in which they come.
pub const SECTIONS: [&str; 5] = ["children", "emotion_logs", "recordings", "job_runs", "audit_logs"];

/// One row of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Which of [`SECTIONS`] it belongs to.
    pub section: usize,
    /// Its columns; names and forms are those of the API.
    pub item: Map<String, Value>,
    /// Where the sound of a recording lies; `None` for everything else and while nothing has arrived.
    pub audio_key: Option<AudioKey>,
}

/// Entries on their way from the database, section by section and each the oldest first.
pub struct Entries {
    rows: Pin<Box<RowStream>>,
}

/// Begins to read everything that the family has, except for what is deleted.
///
/// # Errors
/// When the database cannot be reached.
pub async fn read(family: &FamilyTransaction) -> Result<Entries> {
    const SQL: &str = "\
-- export::read
SELECT section, item, audio_key
FROM (
    SELECT 1 AS section, created_at AS at, id, NULL AS audio_key, json_build_object(
        'id', id, 'nickname', nickname, 'birth_date', birth_date, 'gender', gender,
        'created_at', utc(created_at), 'updated_at', utc(updated_at)) AS item
    FROM children WHERE user_id = $1 AND deleted_at IS NULL
    UNION ALL
    SELECT 2, felt_at, id, NULL, json_build_object(
        'id', id, 'child_id', child_id, 'emotion', emotion, 'intensity', intensity, 'note', note,
        'recording_id', recording_id, 'felt_at', utc(felt_at), 'created_at', utc(created_at),
        'updated_at', utc(updated_at))
    FROM emotion_logs WHERE user_id = $1 AND deleted_at IS NULL
    UNION ALL
    SELECT 3, created_at, id, CASE WHEN uploaded_at IS NOT NULL THEN audio_key END, json_build_object(
        'id', id, 'status', status, 'content_type', content_type, 'size_bytes', size_bytes, 'sha256', sha256,
        'created_at', utc(created_at), 'uploaded_at', utc(uploaded_at), 'finished_at', utc(finished_at),
        'transcript', transcript, 'quality', quality, 'quality_reasons', quality_reasons, 'confidence', confidence,
        'language', language, 'duration_ms', duration_ms, 'partial_reason', partial_reason, 'failure', failure)
    FROM recordings WHERE user_id = $1 AND deleted_at IS NULL
    UNION ALL
    SELECT CASE kind WHEN 'job_runs' THEN 4 ELSE 5 END, at, id, NULL, item FROM export_history()
) AS entries
ORDER BY section, at, id";

    let statement = family.prepare_cached(SQL).await?;
    let parameters: [&(dyn ToSql + Sync); 1] = [&family.user().id.0];
    Ok(Entries { rows: Box::pin(family.query_raw(&statement, parameters).await?) })
}

impl Entries {
    /// The next one; `None` at the end.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn next(&mut self) -> Result<Option<Entry>> {
        self.rows.try_next().await?.as_ref().map(from_row).transpose()
    }
}

fn from_row(row: &Row) -> Result<Entry> {
    let Json(item) = row.try_get("item")?;
    let section: i32 = row.try_get("section")?;
    Ok(Entry { section: section as usize - 1, item, audio_key: parsed_if_any(row, "audio_key")? })
}
