//! Having a failed recording tried again, when what made it fail is mended.

use jiff::Timestamp;
use kimochi_domain::{AudioKey, JobRunId, RecordingId, RecordingStatus, Sequencer};
use tokio_postgres::Row;

use crate::columns::parsed;
use crate::{OperatorTransaction, Result};

/// What became of [`retry()`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retry {
    /// It waits to be claimed, with all its attempts before it. Commit, then tell the queue, which knows nothing of it.
    Waiting(Object),
    /// The family has deleted it, or left the service.
    Deleted,
    /// It stands where no other try leads on: it is being worked on, or has its text.
    Refused(RecordingStatus),
}

/// The object that a recording was made of, as S3 told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Where it lies.
    pub audio_key: AudioKey,
    /// The length that was signed.
    pub size_bytes: i64,
    /// When S3 had it.
    pub uploaded_at: Timestamp,
    /// S3's sequencer of the latest event seen for it: an event with it is no older than any.
    pub sequencer: Sequencer,
}

/// Puts a failed recording back to where the worker takes it up; `run` is the one that failed. What waits already stays as
/// it is: whoever put it there may not have been able to tell the queue. `None`: there is no such recording.
///
/// # Errors
/// When the database cannot be reached.
pub async fn retry(
    operator: &OperatorTransaction,
    id: RecordingId,
    run: JobRunId,
    now: Timestamp,
) -> Result<Option<Retry>> {
    const SQL: &str = "\
-- recordings::retry
SELECT status_before, is_deleted, audio_key, size_bytes, uploaded_at, sequencer
FROM retry_recording($1, $2, $3)";

    let statement = operator.prepare_cached(SQL).await?;
    operator.query_opt(&statement, &[&id.0, &run.0, &now]).await?.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<Retry> {
    if row.try_get("is_deleted")? {
        return Ok(Retry::Deleted);
    }
    match parsed(row, "status_before")? {
        RecordingStatus::Failed | RecordingStatus::Uploaded => Ok(Retry::Waiting(Object {
            audio_key: parsed(row, "audio_key")?,
            size_bytes: row.try_get("size_bytes")?,
            uploaded_at: row.try_get("uploaded_at")?,
            sequencer: Sequencer::new(row.try_get::<_, String>("sequencer")?),
        })),
        other => Ok(Retry::Refused(other)),
    }
}
