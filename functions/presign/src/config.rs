//! What the function reads from its environment.

use jiff::tz::TimeZone;
use kimochi_environment::{Environment, InvalidEnvironment};
use kimochi_runtime::logging::Level;
use kimochi_store::DatabaseConfig;

/// | variable | default | template parameter |
/// |---|---|---|
/// | `MEDIA_BUCKET` | – | the stack's own bucket |
/// | `DATABASE_URL` | – | `DatabaseUrl` |
/// | `DATABASE_ROLE` | – | fixed: `kimochi_api` |
/// | `DATABASE_AUTH` | `iam` | `DatabaseAuth` |
/// | `APP_TIME_ZONE` | `Asia/Tokyo` | `AppTimeZone` |
/// | `LOG_LEVEL` | `info` | `LogLevel` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The bucket of recordings and transcripts.
    pub media_bucket: String,
    /// In which storage keys are stamped.
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
            time_zone: kimochi_runtime::time_zone(&mut environment),
            log_level: environment.parsed_or("LOG_LEVEL", Level::INFO),
            database: DatabaseConfig::from_env(&mut environment),
        };
        environment.check(config)
    }
}
