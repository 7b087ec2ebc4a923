//! What PostgreSQL says: voice notes, work, what waits, who did what, how the server is.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use kimochi_domain::ReportKind;
use kimochi_store::reports::{self, Statements};
use kimochi_store::{Database, Error, Result};
use tokio::time::Instant;

use super::{Sources, When, in_time};
use crate::numbers::{
    Capacity, DatabaseState, Deeds, Given, KindOfWork, Reader, Statement, Times, Voice, VoiceStep, Waiting,
    is_unusual, step_of,
};

/// What somebody usually does is told from so many periods before.
const PERIODS_BEFORE: i32 = 4;
/// So many statements, and so many readers, are shown.
const MOST: i32 = 10;

pub(super) struct Said {
    pub(super) voice: Given<Voice>,
    pub(super) voice_before: Given<Voice>,
    pub(super) work: Given<Vec<KindOfWork>>,
    pub(super) backlog: Given<Vec<Waiting>>,
    pub(super) capacity: Given<Capacity>,
    pub(super) server: Given<DatabaseState>,
    pub(super) statements: Option<Given<Vec<Statement>>>,
    pub(super) deeds: Option<Given<Vec<Deeds>>>,
    pub(super) deeds_before: Option<Given<Vec<Deeds>>>,
    pub(super) readers: Option<Given<Vec<Reader>>>,
}

impl Sources {
    /// What PostgreSQL says, one question after the other: there is one connection.
    pub(super) async fn database_says(&self, when: &When, deadline: Instant) -> Said {
        let db = &self.database;
        let (range, before) = (&when.range, &when.before);
        let runs_from = |start| when.is_kept(self.kept.job_runs, start);
        let deeds_from = |start| when.is_kept(self.kept.audit_logs, start);
        let mut said = Said {
            voice: in_time(deadline, given(Ok(()), voice(db, range, when))).await,
            voice_before: in_time(deadline, given(Ok(()), voice(db, before, when))).await,
            work: in_time(deadline, given(runs_from(range.start), work(db, range))).await,
            backlog: in_time(deadline, given(Ok(()), reports::backlog(db))).await,
            capacity: in_time(deadline, capacity(db, range, runs_from(range.start))).await,
            server: in_time(deadline, given(Ok(()), server(db))).await,
            statements: None,
            deeds: None,
            deeds_before: None,
            readers: None,
        };
        if when.kind() != ReportKind::Daily {
            let usual_from = range.start - range.end.duration_since(range.start) * PERIODS_BEFORE;
            said.statements = Some(in_time(deadline, statements(db)).await);
            let deeds = given(deeds_from(range.start), reports::deeds(db, range));
            said.deeds = Some(in_time(deadline, deeds).await);
            let deeds = given(deeds_from(before.start), reports::deeds(db, before));
            said.deeds_before = Some(in_time(deadline, deeds).await);
            said.readers = Some(in_time(deadline, given(deeds_from(usual_from), readers(db, range))).await);
        }
        said
    }
}

async fn voice(db: &Database, range: &Range<Timestamp>, when: &When) -> Result<Voice> {
    let zone = when.zone.iana_name().unwrap_or("UTC");
    let ended = reports::recordings(db, range, step_of(when.kind()), zone).await?;
    let times = reports::transcription_times(db, range).await?;
    let mut by_status = BTreeMap::new();
    let mut steps: BTreeMap<Timestamp, BTreeMap<String, i64>> = BTreeMap::new();
    for row in ended {
        *by_status.entry(row.status.clone()).or_default() += row.recordings;
        *steps.entry(row.step_at).or_default().entry(row.status).or_default() += row.recordings;
    }
    let times = Times {
        processing_ms_mean: times.processing_ms_mean,
        processing_ms_p95: times.processing_ms_p95,
        wait_ms_mean: times.wait_ms_mean,
        wait_ms_p95: times.wait_ms_p95,
    };
    let steps = steps.into_iter().map(|(at, by_status)| VoiceStep { at, by_status }).collect();
    Ok(Voice { by_status, times, steps })
}

async fn work(db: &Database, range: &Range<Timestamp>) -> Result<Vec<KindOfWork>> {
    let mut kinds: BTreeMap<String, KindOfWork> = BTreeMap::new();
    for row in reports::job_runs(db, range).await? {
        let work = kinds.entry(row.kind.clone()).or_default();
        work.kind = row.kind;
        match row.status.as_str() {
            "succeeded" => work.succeeded += row.runs,
            "failed" => {
                work.failed += row.runs;
                *work.codes.entry(row.code.unwrap_or_else(|| "?".to_owned())).or_default() += row.runs;
            }
            _ => work.running += row.runs,
        }
    }
    Ok(kinds.into_values().collect())
}

/// Up to a day later: the last count of a day is made in the morning after it.
async fn capacity(
    db: &Database,
    range: &Range<Timestamp>,
    is_kept: std::result::Result<(), String>,
) -> Given<Capacity> {
    if let Err(why) = is_kept {
        return Given::missing(why);
    }
    match reports::capacity(db, &(range.start..range.end + SignedDuration::from_hours(24))).await {
        Ok(Some(counts)) => {
            Capacity::of(counts).map_err(|_| "容量の記録の形が分かりません".to_owned()).into()
        }
        Ok(None) => Given::missing("この期間に容量は数えられていません（cleanup の capacity）"),
        Err(error) => Given::missing(why(&error)),
    }
}

async fn server(db: &Database) -> Result<DatabaseState> {
    let server = reports::server(db).await?;
    Ok(DatabaseState {
        bytes: server.bytes,
        connections: server.connections,
        max_connections: server.max_connections,
        hit_percent: server.hit_ratio.map(|ratio| ratio * 100.0),
        deadlocks: server.deadlocks,
    })
}

async fn statements(db: &Database) -> Given<Vec<Statement>> {
    match reports::statements(db, MOST).await {
        Ok(Statements::Known(known)) => Given::Known(known),
        Ok(Statements::NotThere) => {
            Given::missing("このサーバーでは pg_stat_statements が有効になっていません")
        }
        Ok(Statements::Hidden) => {
            Given::missing("pg_stat_statements を読む権限がありません（bootstrap/3_statistics.sql）")
        }
        Err(error) => Given::missing(why(&error)),
    }
}

/// Only who does it far more than usual: nobody else is to be named.
async fn readers(db: &Database, range: &Range<Timestamp>) -> Result<Vec<Reader>> {
    let mut readers = reports::readers(db, range, MOST).await?;
    readers.retain(is_unusual);
    Ok(readers)
}

/// What was asked for, if it is still there to be told.
async fn given<T>(
    is_kept: std::result::Result<(), String>,
    asked: impl Future<Output = Result<T>>,
) -> Given<T> {
    match is_kept {
        Ok(()) => asked.await.map_err(|error| why(&error)).into(),
        Err(why) => Given::missing(why),
    }
}

fn why(error: &Error) -> String {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "the database does not tell a part of the report"
    );
    format!("PostgreSQL から取得できませんでした（{error}）")
}
