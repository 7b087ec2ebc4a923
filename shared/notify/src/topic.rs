//! The SNS topic that all notices and alarms go to.

use aws_sdk_sns::Client;
use aws_sdk_sns::error::DisplayErrorContext;
use aws_types::SdkConfig;

use crate::Notice;

/// The alerts topic. Cheap to make: connects at the first notice.
#[derive(Debug, Clone)]
pub struct AlertTopic {
    client: Client,
    arn: String,
}

/// The topic did not take the notice.
#[derive(Debug, thiserror::Error)]
#[error("the alerts topic did not take the notice: {reason}")]
pub struct NotPublished {
    reason: String,
}

impl AlertTopic {
    /// The topic with this ARN.
    pub fn new(settings: &SdkConfig, arn: impl Into<String>) -> Self {
        Self { client: Client::new(settings), arn: arn.into() }
    }

    /// Publishes one notice; the SDK tries three times.
    ///
    /// # Errors
    /// When the topic cannot be reached or refuses.
    pub async fn publish(&self, notice: &Notice) -> Result<(), NotPublished> {
        self.client
            .publish()
            .topic_arn(&self.arn)
            .message(notice.to_json().to_string())
            .send()
            .await
            .map_err(|error| NotPublished { reason: DisplayErrorContext(&error).to_string() })?;
        Ok(())
    }
}
