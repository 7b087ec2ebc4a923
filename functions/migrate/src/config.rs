//! What the function reads from its environment.

use kimochi_environment::{Environment, InvalidEnvironment};
use kimochi_runtime::logging::Level;
use kimochi_store::DatabaseConfig;

/// | variable | default | template parameter |
/// |---|---|---|
/// | `DATABASE_URL` | – | `DatabaseUrl` |
/// | `DATABASE_ROLE` | – | fixed: `kimochi_owner` |
/// | `DATABASE_AUTH` | `iam` | `DatabaseAuth` |
/// | `LOG_LEVEL` | `info` | `LogLevel` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
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
            log_level: environment.parsed_or("LOG_LEVEL", Level::INFO),
            database: DatabaseConfig::from_env(&mut environment),
        };
        environment.check(config)
    }
}
