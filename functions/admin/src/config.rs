//! What the function reads from its environment.

use kimochi_environment::{Environment, InvalidEnvironment};
use kimochi_runtime::logging::Level;
use kimochi_store::DatabaseConfig;

/// | variable | default | template parameter |
/// |---|---|---|
/// | `MEDIA_BUCKET` | – | the stack's own bucket |
/// | `TRANSCRIBE_QUEUE_URL` | – | the stack's own queue |
/// | `LOG_GROUP_PREFIX` | – | fixed: `/aws/lambda/<stack>-` |
/// | `DATABASE_URL` | – | `DatabaseUrl` |
/// | `DATABASE_ROLE` | – | fixed: `kimochi_operator` |
/// | `DATABASE_AUTH` | `iam` | `DatabaseAuth` |
/// | `LOG_LEVEL` | `info` | `LogLevel` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The bucket with the cards' pictures and the recordings.
    pub media_bucket: String,
    /// The queue that transcribe works off.
    pub transcribe_queue_url: String,
    /// What stands before a function's name in the name of its log group.
    pub log_group_prefix: String,
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
            transcribe_queue_url: environment.required("TRANSCRIBE_QUEUE_URL"),
            log_group_prefix: environment.required("LOG_GROUP_PREFIX"),
            log_level: environment.parsed_or("LOG_LEVEL", Level::INFO),
            database: DatabaseConfig::from_env(&mut environment),
        };
        environment.check(config)
    }
}
