//! The recordings in the order in which S3 lists their objects, to be compared with what lies in the bucket.

use jiff::Timestamp;
use kimochi_domain::{AudioKey, RecordingId};
use serde::Serialize;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use crate::columns::parsed;
use crate::{Database, Result};

/// What the bucket should hold of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingKey {
    /// Which.
    pub id: RecordingId,
    /// Where its note lies; its transcript's key follows from it.
    pub audio_key: AudioKey,
    /// When S3 had the note; `None` when we know of none.
    pub uploaded_at: Option<Timestamp>,
    /// Whether there is a transcript.
    pub has_text: bool,
    /// Whether it is about to go, objects first.
    pub is_deleted: bool,
}

/// The next recordings after a key, in the order of the keys' bytes.
///
/// # Errors
/// When the database cannot be reached.
pub async fn after(db: &Database, key: &str, limit: i64) -> Result<Vec<RecordingKey>> {
    const SQL: &str = "\
-- recording_keys::after
SELECT id, audio_key, uploaded_at, has_text, is_deleted FROM recording_keys($1, $2)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.query(&statement, &[&key, &limit]).await?.iter().map(from_row).collect()
}

/// What was removed from the bucket because no recording has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Objects.
    pub objects: u64,
    /// Their versions and delete markers.
    pub versions: u64,
    /// The size of all of them.
    pub bytes: u64,
}

/// Writes the receipt for it into the audit log.
///
/// # Errors
/// When the database cannot be reached.
pub async fn note_removed(db: &Database, removed: Removed, now: Timestamp) -> Result<()> {
    const SQL: &str = "\
-- recording_keys::note_removed
SELECT audit_orphans($1, $2)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&now, &Json(removed)]).await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<RecordingKey> {
    Ok(RecordingKey {
        id: RecordingId(row.try_get("id")?),
        audio_key: parsed(row, "audio_key")?,
        uploaded_at: row.try_get("uploaded_at")?,
        has_text: row.try_get("has_text")?,
        is_deleted: row.try_get("is_deleted")?,
    })
}
