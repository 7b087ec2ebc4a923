//! Runs of what is done on a schedule: rows of `job_runs` with a kind and a period, and no family.
//!
//! One run of a kind at a time, on a connection that has it to itself ([`Exclusive`]): the lock ends with the connection, when
//! the sandbox dies as well as when a statement fails. And one row for a period, so that a schedule which fires twice does
//! nothing twice.

use jiff::Timestamp;
use kimochi_domain::{JobKind, JobRunId};
use serde_json::Value;
use tokio_postgres::types::{Json, ToSql};

use crate::job_runs::error_text;
use crate::{Database, Exclusive, Result, Work};

/// The error of a run whose sandbox died without a word.
const SANDBOX_LOST: &str = "sandbox_lost: the run ended without a word";

/// A run that is about to begin.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// What is done.
    pub kind: JobKind,
    /// For which period, such as `2026-04-01` or `2026-04-01T09:15Z`.
    pub period: &'a str,
    /// A rehearsal may be repeated, and takes no period from the real run.
    pub is_rehearsal: bool,
    /// Lambda's id of the invocation.
    pub request_id: &'a str,
    /// The time now.
    pub now: Timestamp,
}

/// What became of beginning.
#[derive(Debug)]
pub enum Begun {
    /// It is ours.
    Ours(Box<ScheduledRun>),
    /// The period is done.
    AlreadyDone,
    /// Another run of the kind is under way.
    Busy,
}

/// A run that is under way. While this value lives, no other run of its kind begins.
#[derive(Debug)]
pub struct ScheduledRun {
    session: Exclusive,
    id: JobRunId,
    /// Which attempt at this period it is, from 1.
    pub attempt: i16,
}

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub enum RunEnd<'a> {
    /// It did what it was for, or as much as it had time for.
    Succeeded,
    /// A code, then detail for engineers.
    Failed(&'a str),
}

/// Begins a run, unless its period is done or another run of its kind is under way. What still counts as running although
/// nobody is at it was lost, and is closed.
///
/// # Errors
/// When the database cannot be reached.
pub async fn begin(db: &Database, start: &Start<'_>) -> Result<Begun> {
    const RESCUE: &str = "\
-- scheduled_runs::rescue
UPDATE job_runs
SET status = 'failed', finished_at = $2, error = $3
WHERE kind = $1 AND status = 'running' AND user_id IS NULL";
    // A period that failed, or says of itself that it is not complete, is gone on with in its row.
    const BEGIN: &str = "\
-- scheduled_runs::begin
INSERT INTO job_runs (id, kind, subject, once_key, status, attempt, request_id, started_at, details)
VALUES ($1, $2, $3, $4, 'running', 1, $5, $6, $7)
ON CONFLICT ON CONSTRAINT job_runs_once DO UPDATE
SET status = 'running', attempt = job_runs.attempt + 1, request_id = EXCLUDED.request_id,
    started_at = EXCLUDED.started_at, finished_at = NULL, error = NULL, details = EXCLUDED.details
WHERE job_runs.status = 'failed' OR (job_runs.status = 'succeeded' AND job_runs.details ->> 'complete' = 'false')
RETURNING id, attempt";

    let Some(session) = Exclusive::begin(db, Work::Scheduled(start.kind)).await? else {
        return Ok(Begun::Busy);
    };
    let kind = start.kind.as_str();
    let statement = session.prepare_cached(RESCUE).await?;
    let lost = session.execute(&statement, &[&kind, &start.now, &SANDBOX_LOST]).await?;
    if lost > 0 {
        tracing::warn!(kind, lost, "runs that ended without a word are closed");
    }
    let once_key = (!start.is_rehearsal).then_some(start.period);
    let details = Json(serde_json::json!({"dry_run": start.is_rehearsal}));
    let statement = session.prepare_cached(BEGIN).await?;
    let values: [&(dyn ToSql + Sync); 7] =
        [&JobRunId::new().0, &kind, &start.period, &once_key, &start.request_id, &start.now, &details];
    match session.query_opt(&statement, &values).await? {
        Some(row) => {
            let (id, attempt) = (JobRunId(row.try_get("id")?), row.try_get("attempt")?);
            Ok(Begun::Ours(Box::new(ScheduledRun { session, id, attempt })))
        }
        None => {
            session.end().await;
            Ok(Begun::AlreadyDone)
        }
    }
}

impl ScheduledRun {
    /// Its id in `job_runs`.
    pub fn id(&self) -> JobRunId {
        self.id
    }

    /// Writes down how it ended, with its numbers, and lets the next run of its kind begin.
    ///
    /// # Errors
    /// When the database cannot be reached; the next run closes this one then.
    pub async fn end(self: Box<Self>, end: RunEnd<'_>, details: &Value, now: Timestamp) -> Result<()> {
        const SQL: &str = "\
-- scheduled_runs::end
UPDATE job_runs SET status = $2, finished_at = $3, error = $4, details = details || $5
WHERE id = $1 AND status = 'running'";

        let (status, error) = match end {
            RunEnd::Succeeded => ("succeeded", None),
            RunEnd::Failed(error) => ("failed", Some(error_text(error))),
        };
        let statement = self.session.prepare_cached(SQL).await?;
        self.session.execute(&statement, &[&self.id.0, &status, &now, &error, &Json(details)]).await?;
        self.session.end().await;
        Ok(())
    }
}

/// How the runs of a kind have gone lately.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lately {
    /// When the latest one that succeeded ended; rehearsals do not count.
    pub succeeded_at: Option<Timestamp>,
    /// Since when one has been running.
    pub running_since: Option<Timestamp>,
    /// When the first row of the kind was written.
    pub first_at: Option<Timestamp>,
}

/// How the runs of a kind have gone lately.
///
/// # Errors
/// When the database cannot be reached.
pub async fn lately(db: &Database, kind: JobKind) -> Result<Lately> {
    const SQL: &str = "\
-- scheduled_runs::lately
SELECT
    (SELECT finished_at FROM job_runs
     WHERE kind = $1 AND status = 'succeeded' AND once_key IS NOT NULL ORDER BY started_at DESC LIMIT 1) AS succeeded_at,
    (SELECT min(started_at) FROM job_runs WHERE kind = $1 AND status = 'running') AS running_since,
    (SELECT started_at FROM job_runs WHERE kind = $1 ORDER BY started_at LIMIT 1) AS first_at";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_one(&statement, &[&kind.as_str()]).await?;
    Ok(Lately {
        succeeded_at: row.try_get("succeeded_at")?,
        running_since: row.try_get("running_since")?,
        first_at: row.try_get("first_at")?,
    })
}

/// When the latest run of a kind that succeeded ended, and what it wrote down; rehearsals do not count, nor does one that says
/// that it is yet to come.
///
/// # Errors
/// When the database cannot be reached.
pub async fn latest(db: &Database, kind: JobKind, now: Timestamp) -> Result<Option<(Timestamp, Value)>> {
    const SQL: &str = "\
-- scheduled_runs::latest
SELECT finished_at, details FROM job_runs
WHERE kind = $1 AND status = 'succeeded' AND once_key IS NOT NULL AND started_at <= $2
ORDER BY started_at DESC
LIMIT 1";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let Some(row) = client.query_opt(&statement, &[&kind.as_str(), &now]).await? else { return Ok(None) };
    Ok(Some((row.try_get("finished_at")?, row.try_get("details")?)))
}

/// Whether operators were told of `what`.
///
/// # Errors
/// When the database cannot be reached.
pub async fn was_told(db: &Database, what: &str) -> Result<bool> {
    const SQL: &str = "\
-- scheduled_runs::was_told
SELECT EXISTS (SELECT FROM job_runs WHERE kind = 'watch' AND once_key = $1)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.query_one(&statement, &[&what]).await?.try_get(0)?)
}

/// Writes down that operators were told of `what`; once is enough.
///
/// # Errors
/// When the database cannot be reached.
pub async fn note_told(db: &Database, what: &str, request_id: &str, now: Timestamp) -> Result<()> {
    const SQL: &str = "\
-- scheduled_runs::note_told
INSERT INTO job_runs (id, kind, subject, once_key, status, attempt, request_id, started_at, finished_at, details)
VALUES ($1, 'watch', $2, $2, 'succeeded', 1, $3, $4, $4, '{}')
ON CONFLICT ON CONSTRAINT job_runs_once DO NOTHING";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&JobRunId::new().0, &what, &request_id, &now]).await?;
    Ok(())
}
