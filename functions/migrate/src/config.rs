//! What the function reads from its environment.

use aws_types::SdkConfig;
use kimochi_runtime::{Environment, InvalidEnvironment};
use kimochi_store::{DatabaseAuth, DatabaseSettings};

/// | variable | default | template parameter |
/// |---|---|---|
/// | `DATABASE_URL` | – | `DatabaseUrl` |
/// | `DATABASE_ROLE` | – | fixed: `kimochi_owner` |
/// | `DATABASE_AUTH` | `iam` | `DatabaseAuth` |
/// | `LOG_LEVEL` | `info` | `LogLevel` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// How much is logged.
    pub log_level: String,
    database_url: String,
    database_role: String,
    database_auth: DatabaseAuth,
}

impl Config {
    /// Reads the variables above.
    ///
    /// # Errors
    /// Names all that are missing or unusable.
    pub fn from_env(mut environment: Environment) -> Result<Self, InvalidEnvironment> {
        let config = Self {
            log_level: environment.parsed_or("LOG_LEVEL", "info".to_owned()),
            database_url: environment.required("DATABASE_URL"),
            database_role: environment.required("DATABASE_ROLE"),
            database_auth: environment.parsed_or("DATABASE_AUTH", DatabaseAuth::Iam),
        };
        environment.check(config)
    }

    /// How to reach the database.
    pub fn database(&self, settings: &SdkConfig) -> DatabaseSettings<'_> {
        DatabaseSettings {
            url: &self.database_url,
            role: &self.database_role,
            auth: self.database_auth.with(settings),
            application_name: "migrate",
        }
    }
}
