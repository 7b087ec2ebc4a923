//! Where numbers come from: CloudWatch, its logs, PostgreSQL, Cost Explorer. Each of them may have nothing; then the report
//! says why, and goes on.

mod access_log;
mod asked;
mod cloud_watch;
mod cost_explorer;
mod database;

use std::ops::Range;
use std::time::Duration;

use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};
use aws_types::SdkConfig;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_domain::{ReportKind, ReportPeriod};
use kimochi_store::Database;
use kimochi_store::reports::Step;
use tokio::time::{Instant, timeout_at};

use crate::numbers::{Given, Numbers, Route, step_of};

use self::access_log::AccessLog;
use self::cloud_watch::CloudWatch;
use self::cost_explorer::CostExplorer;

/// Why there is nothing from a source that hangs.
const TOO_LATE: &str = "時間内に答えがありませんでした";

/// What is reported on, by the names that AWS knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The stack's name, which its functions and queues begin with.
    pub stack: String,
    /// The HTTP API's id.
    pub api: String,
    /// The log group of the HTTP API's requests.
    pub access_log: String,
    /// User pool and client of parents, and of operators.
    pub pools: [[String; 2]; 2],
    /// The RDS instance's name.
    pub database_instance: Option<String>,
}

/// How long what reports are made from is kept. Of an earlier time nobody can tell anything any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Rows of the audit log.
    pub audit_logs: SignedDuration,
    /// Job runs.
    pub job_runs: SignedDuration,
    /// The access log.
    pub access_log: SignedDuration,
}

/// Where numbers come from. Cheap to make: connects at the first question.
#[derive(Debug, Clone)]
pub struct Sources {
    pub(crate) database: Database,
    cloud_watch: CloudWatch,
    access_log: AccessLog,
    costs: CostExplorer,
    service: Service,
    kept: Kept,
}

/// When it is about.
#[derive(Debug, Clone)]
pub(crate) struct When {
    pub(crate) days: ReportPeriod,
    pub(crate) range: Range<Timestamp>,
    pub(crate) before: Range<Timestamp>,
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
}

impl When {
    pub(crate) fn new(days: ReportPeriod, now: Timestamp, zone: &TimeZone) -> Result<Self, jiff::Error> {
        let (range, before) = (days.moments(zone)?, days.before()?.moments(zone)?);
        Ok(Self { days, range, before, now, zone: zone.clone() })
    }

    /// Whether what is kept for so long is still there from `start` on.
    ///
    /// # Errors
    /// That it is not, for operators.
    fn is_kept(&self, kept: SignedDuration, start: Timestamp) -> Result<(), String> {
        if self.now.duration_since(start) <= kept {
            return Ok(());
        }
        Err(format!("保存期間（{}日）を過ぎた分が含まれます", kept.as_hours() / 24))
    }

    fn kind(&self) -> ReportKind {
        self.days.kind()
    }

    /// When the hour or day of a moment began.
    fn step_of(&self, moment: Timestamp) -> Timestamp {
        let here = moment.to_zoned(self.zone.clone());
        let unit = match step_of(self.kind()) {
            Step::Hour => here.with().minute(0).second(0).subsec_nanosecond(0).build(),
            Step::Day => here.start_of_day(),
        };
        unit.map_or(moment, |begun| begun.timestamp())
    }
}

impl Sources {
    /// Those of `service`, with `database` as the role of reports.
    pub fn new(settings: &SdkConfig, database: Database, service: Service, kept: Kept) -> Self {
        Self {
            database,
            cloud_watch: CloudWatch::new(settings),
            access_log: AccessLog::new(settings, &service.access_log),
            costs: CostExplorer::new(settings),
            service,
            kept,
        }
    }

    /// The same, with CloudWatch's logs and Cost Explorer elsewhere: the emulator has neither.
    #[must_use]
    pub fn with_logs_and_costs_at(self, settings: &SdkConfig) -> Self {
        let access_log = AccessLog::new(settings, &self.service.access_log);
        Self { access_log, costs: CostExplorer::new(settings), ..self }
    }

    async fn routes(&self, when: &When) -> Given<Vec<Route>> {
        match when.is_kept(self.kept.access_log, when.range.start) {
            Ok(()) => self.access_log.routes(&when.range).await,
            Err(why) => Given::missing(why),
        }
    }

    /// The HTTP API's id.
    pub(crate) fn api(&self) -> &str {
        &self.service.api
    }

    /// Everything that a report of this kind tells and that its sources give in so much time.
    pub(crate) async fn gather(&self, when: &When, time: Duration) -> Numbers {
        let kind = when.kind();
        let is_long = kind != ReportKind::Daily;
        let deadline = Instant::now() + time;
        // Each on the heap: side by side, what the SDK keeps of its calls would fill a thread's stack.
        let (measured, database, api_before, routes, costs) = tokio::join!(
            Box::pin(self.measured(when, deadline)),
            Box::pin(self.database_says(when, deadline)),
            Box::pin(in_time(deadline, self.api_of(&when.before, when))),
            Box::pin(asked_if(is_long, in_time(deadline, self.routes(when)))),
            Box::pin(asked_if(kind == ReportKind::Monthly, in_time(deadline, self.costs.of(when.days)))),
        );
        Numbers {
            report: kind,
            period: when.days,
            from: when.range.start,
            until: when.range.end,
            time_zone: when.zone.clone(),
            made_at: when.now,
            api: measured.api,
            api_before,
            functions: measured.functions,
            voice: database.voice,
            voice_before: database.voice_before,
            work: database.work,
            backlog: database.backlog,
            queues: measured.queues,
            capacity: database.capacity,
            database: database.server,
            instance: measured.instance,
            routes,
            statements: database.statements,
            deeds: database.deeds,
            deeds_before: database.deeds_before,
            readers: database.readers,
            sign_ins: is_long.then_some(measured.sign_ins),
            costs,
        }
    }
}

/// A source that hangs must not take the report along: Lambda would end it, and nobody would hear of anything.
async fn in_time<T>(deadline: Instant, asked: impl Future<Output = Given<T>>) -> Given<T> {
    timeout_at(deadline, asked).await.unwrap_or_else(|_| Given::missing(TOO_LATE))
}

async fn asked_if<T>(is_asked: bool, asked: impl Future<Output = T>) -> Option<T> {
    if is_asked { Some(asked.await) } else { None }
}

/// What a source's SDK says went wrong, for operators: a code, and no detail that might quote a request.
fn reason<E: ProvideErrorMetadata>(source: &str, error: &SdkError<E>) -> String {
    let what = match error {
        SdkError::TimeoutError(_) => "時間切れ".to_owned(),
        SdkError::DispatchFailure(_) => "接続できません".to_owned(),
        SdkError::ServiceError(answer) => match error.code() {
            Some(code) => code.to_owned(),
            None => format!("HTTP {}", answer.raw().status().as_u16()),
        },
        _ => "応答を読めません".to_owned(),
    };
    tracing::warn!(source, reason = what, "a source of the report gives nothing");
    format!("{source} から取得できませんでした（{what}）")
}
