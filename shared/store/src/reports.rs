//! What reports to the operators are made from: counts, times and names. Everything that reads a family's rows is a function
//! of V20__reports.sql; the role cannot read them otherwise.

use std::ops::Range;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

use crate::{Database, Error, Result};

/// So many recordings ended so, in one hour or day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// When the hour or day began.
    pub step_at: Timestamp,
    /// The status they ended in.
    pub status: String,
    /// How many.
    pub recordings: i64,
}

/// How long it took to hear recordings, in milliseconds; `None` when none was heard.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TranscriptionTimes {
    /// How many were heard.
    pub recordings: i64,
    /// Mean of the work.
    pub processing_ms_mean: Option<f64>,
    /// 95 of 100 took no longer.
    pub processing_ms_p95: Option<f64>,
    /// Mean from the upload to the transcript.
    pub wait_ms_mean: Option<f64>,
    /// 95 of 100 were there after no longer.
    pub wait_ms_p95: Option<f64>,
}

/// So many runs of a kind went so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runs {
    /// What was done.
    pub kind: String,
    /// How it went.
    pub status: String,
    /// The error's code.
    pub code: Option<String>,
    /// How many.
    pub runs: i64,
}

/// What waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// A status of a recording that is not final, or `families_leaving`, `recordings_deleted`, `runs_running`.
    pub what: String,
    /// How many.
    pub waiting: i64,
    /// Since when the oldest does.
    pub since: Option<Timestamp>,
}

/// So often something was done or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deeds {
    /// What, such as `recording.play`.
    pub action: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// `parent`, `operator` or `function`.
    pub actor_kind: String,
    /// How often.
    pub deeds: i64,
    /// By how many.
    pub actors: i64,
}

/// Somebody who read or was refused often, beside what is usual for them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reader {
    /// `parent` or `operator`.
    pub actor_kind: String,
    /// A family's id, or the `sub` of an operator's token.
    pub actor: String,
    /// What they did.
    pub action: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// How often.
    pub deeds: i64,
    /// The median of the four periods before.
    pub usually: f64,
}

/// How the server is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// The size of the database.
    pub bytes: i64,
    /// Sessions at this moment.
    pub connections: i64,
    /// How many there may be.
    pub max_connections: i32,
    /// The share of blocks that were found in memory; `None` when nothing was read.
    pub hit_ratio: Option<f64>,
    /// Since the counters were set back.
    pub deadlocks: i64,
    /// When they were set back; `None` for never.
    pub stats_since: Option<Timestamp>,
}

/// A statement of ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statement {
    /// `table::function`, or its verb and table where the server has dropped the comment.
    pub name: String,
    /// How often it was run.
    pub calls: i64,
    /// Mean time of a run.
    pub mean_ms: f64,
    /// Of all runs.
    pub total_ms: f64,
    /// Rows that all runs gave or changed.
    pub rows: i64,
}

/// What the server tells of statements.
#[derive(Debug, Clone, PartialEq)]
pub enum Statements {
    /// Those that took the most time, since its counters were set back.
    Known(Vec<Statement>),
    /// The extension pg_stat_statements is not there, or not loaded.
    NotThere,
    /// It is there, and the owner may not read it.
    Hidden,
}

/// For how long there is one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An hour.
    Hour,
    /// A calendar day.
    Day,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// How many recordings ended how, by hours or days of the time zone called `zone`.
///
/// # Errors
/// When the database cannot be reached.
pub async fn recordings(
    db: &Database,
    range: &Range<Timestamp>,
    step: Step,
    zone: &str,
) -> Result<Vec<Ended>> {
    const SQL: &str = "\
-- reports::recordings
SELECT step_at, status, recordings FROM report_recordings($1, $2, $3, $4)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&range.start, &range.end, &step.name(), &zone]).await?;
    let ended = |row: &Row| {
        Ok(Ended {
            step_at: row.try_get("step_at")?,
            status: row.try_get("status")?,
            recordings: row.try_get("recordings")?,
        })
    };
    rows.iter().map(ended).collect()
}

/// How long it took to hear what was heard.
///
/// # Errors
/// When the database cannot be reached.
pub async fn transcription_times(db: &Database, range: &Range<Timestamp>) -> Result<TranscriptionTimes> {
    const SQL: &str = "\
-- reports::transcription_times
SELECT recordings, processing_ms_mean, processing_ms_p95, wait_ms_mean, wait_ms_p95
FROM report_transcription_times($1, $2)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_one(&statement, &[&range.start, &range.end]).await?;
    Ok(TranscriptionTimes {
        recordings: row.try_get("recordings")?,
        processing_ms_mean: row.try_get("processing_ms_mean")?,
        processing_ms_p95: row.try_get("processing_ms_p95")?,
        wait_ms_mean: row.try_get("wait_ms_mean")?,
        wait_ms_p95: row.try_get("wait_ms_p95")?,
    })
}

/// How runs of each kind went.
///
/// # Errors
/// When the database cannot be reached.
pub async fn job_runs(db: &Database, range: &Range<Timestamp>) -> Result<Vec<Runs>> {
    const SQL: &str = "\
-- reports::job_runs
SELECT kind, status, code, runs FROM report_job_runs($1, $2)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&range.start, &range.end]).await?;
    let runs = |row: &Row| {
        Ok(Runs {
            kind: row.try_get("kind")?,
            status: row.try_get("status")?,
            code: row.try_get("code")?,
            runs: row.try_get("runs")?,
        })
    };
    rows.iter().map(runs).collect()
}

/// What waits at this moment.
///
/// # Errors
/// When the database cannot be reached.
pub async fn backlog(db: &Database) -> Result<Vec<Waiting>> {
    const SQL: &str = "\
-- reports::backlog
SELECT what, waiting, since FROM report_backlog()";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let waiting = |row: &Row| {
        Ok(Waiting {
            what: row.try_get("what")?,
            waiting: row.try_get("waiting")?,
            since: row.try_get("since")?,
        })
    };
    client.query(&statement, &[]).await?.iter().map(waiting).collect()
}

/// The first and the last count of the bucket within the time; each as `cleanup` wrote it down.
///
/// # Errors
/// When the database cannot be reached.
pub async fn capacity(db: &Database, range: &Range<Timestamp>) -> Result<Option<[(Timestamp, Value); 2]>> {
    const SQL: &str = "\
-- reports::capacity
SELECT finished_at, details FROM job_runs
WHERE kind = 'capacity' AND status = 'succeeded' AND once_key IS NOT NULL AND started_at >= $1 AND started_at < $2
ORDER BY started_at";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&range.start, &range.end]).await?;
    let counted = |row: &Row| -> Result<(Timestamp, Value)> {
        Ok((row.try_get("finished_at")?, row.try_get("details")?))
    };
    match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => Ok(Some([counted(first)?, counted(last)?])),
        _ => Ok(None),
    }
}

/// How often each thing was done or refused, the most frequent first.
///
/// # Errors
/// When the database cannot be reached.
pub async fn deeds(db: &Database, range: &Range<Timestamp>) -> Result<Vec<Deeds>> {
    const SQL: &str = "\
-- reports::deeds
SELECT action, outcome, actor_kind, deeds, actors FROM report_deeds($1, $2)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&range.start, &range.end]).await?;
    let deeds = |row: &Row| {
        Ok(Deeds {
            action: row.try_get("action")?,
            outcome: row.try_get("outcome")?,
            actor_kind: row.try_get("actor_kind")?,
            deeds: row.try_get("deeds")?,
            actors: row.try_get("actors")?,
        })
    };
    rows.iter().map(deeds).collect()
}

/// The `limit` who read, or were refused, most often beside what is usual for them.
///
/// # Errors
/// When the database cannot be reached.
pub async fn readers(db: &Database, range: &Range<Timestamp>, limit: i32) -> Result<Vec<Reader>> {
    const SQL: &str = "\
-- reports::readers
SELECT actor_kind, actor, action, outcome, deeds, usually FROM report_readers($1, $2, $3)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&range.start, &range.end, &limit]).await?;
    let reader = |row: &Row| {
        Ok(Reader {
            actor_kind: row.try_get("actor_kind")?,
            actor: row.try_get("actor")?,
            action: row.try_get("action")?,
            outcome: row.try_get("outcome")?,
            deeds: row.try_get("deeds")?,
            usually: row.try_get("usually")?,
        })
    };
    rows.iter().map(reader).collect()
}

/// How the server is doing at this moment.
///
/// # Errors
/// When the database cannot be reached.
pub async fn server(db: &Database) -> Result<Server> {
    const SQL: &str = "\
-- reports::server
SELECT bytes, connections, max_connections, hit_ratio, deadlocks, stats_since FROM report_server()";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_one(&statement, &[]).await?;
    Ok(Server {
        bytes: row.try_get("bytes")?,
        connections: row.try_get("connections")?,
        max_connections: row.try_get("max_connections")?,
        hit_ratio: row.try_get("hit_ratio")?,
        deadlocks: row.try_get("deadlocks")?,
        stats_since: row.try_get("stats_since")?,
    })
}

/// The `limit` statements that took the most time since the server's counters were set back.
///
/// # Errors
/// When the database cannot be reached.
pub async fn statements(db: &Database, limit: i32) -> Result<Statements> {
    const SQL: &str = "\
-- reports::statements
SELECT name, calls, mean_ms, total_ms, rows_given FROM report_statements($1)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = match client.query(&statement, &[&limit]).await {
        Ok(rows) => rows,
        Err(error) => return missing(error),
    };
    let known = |row: &Row| {
        Ok(Statement {
            name: row.try_get("name")?,
            calls: row.try_get("calls")?,
            mean_ms: row.try_get("mean_ms")?,
            total_ms: row.try_get("total_ms")?,
            rows: row.try_get("rows_given")?,
        })
    };
    rows.iter().map(known).collect::<Result<_>>().map(Statements::Known)
}

fn missing(error: tokio_postgres::Error) -> Result<Statements> {
    // There, but not in shared_preload_libraries: "not in prerequisite state".
    let is_not_there = [
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        SqlState::UNDEFINED_TABLE,
    ];
    match error.code() {
        Some(code) if is_not_there.contains(code) => Ok(Statements::NotThere),
        Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => Ok(Statements::Hidden),
        _ => Err(Error::from(error)),
    }
}
