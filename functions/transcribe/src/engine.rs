//! The engine that hears: chosen by configuration, made ready at the first recording, kept for the sandbox's life.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use aws_types::SdkConfig;
use kimochi_blob::MediaBucket;
use kimochi_speech::{ModelSource, OpenAiConfig, OpenAiTranscriber, Transcriber, WhisperTranscriber};
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// Which engine to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineConfig {
    /// Whisper in this process.
    Whisper {
        /// Where its model is.
        model: ModelLocation,
        /// The model's expected SHA-256 in hexadecimal; required for one from S3.
        sha256: Option<String>,
        /// How many threads it may use.
        threads: usize,
    },
    /// A service with OpenAI's API.
    OpenAi {
        /// Such as `https://api.openai.com/v1`.
        base_url: String,
        /// The service's name for its model.
        model: String,
        /// The name or ARN of the secret that holds the key, in Secrets Manager.
        api_key_secret: String,
    },
}

/// Where a Whisper model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelLocation {
    /// The small one inside this binary.
    Embedded,
    /// A file, such as one of a layer under `/opt`.
    File(PathBuf),
    /// An object: `s3://bucket/key`.
    S3 {
        /// Its bucket.
        bucket: String,
        /// Its key.
        key: String,
    },
}

/// The engine, ready or not yet.
pub struct Engine {
    config: EngineConfig,
    secrets: aws_sdk_secretsmanager::Client,
    ready: Mutex<Option<Arc<dyn Transcriber>>>,
}

impl Engine {
    /// Remembers what to use; nothing is loaded or connected to.
    pub fn new(config: EngineConfig, settings: &SdkConfig) -> Self {
        let secrets = aws_sdk_secretsmanager::Client::new(settings);
        Self { config, secrets, ready: Mutex::new(None) }
    }

    /// The engine, made ready when this is the first call (0.04 s for the embedded model, a download for one in
    /// S3) or the last attempt to do so failed.
    ///
    /// # Errors
    /// When the model or the key cannot be had.
    pub async fn get(&self, bucket: &MediaBucket) -> anyhow::Result<Arc<dyn Transcriber>> {
        let mut ready = self.ready.lock().await;
        if let Some(transcriber) = &*ready {
            return Ok(Arc::clone(transcriber));
        }
        let transcriber = self.prepare(bucket).await.context("the transcription engine is not ready")?;
        *ready = Some(Arc::clone(&transcriber));
        Ok(transcriber)
    }

    /// Makes the next call of [`Self::get`] start afresh: the key may have been replaced meanwhile.
    pub async fn forget(&self) {
        *self.ready.lock().await = None;
    }

    async fn prepare(&self, bucket: &MediaBucket) -> anyhow::Result<Arc<dyn Transcriber>> {
        Ok(match &self.config {
            EngineConfig::Whisper { model, sha256, threads } => {
                let (source, sha256, threads) = (source(model, bucket).await?, sha256.clone(), *threads);
                let load = move || WhisperTranscriber::load(&source, sha256.as_deref(), threads);
                Arc::new(spawn_blocking(load).await??)
            }
            EngineConfig::OpenAi { base_url, model, api_key_secret } => {
                let key = self.secret(api_key_secret).await?;
                Arc::new(OpenAiTranscriber::new(OpenAiConfig::new(base_url, model, key))?)
            }
        })
    }

    async fn secret(&self, id: &str) -> anyhow::Result<SecretString> {
        let answer = self.secrets.get_secret_value().secret_id(id).send().await;
        let answer =
            answer.map_err(|error| error.into_service_error()).context("the API key cannot be read")?;
        let text = answer.secret_string().context("the API key's secret holds no text")?;
        Ok(text.trim().into())
    }
}

/// Brings the model to where it can be loaded from.
async fn source(location: &ModelLocation, bucket: &MediaBucket) -> anyhow::Result<ModelSource> {
    match location {
        ModelLocation::Embedded => Ok(ModelSource::Embedded),
        ModelLocation::File(path) => Ok(ModelSource::File { path: path.clone() }),
        ModelLocation::S3 { bucket: from, key } => {
            let name = key.rsplit('/').next().unwrap_or(key);
            let path = std::env::temp_dir().join(name);
            let found = bucket.download(from, key, &path).await.context("the model cannot be fetched")?;
            anyhow::ensure!(found, "there is no model at s3://{from}/{key}");
            Ok(ModelSource::File { path })
        }
    }
}

impl std::str::FromStr for ModelLocation {
    type Err = &'static str;

    /// An absolute path, or `s3://bucket/key`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "must be an absolute path or s3://bucket/key";
        if text.starts_with('/') {
            return Ok(Self::File(text.into()));
        }
        let (bucket, key) =
            text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).ok_or(EXPECTED)?;
        if bucket.is_empty() || key.is_empty() || key.ends_with('/') {
            return Err(EXPECTED);
        }
        Ok(Self::S3 { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}
