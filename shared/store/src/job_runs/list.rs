//! Job runs as operators look for them.

use jiff::Timestamp;
use kimochi_domain::{JobName, JobRunId, JobStatus, RecordingId, UserId};

use super::{JobRun, columns, from_row};
use crate::listing::Listing;
use crate::{OperatorTransaction, Result};

/// So many attempts at one piece of work are told, at most: one that a schedule repeats for ever has no end of them.
const MAX_ATTEMPTS_TOLD: i64 = 100;

/// Which runs to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those of one kind.
    pub kind: Option<JobName>,
    /// Those that stand so.
    pub status: Option<JobStatus>,
    /// Those for one family.
    pub user_id: Option<UserId>,
    /// Those about one recording.
    pub recording_id: Option<RecordingId>,
    /// Begun at this time or later.
    pub from: Option<Timestamp>,
    /// Begun before this time.
    pub until: Option<Timestamp>,
}

/// A place in the list: after the run with these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When it began.
    pub started_at: Timestamp,
    /// Its id.
    pub id: JobRunId,
}

/// The first `limit` runs after `after`, the latest first.
///
/// # Errors
/// When the database cannot be reached.
pub async fn list(
    operator: &OperatorTransaction,
    filter: &Filter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<JobRun>> {
    const SQL: &str = concat!("-- job_runs::list\nSELECT ", columns!(), "\nFROM job_runs");

    let kind = filter.kind.as_ref().map(JobName::as_str);
    let mut listing = Listing::new(SQL);
    listing.filter("kind = ?", kind.as_ref());
    // In words, not as a parameter: failed and running ones have indexes of their own.
    if let Some(status) = filter.status {
        listing.condition(match status {
            JobStatus::Running => "status = 'running'",
            JobStatus::Succeeded => "status = 'succeeded'",
            JobStatus::Failed => "status = 'failed'",
        });
    }
    listing.filter("user_id = ?", filter.user_id.as_ref().map(|id| &id.0));
    listing.filter("recording_id = ?", filter.recording_id.as_ref().map(|id| &id.0));
    listing.filter("started_at >= ?", filter.from.as_ref());
    listing.filter("started_at < ?", filter.until.as_ref());
    listing.after("started_at", after.as_ref().map(|end| (&end.started_at, &end.id.0)));
    listing.latest(operator, "started_at", &limit).await?.iter().map(from_row).collect()
}

/// The run with this id.
///
/// # Errors
/// When the database cannot be reached.
pub async fn find(operator: &OperatorTransaction, id: JobRunId) -> Result<Option<JobRun>> {
    const SQL: &str = concat!("-- job_runs::find\nSELECT ", columns!(), "\nFROM job_runs\nWHERE id = $1");

    let statement = operator.prepare_cached(SQL).await?;
    operator.query_opt(&statement, &[&id.0]).await?.as_ref().map(from_row).transpose()
}

/// All attempts at the work that `run` is one at, itself included, in the order in which they began; the latest hundred.
///
/// # Errors
/// When the database cannot be reached.
pub async fn attempts(operator: &OperatorTransaction, run: &JobRun) -> Result<Vec<JobRun>> {
    let (kind, recording_id) = (run.kind.as_str(), run.recording_id.map(|id| id.0));
    let mut listing = Listing::new(concat!("-- job_runs::attempts\nSELECT ", columns!(), "\nFROM job_runs"));
    listing.filter("kind = ?", Some(&kind));
    match &recording_id {
        Some(recording_id) => listing.filter("recording_id = ?", Some(recording_id)),
        None => listing.filter("recording_id IS NULL AND subject = ?", Some(&run.subject)),
    }
    let latest = listing.latest(operator, "started_at", &MAX_ATTEMPTS_TOLD).await?;
    latest.iter().rev().map(from_row).collect()
}
