//! What the function reads from its environment.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use kimochi_environment::{Environment, InvalidEnvironment};
use kimochi_runtime::logging::Level;
use kimochi_store::DatabaseConfig;

use crate::{Fuse, MisuseThresholds};

/// | variable | default | template parameter |
/// |---|---|---|
/// | `MEDIA_BUCKET` | – | the stack's own bucket |
/// | `TRANSCRIBE_QUEUE_URL` | – | the stack's own queue |
/// | `ALERT_TOPIC_ARN` | – | the stack's own topic |
/// | `FUSE_PERCENT`, `FUSE_LEAST` | 20, 1000 | `CleanupFusePercent`, `CleanupFuseLeast` |
/// | `METRICS_NAMESPACE` | – | – |
/// | `QUOTA_GIB` | 0: none | `CapacityQuotaGib` |
/// | `AUDIT_LOGS_KEPT_DAYS` | 180 | `AuditLogsKeptDays` |
/// | `JOB_RUNS_KEPT_DAYS` | 90 | `JobRunsKeptDays` |
/// | `DATABASE_URL` | – | `DatabaseUrl` |
/// | `DATABASE_ROLE` | – | fixed: `kimochi_cleanup` |
/// | `DATABASE_AUTH` | `iam` | `DatabaseAuth` |
/// | `APP_TIME_ZONE` | `Asia/Tokyo` | `AppTimeZone` |
/// | `LOG_LEVEL` | `info` | `LogLevel` |
/// | `MISUSE_RECORDING_PLAYS` | 100 | `MisuseRecordingPlays` |
/// | `MISUSE_EXPORTS` | 5 | `MisuseExports` |
/// | `MISUSE_FAMILY_VIEWS` | 30 | `MisuseFamilyViews` |
/// | `MISUSE_REFUSED_ACCESSES` | 5 | `MisuseRefusedAccesses` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The bucket of recordings and copies.
    pub media_bucket: String,
    /// Where transcribe's work waits.
    pub transcribe_queue_url: String,
    /// Where operators are told.
    pub alert_topic_arn: String,
    /// From how much on a run is refused.
    pub fuse: Fuse,
    /// Of the metrics.
    pub metrics_namespace: String,
    /// How much the bucket is meant to hold; 0 when nobody says.
    pub quota_bytes: u64,
    /// How long audit rows stay in the database.
    pub audit_logs_kept: SignedDuration,
    /// How long job runs stay in the database.
    pub job_runs_kept: SignedDuration,
    /// Whose calendar days the periods are.
    pub time_zone: TimeZone,
    /// How much is logged.
    pub log_level: Level,
    /// The database, and our role in it.
    pub database: DatabaseConfig,
    /// How much in an hour is unusual.
    pub misuse: MisuseThresholds,
}

impl Config {
    /// Reads the variables above.
    ///
    /// # Errors
    /// Names all that are missing or unusable.
    pub fn from_env(mut environment: Environment) -> Result<Self, InvalidEnvironment> {
        let fuse = Fuse::default();
        let misuse = MisuseThresholds::default();
        let config = Self {
            media_bucket: environment.required("MEDIA_BUCKET"),
            transcribe_queue_url: environment.required("TRANSCRIBE_QUEUE_URL"),
            alert_topic_arn: environment.required("ALERT_TOPIC_ARN"),
            fuse: Fuse {
                percent: environment.parsed_or("FUSE_PERCENT", fuse.percent),
                least: environment.parsed_or("FUSE_LEAST", fuse.least),
            },
            metrics_namespace: environment.required("METRICS_NAMESPACE"),
            quota_bytes: u64::from(environment.parsed_or("QUOTA_GIB", 0_u32)) << 30,
            audit_logs_kept: days(environment.parsed_or("AUDIT_LOGS_KEPT_DAYS", 180)),
            job_runs_kept: days(environment.parsed_or("JOB_RUNS_KEPT_DAYS", 90)),
            time_zone: kimochi_runtime::time_zone(&mut environment),
            log_level: environment.parsed_or("LOG_LEVEL", Level::INFO),
            database: DatabaseConfig::from_env(&mut environment),
            misuse: MisuseThresholds {
                recording_plays: environment.parsed_or("MISUSE_RECORDING_PLAYS", misuse.recording_plays),
                exports: environment.parsed_or("MISUSE_EXPORTS", misuse.exports),
                family_views: environment.parsed_or("MISUSE_FAMILY_VIEWS", misuse.family_views),
                refused_accesses: environment.parsed_or("MISUSE_REFUSED_ACCESSES", misuse.refused_accesses),
            },
        };
        environment.check(config)
    }
}

fn days(days: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}
