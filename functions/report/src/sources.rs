//! Where numbers come from: CloudWatch, its logs, PostgreSQL, Cost Explorer. Each of them may have nothing; then the report
//! says why, and goes on.

mod access_log;
mod asked;
mod cloud_watch;
mod cost_explorer;
mod database;

use std::ops::Range;

use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};
use aws_types::SdkConfig;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kimochi_domain::{ReportKind, ReportPeriod};
use kimochi_store::Database;
use kimochi_store::reports::Step;

use crate::numbers::{Given, Numbers, step_of};

use self::access_log::AccessLog;
use self::cloud_watch::CloudWatch;
use self::cost_explorer::CostExplorer;

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

/// Where numbers come from. Cheap to make: connects at the first question.
#[derive(Debug, Clone)]
pub struct Sources {
    pub(crate) database: Database,
    cloud_watch: CloudWatch,
    access_log: AccessLog,
    costs: CostExplorer,
    service: Service,
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
    pub fn new(settings: &SdkConfig, database: Database, service: Service) -> Self {
        Self {
            database,
            cloud_watch: CloudWatch::new(settings),
            access_log: AccessLog::new(settings, &service.access_log),
            costs: CostExplorer::new(settings),
            service,
        }
    }

    /// The same, with CloudWatch's logs and Cost Explorer elsewhere: the emulator has neither.
    #[must_use]
    pub fn with_logs_and_costs_at(self, settings: &SdkConfig) -> Self {
        let access_log = AccessLog::new(settings, &self.service.access_log);
        Self { access_log, costs: CostExplorer::new(settings), ..self }
    }

    /// The HTTP API's id.
    pub(crate) fn api(&self) -> &str {
        &self.service.api
    }

    /// Everything that a report of this kind tells.
    pub(crate) async fn gather(&self, when: &When) -> Numbers {
        let kind = when.kind();
        let (measured, database) = tokio::join!(self.measured(when), self.database_says(when));
        let is_long = kind != ReportKind::Daily;
        let api_before = self.api_of(&when.before, when).await;
        let routes = if is_long { Some(self.access_log.routes(&when.range).await) } else { None };
        let costs = if kind == ReportKind::Monthly { Some(self.costs.of(when.days).await) } else { None };
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

impl<T> Given<T> {
    /// What another part of the report is missing for the same reason.
    fn missing_as(why: &str) -> Self {
        Self::missing(why.to_owned())
    }
}
