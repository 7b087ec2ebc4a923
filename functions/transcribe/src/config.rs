//! What the function reads from its environment.

use kimochi_environment::{Environment, InvalidEnvironment};
use kimochi_runtime::logging::Level;
use kimochi_speech::threads_for_memory;
use kimochi_store::DatabaseConfig;

use crate::engine::{EngineConfig, ModelLocation};

/// | variable | default | template parameter |
/// |---|---|---|
/// | `MEDIA_BUCKET` | – | the stack's own bucket |
/// | `ALERT_TOPIC_ARN` | – | the stack's own topic |
/// | `DATABASE_URL` | – | `DatabaseUrl` |
/// | `DATABASE_ROLE` | – | fixed: `kimochi_worker` |
/// | `DATABASE_AUTH` | `iam` | `DatabaseAuth` |
/// | `TRANSCRIBER` | `whisper` | `Transcriber` |
/// | `WHISPER_MODEL` | the embedded model | `WhisperModel` |
/// | `WHISPER_MODEL_SHA256` | not checked; required for `s3://` | `WhisperModelSha256` |
/// | `OPENAI_BASE_URL` | required for `openai` | `OpenAiBaseUrl` |
/// | `OPENAI_MODEL` | required for `openai` | `OpenAiModel` |
/// | `OPENAI_API_KEY_SECRET` | required for `openai` | `OpenAiApiKeySecret` |
/// | `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` | 1769 | `TranscribeMemorySize`, set by Lambda |
/// | `LOG_LEVEL` | `info` | `LogLevel` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The bucket of recordings and transcripts.
    pub media_bucket: String,
    /// The topic that operators listen to.
    pub alert_topic_arn: String,
    /// Which engine hears.
    pub engine: EngineConfig,
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
            engine: engine(&mut environment),
            log_level: environment.parsed_or("LOG_LEVEL", Level::INFO),
            database: DatabaseConfig::from_env(&mut environment),
        };
        environment.check(config)
    }
}

fn engine(environment: &mut Environment) -> EngineConfig {
    match environment.optional("TRANSCRIBER").as_deref() {
        None | Some("whisper") => whisper(environment),
        Some("openai") => EngineConfig::OpenAi {
            base_url: environment.required("OPENAI_BASE_URL"),
            model: environment.required("OPENAI_MODEL"),
            api_key_secret: environment.required("OPENAI_API_KEY_SECRET"),
        },
        Some(_) => {
            environment.reject("TRANSCRIBER", "must be whisper or openai");
            whisper(environment)
        }
    }
}

fn whisper(environment: &mut Environment) -> EngineConfig {
    let model = environment.parsed_or("WHISPER_MODEL", ModelLocation::Embedded);
    let sha256 = match model {
        ModelLocation::S3 { .. } => Some(environment.required("WHISPER_MODEL_SHA256")),
        _ => environment.optional("WHISPER_MODEL_SHA256"),
    };
    let memory_mb = environment.parsed_or("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1769);
    EngineConfig::Whisper { model, sha256, threads: threads_for_memory(memory_mb) }
}
