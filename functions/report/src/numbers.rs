//! The numbers of a report, as its JSON has them: what was measured, and, where nothing could be, why not.
//!
//! Pure: sources gather, [`sections`](crate::sections) show.

mod api;
mod capacity;
mod given;
mod lambda;
mod voice;
mod work;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kimochi_domain::{ReportKind, ReportPeriod};
use serde::{Serialize, Serializer};

pub use api::{Api, ApiStep};
pub(crate) use api::{Measured, Series, sum};
pub use capacity::{Capacity, Counted};
pub use given::Given;
pub use kimochi_store::reports::{Deeds, Reader, Statement, Waiting};
pub use lambda::{FunctionUse, Functions};
pub use voice::{Times, Voice, VoiceStep};
pub use work::KindOfWork;
pub(crate) use work::{done, is_unusual, people, refused};

/// The numbers of a report. Parts that are `None` belong to another kind of report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Numbers {
    /// What kind of report.
    pub report: ReportKind,
    /// Which days.
    pub period: ReportPeriod,
    /// Their first moment.
    pub from: Timestamp,
    /// The first moment after them.
    pub until: Timestamp,
    /// Whose days they are.
    #[serde(serialize_with = "by_name")]
    pub time_zone: TimeZone,
    /// When the report was made.
    pub made_at: Timestamp,
    /// What clients met.
    pub api: Given<Api>,
    /// The same of the period before.
    pub api_before: Given<Api>,
    /// What was called.
    pub functions: Given<Functions>,
    /// What became of voice notes.
    pub voice: Given<Voice>,
    /// The same of the period before.
    pub voice_before: Given<Voice>,
    /// What functions did on their own.
    pub work: Given<Vec<KindOfWork>>,
    /// What waits at this moment.
    pub backlog: Given<Vec<Waiting>>,
    /// What waited in queues.
    pub queues: Given<Queues>,
    /// How full the bucket is.
    pub capacity: Given<Capacity>,
    /// How PostgreSQL is.
    pub database: Given<DatabaseState>,
    /// How the machine is that it runs on.
    pub instance: Given<Instance>,
    /// How each route does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routes: Option<Given<Vec<Route>>>,
    /// Which statements take the most time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statements: Option<Given<Vec<Statement>>>,
    /// What was done and refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deeds: Option<Given<Vec<Deeds>>>,
    /// The same of the period before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deeds_before: Option<Given<Vec<Deeds>>>,
    /// Who reads, or is refused, far more than usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readers: Option<Given<Vec<Reader>>>,
    /// Who tried to sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_ins: Option<Given<Vec<SignIns>>>,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<Given<Costs>>,
}

impl Numbers {
    /// For how long the chart and the tables have one number: an hour of a day, or a day.
    pub fn step(&self) -> kimochi_store::reports::Step {
        step_of(self.report)
    }
}

/// For how long a report of the kind has one number.
pub(crate) fn step_of(kind: ReportKind) -> kimochi_store::reports::Step {
    match kind {
        ReportKind::Daily => kimochi_store::reports::Step::Hour,
        ReportKind::Weekly | ReportKind::Monthly => kimochi_store::reports::Step::Day,
    }
}

/// The most that waited in queues.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Queues {
    /// Voice notes that waited for transcribe.
    pub waiting_most: Option<f64>,
    /// How long the oldest of them waited, in seconds.
    pub oldest_seconds: Option<f64>,
    /// Messages that were given up.
    pub dead_letters_most: Option<f64>,
    /// Alerts that reached nobody.
    pub dead_alerts_most: Option<f64>,
}

/// How PostgreSQL is, at the moment of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatabaseState {
    /// Its size.
    pub bytes: i64,
    /// Sessions.
    pub connections: i64,
    /// How many there may be.
    pub max_connections: i32,
    /// The share of blocks that were found in memory, in percent.
    pub hit_percent: Option<f64>,
    /// Since the counters were set back.
    pub deadlocks: i64,
}

/// How the machine is that the database runs on.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Instance {
    /// Mean use of the processor.
    pub cpu_percent_mean: Option<f64>,
    /// Its busiest hour.
    pub cpu_percent_most: Option<f64>,
    /// The least memory that was free.
    pub free_memory_bytes_least: Option<f64>,
    /// The least disk that was free.
    pub free_storage_bytes_least: Option<f64>,
    /// The most sessions.
    pub connections_most: Option<f64>,
    /// Mean time of reading from disk.
    pub read_ms_mean: Option<f64>,
    /// Mean time of writing to disk.
    pub write_ms_mean: Option<f64>,
}

/// How one route did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    /// As in the template: `GET /v1/me`.
    pub route: String,
    /// Requests.
    pub requests: f64,
    /// Mean time to the answer.
    pub mean_ms: f64,
    /// 95 of 100 were answered in no more.
    pub p95_ms: f64,
    /// Answers of 5xx.
    pub errors: f64,
    /// Answers of 401 and 403.
    pub refused: f64,
}

/// Sign-ins at one user pool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignIns {
    /// `parents` or `operators`.
    pub pool: &'static str,
    /// How many were tried; `None` when CloudWatch has none.
    pub attempts: Option<f64>,
    /// How many of them failed.
    pub failures: Option<f64>,
}

/// What it costs, by service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Costs {
    /// Of the amounts.
    pub currency: String,
    /// Whether AWS has not closed the bill yet.
    pub is_estimated: bool,
    /// By service, the dearest first.
    pub services: Vec<Cost>,
}

/// What one service costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// As the bill calls it.
    pub service: String,
    /// In the month.
    pub amount: f64,
    /// In the month before.
    pub before: f64,
}

impl Costs {
    /// Of all services, in the month.
    pub fn total(&self) -> f64 {
        self.services.iter().map(|cost| cost.amount).sum()
    }

    /// Of all services, in the month before.
    pub fn total_before(&self) -> f64 {
        self.services.iter().map(|cost| cost.before).sum()
    }
}

fn by_name<S: Serializer>(zone: &TimeZone, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.iana_name().unwrap_or("UTC"))
}
