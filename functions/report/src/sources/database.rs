//! What PostgreSQL says: voice notes, work, what waits, who did what, how the server is.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use kimochi_domain::ReportKind;
use kimochi_store::reports::{self, Statements};
use kimochi_store::{Database, Error, Result};

use super::{Sources, When};
use crate::numbers::{
    Capacity, DatabaseState, Deed, Given, KindOfWork, Reader, Statement, Times, Voice, VoiceStep, Waiting,
    step_of,
};

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
    pub(super) deeds: Option<Given<Vec<Deed>>>,
    pub(super) deeds_before: Option<Given<Vec<Deed>>>,
    pub(super) readers: Option<Given<Vec<Reader>>>,
}

impl Sources {
    /// What PostgreSQL says, one question after the other: there is one connection.
    pub(super) async fn database_says(&self, when: &When) -> Said {
        let db = &self.database;
        let (range, before) = (&when.range, &when.before);
        let is_long = when.kind() != ReportKind::Daily;
        let mut said = Said {
            voice: given(voice(db, range, when).await),
            voice_before: given(voice(db, before, when).await),
            work: given(work(db, range).await),
            backlog: given(backlog(db).await),
            capacity: capacity(db, &(range.start..when.now.max(range.end))).await,
            server: given(server(db).await),
            statements: None,
            deeds: None,
            deeds_before: None,
            readers: None,
        };
        if is_long {
            said.statements = Some(statements(db).await);
            said.deeds = Some(given(deeds(db, range).await));
            said.deeds_before = Some(given(deeds(db, before).await));
            said.readers = Some(given(readers(db, range).await));
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

async fn backlog(db: &Database) -> Result<Vec<Waiting>> {
    let waiting = reports::backlog(db).await?.into_iter();
    Ok(waiting.map(|row| Waiting { what: row.what, waiting: row.waiting, since: row.since }).collect())
}

/// Up to the moment of the report: the last count of a day is made in the morning after it.
async fn capacity(db: &Database, range: &Range<Timestamp>) -> Given<Capacity> {
    match reports::capacity(db, range).await {
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
    let known = match reports::statements(db, MOST).await {
        Ok(Statements::Known(known)) => known,
        Ok(Statements::NotThere) => {
            return Given::missing("このサーバーでは pg_stat_statements が有効になっていません");
        }
        Ok(Statements::Hidden) => {
            return Given::missing("pg_stat_statements を読む権限がありません（bootstrap/3_statistics.sql）");
        }
        Err(error) => return Given::missing(why(&error)),
    };
    let of = |row: reports::Statement| Statement {
        name: row.name,
        calls: row.calls,
        mean_ms: row.mean_ms,
        total_ms: row.total_ms,
        rows: row.rows,
    };
    Given::Known(known.into_iter().map(of).collect())
}

async fn deeds(db: &Database, range: &Range<Timestamp>) -> Result<Vec<Deed>> {
    let of = |row: reports::Deeds| Deed {
        action: row.action,
        outcome: row.outcome,
        actor_kind: row.actor_kind,
        deeds: row.deeds,
        actors: row.actors,
    };
    Ok(reports::deeds(db, range).await?.into_iter().map(of).collect())
}

async fn readers(db: &Database, range: &Range<Timestamp>) -> Result<Vec<Reader>> {
    let of = |row: reports::Reader| Reader {
        is_unusual: Reader::is_unusual(row.deeds, row.usually),
        actor_kind: row.actor_kind,
        actor: row.actor,
        action: row.action,
        outcome: row.outcome,
        deeds: row.deeds,
        usually: row.usually,
    };
    Ok(reports::readers(db, range, MOST).await?.into_iter().map(of).collect())
}

fn given<T>(result: Result<T>) -> Given<T> {
    result.map_err(|error| why(&error)).into()
}

fn why(error: &Error) -> String {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "the database does not tell a part of the report"
    );
    format!("PostgreSQL から取得できませんでした（{error}）")
}
