//! Work that nobody is at: uploads that were asked for and never came, recordings whose attempt ended without a word.

use jiff::Timestamp;
use kimochi_domain::{AudioKey, RecordingId, Sequencer};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::columns::parsed;
use crate::transcription::Object;
use crate::{Database, Result};

/// An upload that was asked for, and of which nothing is known since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentUpload {
    /// The recording that waits for it.
    pub id: RecordingId,
    /// Where the note would lie.
    pub audio_key: AudioKey,
}

/// A recording that arrived, has no text, and is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// Which.
    pub id: RecordingId,
    /// The object that it was made of.
    pub object: Object,
}

/// Uploads that were asked for before `moment` and of which nothing is known, in the order of their ids, from after `after`
/// on.
///
/// # Errors
/// When the database cannot be reached.
pub async fn silent_uploads(
    db: &Database,
    moment: Timestamp,
    after: Option<RecordingId>,
    limit: i64,
) -> Result<Vec<SilentUpload>> {
    const SQL: &str = "\
-- stale::silent_uploads
SELECT id, audio_key FROM silent_uploads($1, $2, $3)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&moment, &begin(after), &limit]).await?;
    let upload = |row: &Row| {
        Ok(SilentUpload { id: RecordingId(row.try_get("id")?), audio_key: parsed(row, "audio_key")? })
    };
    rows.iter().map(upload).collect()
}

/// Closes uploads for which nothing came: `expired`. Gives how many; what arrived, or was closed, meanwhile stays as it is.
///
/// # Errors
/// When the database cannot be reached.
pub async fn expire(db: &Database, uploads: &[RecordingId], now: Timestamp) -> Result<u64> {
    const SQL: &str = "\
-- stale::expire
UPDATE recordings SET status = 'expired', finished_at = $2, updated_at = $2
WHERE id = ANY($1) AND status = 'requested' AND deleted_at IS NULL";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let ids: Vec<Uuid> = uploads.iter().map(|upload| upload.0).collect();
    Ok(client.execute(&statement, &[&ids, &now]).await?)
}

/// Recordings that arrived, have no text, and have been left alone since `moment`, in the order of their ids, from after
/// `after` on.
///
/// # Errors
/// When the database cannot be reached.
pub async fn stuck_recordings(
    db: &Database,
    moment: Timestamp,
    after: Option<RecordingId>,
    limit: i64,
) -> Result<Vec<Stuck>> {
    const SQL: &str = "\
-- stale::stuck_recordings
SELECT id, audio_key, size_bytes, uploaded_at, sequencer FROM stuck_recordings($1, $2, $3)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&moment, &begin(after), &limit]).await?;
    let stuck = |row: &Row| {
        let object = Object {
            audio_key: parsed(row, "audio_key")?,
            size_bytes: row.try_get("size_bytes")?,
            uploaded_at: row.try_get("uploaded_at")?,
            sequencer: Sequencer::new(row.try_get::<_, String>("sequencer")?),
        };
        Ok(Stuck { id: RecordingId(row.try_get("id")?), object })
    };
    rows.iter().map(stuck).collect()
}

fn begin(after: Option<RecordingId>) -> Uuid {
    after.map_or(Uuid::nil(), |id| id.0)
}
