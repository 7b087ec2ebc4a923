//! One family as operators see it to help its parents: counts, times and statuses; nothing that a family entered or said.

use jiff::Timestamp;
use kimochi_domain::{Failure, JobRunId, RecordingId, RecordingStatus, SupportReason, UserId};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::columns::{parsed, parsed_if_any};
use crate::{OperatorTransaction, Result};

/// A family at which this transaction may look: who does, and why, has been noted. Like everything in a transaction, the
/// note is lost without a commit, and then so must be what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewedFamily(UserId);

/// What of a family an operator looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The family as a whole.
    Family,
    /// What was worked on for it.
    JobRuns,
    /// What was done by it and to it.
    AuditLogs,
}

/// How a family is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// When the parent first called.
    pub created_at: Timestamp,
    /// When they left the service.
    pub left_at: Option<Timestamp>,
    /// When the last of what they had was removed.
    pub gone_at: Option<Timestamp>,
    /// The latest time of which we know that they did something.
    pub last_activity_at: Timestamp,
    /// How many children they have.
    pub children: i64,
    /// How many logs they have.
    pub emotion_logs: i64,
    /// How many recordings they have, by those statuses that there are.
    pub recordings: Vec<(RecordingStatus, i64)>,
}

/// A recording of which nothing is told that was said in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRecording {
    /// Its id.
    pub id: RecordingId,
    /// Where it stands.
    pub status: RecordingStatus,
    /// When the upload was asked for.
    pub created_at: Timestamp,
    /// When it arrived.
    pub uploaded_at: Option<Timestamp>,
    /// When it was done with.
    pub finished_at: Option<Timestamp>,
    /// When the family deleted it, or left.
    pub deleted_at: Option<Timestamp>,
    /// Code of why only a part became text.
    pub partial_reason: Option<String>,
    /// Why there is no transcript.
    pub failure: Option<Failure>,
    /// All attempts at it, in their order.
    pub job_run_ids: Vec<JobRunId>,
}

impl View {
    /// What the audit log calls it.
    const fn action(self) -> &'static str {
        match self {
            Self::Family => "family.view",
            Self::JobRuns => "family.view_job_runs",
            Self::AuditLogs => "family.view_audit_logs",
        }
    }
}

/// Notes that the operator looks at a family. `None`: there is no such family, which is noted as refused. Commit in either
/// case.
///
/// # Errors
/// When the database cannot be reached.
pub async fn look_at(
    operator: &OperatorTransaction,
    id: UserId,
    view: View,
    reason: &SupportReason,
) -> Result<Option<ViewedFamily>> {
    const SQL: &str = "\
-- support::look_at
SELECT view_family($1, $2, $3)";

    let statement = operator.prepare_cached(SQL).await?;
    let row = operator.query_one(&statement, &[&id.0, &view.action(), &reason.as_str()]).await?;
    let is_there: bool = row.try_get(0)?;
    Ok(is_there.then_some(ViewedFamily(id)))
}

/// How the family is.
///
/// # Errors
/// When the database cannot be reached.
pub async fn summarise(operator: &OperatorTransaction, family: ViewedFamily) -> Result<Summary> {
    const SQL: &str = "\
-- support::summarise
SELECT created_at, leaving_at, gone_at,
    GREATEST(
        created_at,
        (SELECT max(updated_at) FROM children WHERE user_id = $1),
        (SELECT max(updated_at) FROM emotion_logs WHERE user_id = $1),
        (SELECT max(created_at) FROM recordings WHERE user_id = $1),
        (SELECT at FROM audit_logs WHERE user_id = $1 AND actor_kind = 'parent' ORDER BY at DESC LIMIT 1)
    ) AS last_activity_at,
    (SELECT count(*) FROM children WHERE user_id = $1 AND deleted_at IS NULL) AS children,
    (SELECT count(*) FROM emotion_logs WHERE user_id = $1 AND deleted_at IS NULL) AS emotion_logs
FROM users
WHERE id = $1";

    let statement = operator.prepare_cached(SQL).await?;
    let row = operator.query_one(&statement, &[&family.0.0]).await?;
    Ok(Summary {
        created_at: row.try_get("created_at")?,
        left_at: row.try_get("leaving_at")?,
        gone_at: row.try_get("gone_at")?,
        last_activity_at: row.try_get("last_activity_at")?,
        children: row.try_get("children")?,
        emotion_logs: row.try_get("emotion_logs")?,
        recordings: count_recordings(operator, family).await?,
    })
}

async fn count_recordings(
    operator: &OperatorTransaction,
    family: ViewedFamily,
) -> Result<Vec<(RecordingStatus, i64)>> {
    const SQL: &str = "\
-- support::count_recordings
SELECT status, count(*) AS count
FROM recordings
WHERE user_id = $1 AND deleted_at IS NULL
GROUP BY status
ORDER BY status";

    let statement = operator.prepare_cached(SQL).await?;
    let rows = operator.query(&statement, &[&family.0.0]).await?;
    rows.iter().map(|row| Ok((parsed(row, "status")?, row.try_get("count")?))).collect()
}

/// The family's latest recordings, the last asked for first, deleted ones included as long as they are there.
///
/// # Errors
/// When the database cannot be reached.
pub async fn latest_recordings(
    operator: &OperatorTransaction,
    family: ViewedFamily,
    limit: i64,
) -> Result<Vec<SeenRecording>> {
    const SQL: &str = "\
-- support::latest_recordings
SELECT id, status, created_at, uploaded_at, finished_at, deleted_at, partial_reason, failure,
    ARRAY(SELECT j.id FROM job_runs j WHERE j.recording_id = r.id ORDER BY j.id) AS job_run_ids
FROM recordings r
WHERE user_id = $1
ORDER BY id DESC
LIMIT $2";

    let statement = operator.prepare_cached(SQL).await?;
    operator.query(&statement, &[&family.0.0, &limit]).await?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<SeenRecording> {
    let job_run_ids: Vec<Uuid> = row.try_get("job_run_ids")?;
    Ok(SeenRecording {
        id: RecordingId(row.try_get("id")?),
        status: parsed(row, "status")?,
        created_at: row.try_get("created_at")?,
        uploaded_at: row.try_get("uploaded_at")?,
        finished_at: row.try_get("finished_at")?,
        deleted_at: row.try_get("deleted_at")?,
        partial_reason: row.try_get("partial_reason")?,
        failure: parsed_if_any(row, "failure")?,
        job_run_ids: job_run_ids.into_iter().map(JobRunId).collect(),
    })
}
