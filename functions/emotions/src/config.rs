//! What the function reads from its environment.

use jiff::tz::TimeZone;
use kimochi_environment::{Environment, InvalidEnvironment};
use kimochi_runtime::logging::Level;
use kimochi_store::DatabaseConfig;

/// | variable | default | template parameter |
/// |---|---|---|
/// | `MEDIA_BUCKET` | – | the stack's own bucket |
/// | `IMAGE_BASE_URL` | short-lived URLs into the bucket | `ImageBaseUrl` |
/// | `DATABASE_URL` | – | `DatabaseUrl` |
/// | `DATABASE_ROLE` | – | fixed: `kimochi_api` |
/// | `DATABASE_AUTH` | `iam` | `DatabaseAuth` |
/// | `APP_TIME_ZONE` | `Asia/Tokyo` | `AppTimeZone` |
/// | `LOG_LEVEL` | `info` | `LogLevel` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The bucket with the cards' pictures.
    pub media_bucket: String,
    /// Where the pictures are served from, without a slash at the end.
    pub image_base_url: Option<String>,
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
        let base_url = environment.optional("IMAGE_BASE_URL");
        let config = Self {
            media_bucket: environment.required("MEDIA_BUCKET"),
            image_base_url: base_url.map(|url| url.trim_end_matches('/').to_owned()),
            time_zone: kimochi_runtime::time_zone(&mut environment),
            log_level: environment.parsed_or("LOG_LEVEL", Level::INFO),
            database: DatabaseConfig::from_env(&mut environment),
        };
        environment.check(config)
    }
}
