//! Any service with OpenAI's `POST /audio/transcriptions`: OpenAI itself, or a server of one's own.

mod answer;
mod wav;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kimochi_http::backoff;
use reqwest::{
    Client, Response, StatusCode, Url,
    multipart::{Form, Part},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant as Timer, sleep, timeout_at};

use crate::{Model, SpeechError, Transcriber, Transcribing, Transcription};

/// How to reach a service.
#[derive(Debug, Clone)]
pub struct OpenAiConfig {
    /// Up to and with the version: `https://api.openai.com/v1`. Plain `http` is for servers in one's
    /// own network: it carries the key and a child's voice.
    pub base_url: String,
    /// The service's name for the model: `whisper-1`.
    pub model: String,
    /// Sent as bearer token.
    pub key: SecretString,
    /// Sent along to set the tone, and looked for in the answer.
    pub prompt: Option<String>,
    /// The longest that one request may take; the deadline may end it sooner.
    pub request_timeout: Duration,
    /// Requests for one clip, the first included.
    pub attempts: u32,
}

impl OpenAiConfig {
    /// No prompt, a minute per request, three attempts.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>, key: SecretString) -> Self {
        Self {
            base_url: base_url.into(),
            model: model.into(),
            key,
            prompt: None,
            request_timeout: Duration::from_secs(60),
            attempts: 3,
        }
    }
}

/// A client of one service, with its connections.
pub struct OpenAiTranscriber {
    client: Client,
    url: Url,
    config: OpenAiConfig,
}

impl OpenAiTranscriber {
    /// Checks the configuration; connects only when there is something to transcribe.
    pub fn new(config: OpenAiConfig) -> Result<Self, SpeechError> {
        let url = endpoint(&config.base_url)?;
        let client = kimochi_http::client().map_err(|error| SpeechError::ServiceConfig(error.to_string()))?;
        Ok(Self { client, url, config })
    }

    /// Asks until there is an answer, a refusal, or no attempt or no time left.
    async fn transcribe_by(
        &self,
        speech: Arc<[f32]>,
        deadline: Instant,
    ) -> Result<Transcription, SpeechError> {
        let wav = wav::encode(&speech);
        let mut attempt = 1;
        loop {
            let failure = match self.ask(wav.clone(), deadline).await {
                Ok(transcription) => return Ok(transcription),
                Err(failure) => failure,
            };
            let wait = backoff::wait(attempt, failure.retry_after);
            let in_time = Instant::now().checked_add(wait).is_some_and(|next| next < deadline);
            if attempt >= self.config.attempts || !failure.may_pass() || !in_time {
                return Err(failure.error);
            }
            tracing::warn!(
                attempt,
                code = failure.error.code(),
                wait_ms = wait.as_millis(),
                "Transcription service failed, asking again"
            );
            sleep(wait).await;
            attempt += 1;
        }
    }

    async fn ask(&self, wav: Vec<u8>, deadline: Instant) -> Result<Transcription, Failure> {
        let own_limit = Instant::now() + self.config.request_timeout;
        let request = async {
            let response = self
                .client
                .post(self.url.clone())
                .bearer_auth(self.config.key.expose_secret())
                .multipart(self.form(wav)?)
                .send()
                .await
                .map_err(unreachable)?;
            let body = accepted(response)?.bytes().await.map_err(unreachable)?;
            answer::parse(&body, self.model()).map_err(|error| {
                let (category, column) = (error.classify(), error.column());
                Failure::from(SpeechError::ServiceAnswer { category, column })
            })
        };
        match timeout_at(Timer::from_std(own_limit.min(deadline)), request).await {
            Ok(outcome) => outcome,
            Err(_) if deadline <= own_limit => Err(SpeechError::Deadline.into()),
            Err(_) => Err(SpeechError::ServiceTimeout(self.config.request_timeout).into()),
        }
    }

    fn form(&self, wav: Vec<u8>) -> Result<Form, Failure> {
        let file = Part::bytes(wav).file_name("speech.wav").mime_str("audio/wav").map_err(unreachable)?;
        let form = Form::new()
            .part("file", file)
            .text("model", self.config.model.clone())
            .text("language", "ja")
            .text("temperature", "0")
            .text("response_format", "verbose_json");
        Ok(match self.config.prompt.clone() {
            Some(prompt) => form.text("prompt", prompt),
            None => form,
        })
    }

    fn model(&self) -> Model {
        Model { name: self.config.model.clone(), sha256: None }
    }
}

impl Transcriber for OpenAiTranscriber {
    fn transcribe(&self, speech: Arc<[f32]>, deadline: Instant) -> Transcribing<'_> {
        Box::pin(self.transcribe_by(speech, deadline))
    }

    fn prompt(&self) -> Option<&str> {
        self.config.prompt.as_deref()
    }
}

/// A failed request, with when the service wants to be asked again.
struct Failure {
    error: SpeechError,
    retry_after: Option<Duration>,
}

impl Failure {
    fn may_pass(&self) -> bool {
        self.error.is_transient() && !matches!(self.error, SpeechError::Deadline)
    }
}

impl From<SpeechError> for Failure {
    fn from(error: SpeechError) -> Self {
        Self { error, retry_after: None }
    }
}

fn unreachable(error: reqwest::Error) -> Failure {
    SpeechError::ServiceUnreachable(error.without_url()).into()
}

/// The response if it is a success, else what its status means. The body of an error is not read: it
/// may quote the request.
fn accepted(response: Response) -> Result<Response, Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let retry_after = backoff::retry_after(response.headers());
    let status_code = status.as_u16();
    let later = status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        );
    let error = if later {
        SpeechError::ServiceBusy { status: status_code }
    } else {
        SpeechError::ServiceRefused { status: status_code, advice: advice(status_code) }
    };
    Err(Failure { error, retry_after })
}

fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => "it redirects; configure the base URL that it points to",
        400 | 422 => "check that it knows the model and takes WAV and response_format verbose_json",
        401 => "check the API key",
        402 => "check the account's billing",
        403 => "check what the API key may do",
        404 | 405 => "check the base URL (it usually ends in /v1) and the model name",
        413 => "the clip is larger than the service takes",
        _ => "look the status up in the service's documentation",
    }
}

fn endpoint(base_url: &str) -> Result<Url, SpeechError> {
    let unusable = |why: &str| SpeechError::ServiceConfig(format!("base URL: {why}"));
    let mut url = Url::parse(base_url).map_err(|error| unusable(&error.to_string()))?;
    let path = format!("{}/audio/transcriptions", url.path().trim_end_matches('/'));
    url.set_path(&path);
    match url.scheme() {
        "https" | "http" => Ok(url),
        _ => Err(unusable("it must begin with https://")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_of_the_base_url_makes_no_difference() {
        for base_url in ["https://example.com/v1", "https://example.com/v1/"] {
            assert_eq!(
                endpoint(base_url).expect("usable").as_str(),
                "https://example.com/v1/audio/transcriptions"
            );
        }
    }

    #[test]
    fn an_unusable_base_url_is_refused_at_start() {
        for base_url in ["", "example.com/v1", "ftp://example.com/v1", "https://"] {
            assert_eq!(endpoint(base_url).expect_err(base_url).code(), "service_config");
        }
    }

    #[test]
    fn the_key_is_not_in_the_debug_output() {
        let config = OpenAiConfig::new("https://example.com/v1", "whisper-1", "sk-secret".into());

        assert!(!format!("{config:?}").contains("sk-secret"));
    }
}
