//! What opens Slack and PagerDuty: one secret, read at the first alert, and again when it is not accepted any more.

use std::sync::Arc;

use anyhow::Context as _;
use aws_sdk_secretsmanager::Client;
use aws_types::SdkConfig;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

/// What stands in the secret, as JSON. What is not there is not used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Keys {
    pub(crate) slack_bot_token: Option<SecretString>,
    pub(crate) slack_webhook_url: Option<SecretString>,
    pub(crate) pagerduty_routing_key: Option<SecretString>,
}

impl Keys {
    fn are(&self, others: &Self) -> bool {
        let parts = |keys: &Self| {
            [&keys.slack_bot_token, &keys.slack_webhook_url, &keys.pagerduty_routing_key]
                .map(|key| key.as_ref().map(|key| key.expose_secret().to_owned()))
        };
        parts(self) == parts(others)
    }
}

/// The secret, and what was read from it.
pub struct Secrets {
    client: Client,
    arn: String,
    read: Mutex<Option<Arc<Keys>>>,
}

impl Secrets {
    /// The secret with this ARN or name. Connects at the first alert.
    pub fn new(settings: &SdkConfig, arn: impl Into<String>) -> Self {
        Self { client: Client::new(settings), arn: arn.into(), read: Mutex::new(None) }
    }

    /// What stands in it; read once in a sandbox.
    pub(crate) async fn keys(&self) -> anyhow::Result<Arc<Keys>> {
        let mut read = self.read.lock().await;
        if let Some(keys) = &*read {
            return Ok(Arc::clone(keys));
        }
        let answer = self.client.get_secret_value().secret_id(&self.arn).send().await;
        let secret = answer.context("the secret cannot be read")?;
        let text = secret.secret_string().context("the secret is no text")?;
        // The error of serde would quote it.
        let keys: Keys =
            serde_json::from_str(text).ok().context("the secret is not the JSON that README describes")?;
        let keys = Arc::new(keys);
        *read = Some(Arc::clone(&keys));
        Ok(keys)
    }

    /// What was read was not accepted: what stands in the secret now, if that is something else.
    pub(crate) async fn read_anew(&self, refused: &Keys) -> Option<Arc<Keys>> {
        *self.read.lock().await = None;
        let keys = self.keys().await.ok()?;
        (!keys.are(refused)).then_some(keys)
    }
}
