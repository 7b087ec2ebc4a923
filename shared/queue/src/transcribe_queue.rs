//! The queue, to which S3 usually writes.

use std::sync::OnceLock;
use std::time::Duration;

use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::{Client, Config};
use aws_types::SdkConfig;
use kimochi_blob::notification::{self, ObjectCreated};
use kimochi_domain::Transient;

/// With all its attempts. Lambda ends a function of the API after ten seconds, and then nobody says what went wrong.
const PATIENCE: Duration = Duration::from_secs(5);

/// The queue. Cheap to make: the client is made, and connects, at the first message.
#[derive(Debug, Clone)]
pub struct TranscribeQueue {
    config: Config,
    client: OnceLock<Client>,
    url: String,
    sender: &'static str,
}

/// The queue did not take the message.
#[derive(Debug, thiserror::Error)]
#[error("the queue did not take the message: {reason}")]
pub struct NotSent {
    reason: String,
}

impl Transient for NotSent {
    fn is_transient(&self) -> bool {
        true
    }
}

impl TranscribeQueue {
    /// The queue with this URL; `sender` is the function that says something there, as its messages name it.
    pub fn new(settings: &SdkConfig, url: impl Into<String>, sender: &'static str) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_timeout(PATIENCE)
            .build();
        let config = Builder::from(settings).timeout_config(timeouts).build();
        Self { config, client: OnceLock::new(), url: url.into(), sender }
    }

    /// Says that the object is there, as S3 did when it came.
    ///
    /// # Errors
    /// When the queue cannot be reached within five seconds.
    pub async fn send(&self, object: &ObjectCreated) -> Result<(), NotSent> {
        let body = notification::created(object, &format!("kimochi:{}", self.sender));
        let client = self.client.get_or_init(|| Client::from_conf(self.config.clone()));
        let sent = client.send_message().queue_url(&self.url).message_body(body).send().await;
        sent.map_err(|error| NotSent { reason: DisplayErrorContext(&error).to_string() })?;
        Ok(())
    }
}
