//! `job_runs`: work that functions do on their own, one row per attempt.

mod list;

use jiff::Timestamp;
use kimochi_domain::{JobKind, JobName, JobRunId, JobStatus, RecordingId, UserId};
use serde_json::Value;
use tokio_postgres::Row;

use crate::columns::parsed;
use crate::{Connection, Result};

pub use list::{Filter, Position, attempts, find, list};

/// What [`from_row`] reads.
macro_rules! columns {
    () => {
        "id, kind, subject, user_id, recording_id, status, attempt, request_id, started_at, finished_at, error, details"
    };
}
use columns;

/// The longest error text that is kept, in characters.
const MAX_ERROR_CHARS: usize = 500;

/// One attempt at a piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    /// Its id.
    pub id: JobRunId,
    /// What kind of work.
    pub kind: JobName,
    /// What was worked on, such as a storage key.
    pub subject: String,
    /// The family it was for.
    pub user_id: Option<UserId>,
    /// The recording it was about.
    pub recording_id: Option<RecordingId>,
    /// How it stands.
    pub status: JobStatus,
    /// Which attempt, from 1.
    pub attempt: i16,
    /// Lambda's request id: finds it in the logs.
    pub request_id: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Why it failed: a code, then detail for engineers.
    pub error: Option<String>,
    /// Numbers of it, by kind of work: an object.
    pub details: Option<Value>,
}

/// All attempts at a recording, in the order in which they began.
///
/// # Errors
/// When the database cannot be reached.
pub async fn of_recording(connection: &Connection, recording_id: RecordingId) -> Result<Vec<JobRun>> {
    const SQL: &str = concat!(
        "-- job_runs::of_recording\nSELECT ",
        columns!(),
        "\nFROM job_runs\nWHERE recording_id = $1\nORDER BY id"
    );

    let statement = connection.prepare_cached(SQL).await?;
    connection.query(&statement, &[&recording_id.0]).await?.iter().map(from_row).collect()
}

/// Records as failed what still counts as running for a recording although its lease is over. Its sandbox
/// died without a word, or will find out that it came too late.
pub(crate) async fn fail_running(
    connection: &Connection,
    recording_id: RecordingId,
    error: &str,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "\
-- job_runs::fail_running
UPDATE job_runs
SET status = 'failed', finished_at = $2, error = $3
WHERE recording_id = $1 AND status = 'running'";

    let statement = connection.prepare_cached(SQL).await?;
    connection.execute(&statement, &[&recording_id.0, &now, &error_text(error)]).await?;
    Ok(())
}

/// Records a run that failed before it could begin, once per `once_key`. `false`: it was recorded before.
pub(crate) async fn record_failure_once(
    connection: &Connection,
    kind: JobKind,
    subject: &str,
    once_key: &str,
    request_id: &str,
    error: &str,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "\
-- job_runs::record_failure_once
INSERT INTO job_runs (id, kind, subject, once_key, status, attempt, request_id, started_at, finished_at, error)
VALUES ($1, $2, $3, $4, 'failed', 1, $5, $6, $6, $7)
ON CONFLICT ON CONSTRAINT job_runs_once DO NOTHING";

    let statement = connection.prepare_cached(SQL).await?;
    let id = JobRunId::new().0;
    let error = error_text(error);
    let rows = connection
        .execute(&statement, &[&id, &kind.as_str(), &subject, &once_key, &request_id, &now, &error])
        .await?;
    Ok(rows == 1)
}

/// The form in which an error is kept: never empty, never long, and without the one character that
/// PostgreSQL's text cannot hold.
pub(crate) fn error_text(error: &str) -> String {
    let text: String = error.trim().chars().filter(|char| *char != '\0').take(MAX_ERROR_CHARS).collect();
    if text.is_empty() { "unknown".to_owned() } else { text }
}

fn from_row(row: &Row) -> Result<JobRun> {
    let recording_id: Option<uuid::Uuid> = row.try_get("recording_id")?;
    let user_id: Option<uuid::Uuid> = row.try_get("user_id")?;
    Ok(JobRun {
        id: JobRunId(row.try_get("id")?),
        kind: parsed(row, "kind")?,
        subject: row.try_get("subject")?,
        user_id: user_id.map(UserId),
        recording_id: recording_id.map(RecordingId),
        status: parsed(row, "status")?,
        attempt: row.try_get("attempt")?,
        request_id: row.try_get("request_id")?,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
        error: row.try_get("error")?,
        details: row.try_get("details")?,
    })
}
