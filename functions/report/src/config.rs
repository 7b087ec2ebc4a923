//! What the function reads from its environment.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use kimochi_environment::{Environment, InvalidEnvironment};
use kimochi_runtime::logging::Level;
use kimochi_store::DatabaseConfig;

use crate::{Kept, Service};

/// | variable | default | template parameter |
/// |---|---|---|
/// | `MEDIA_BUCKET` | – | the stack's own bucket |
/// | `ALERT_TOPIC_ARN` | – | the stack's own topic |
/// | `STACK_NAME`, `API_ID`, `ACCESS_LOG_GROUP` | – | the stack's own |
/// | `PARENTS_POOL`, `PARENTS_CLIENT`, `OPERATORS_POOL`, `OPERATORS_CLIENT` | – | the stack's own |
/// | `DATABASE_INSTANCE` | none | `DatabaseInstance` |
/// | `AUDIT_LOGS_KEPT_DAYS`, `JOB_RUNS_KEPT_DAYS` | 180, 90 | `AuditLogsKeptDays`, `JobRunsKeptDays` |
/// | `LOG_RETENTION_DAYS` | 90 | `LogRetentionDays` |
/// | `DATABASE_URL` | – | `DatabaseUrl` |
/// | `DATABASE_ROLE` | – | fixed: `kimochi_report` |
/// | `DATABASE_AUTH` | `iam` | `DatabaseAuth` |
/// | `APP_TIME_ZONE` | `Asia/Tokyo` | `AppTimeZone` |
/// | `LOG_LEVEL` | `info` | `LogLevel` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where reports are kept.
    pub media_bucket: String,
    /// Where operators are told.
    pub alert_topic_arn: String,
    /// What is reported on.
    pub service: Service,
    /// How long what is reported is kept.
    pub kept: Kept,
    /// Whose calendar days are meant.
    pub time_zone: TimeZone,
    /// How much is logged.
    pub log_level: Level,
    /// The database, and our role in it.
    pub database: DatabaseConfig,
}

impl Config {
    /// Reads the variables above.
    ///
    /// # Errors
    /// Names all that are missing or unusable.
    pub fn from_env(mut environment: Environment) -> Result<Self, InvalidEnvironment> {
        let config = Self {
            media_bucket: environment.required("MEDIA_BUCKET"),
            alert_topic_arn: environment.required("ALERT_TOPIC_ARN"),
            service: Service {
                stack: environment.required("STACK_NAME"),
                api: environment.required("API_ID"),
                access_log: environment.required("ACCESS_LOG_GROUP"),
                pools: [
                    [environment.required("PARENTS_POOL"), environment.required("PARENTS_CLIENT")],
                    [environment.required("OPERATORS_POOL"), environment.required("OPERATORS_CLIENT")],
                ],
                database_instance: environment.optional("DATABASE_INSTANCE"),
            },
            kept: Kept {
                audit_logs: days(environment.parsed_or("AUDIT_LOGS_KEPT_DAYS", 180)),
                job_runs: days(environment.parsed_or("JOB_RUNS_KEPT_DAYS", 90)),
                access_log: days(environment.parsed_or("LOG_RETENTION_DAYS", 90)),
            },
            time_zone: kimochi_runtime::time_zone(&mut environment),
            log_level: environment.parsed_or("LOG_LEVEL", Level::INFO),
            database: DatabaseConfig::from_env(&mut environment),
        };
        environment.check(config)
    }
}

fn days(days: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}
