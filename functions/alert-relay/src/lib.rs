//! What happens on the alerts topic reaches people: in Slack, and on the phone when it is critical.
//!
//! SNS puts each message into a queue, the queue calls this function with a batch ([`handle`]). A message of any kind is
//! understood ([`message`]), shown ([`slack`]), brought to Slack and, when it is critical, to PagerDuty ([`pagerduty`]),
//! each judged on its own ([`relay`](mod@relay)). What did not arrive comes back, and in the end lies in the dead-letter
//! queue.

pub mod alert;
mod config;
pub mod message;
mod outcome;
pub mod pagerduty;
mod per_severity;
mod post;
mod record;
mod relay;
mod secrets;
pub mod slack;

use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse};
use lambda_runtime::LambdaEvent;
use reqwest::Client;
use serde_json::Value;
use tokio::time::Instant;

pub use config::Config;
pub use pagerduty::PagerDuty;
pub use per_severity::PerSeverity;
pub use secrets::Secrets;
pub use slack::Slack;

/// Kept free at the end of an invocation, to tell the queue what came of it.
const RESERVE: Duration = Duration::from_secs(1);

/// From this delivery on, trouble that may pass counts as trouble that stays: the queue gives a message five.
const LAST_RESORT_FROM: u32 = 3;

/// What the steps share.
pub struct App {
    /// Reaches Slack and PagerDuty.
    pub http: Client,
    /// Opens them.
    pub secrets: Secrets,
    /// Where everybody reads.
    pub slack: Slack,
    /// Who is on call.
    pub pagerduty: PagerDuty,
}

/// Works on a batch of the queue, or on what SNS sends directly. Names the messages of the queue that are to come back.
///
/// # Errors
/// When SNS called directly and a message was not delivered: SNS then tries again by itself.
pub async fn handle(app: &App, event: LambdaEvent<Value>) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let deadline = deadline(&event.context);
    let mut response = SqsBatchResponse::default();
    let mut lost = 0;
    for record in record::read(&event.payload) {
        let delivered = relay::relay(app, &record.message, record.deliveries, deadline).await;
        match record.queue_id {
            _ if delivered => (),
            Some(id) => {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = id;
                response.batch_item_failures.push(failure);
            }
            None => lost += 1,
        }
    }
    if lost > 0 { Err(format!("{lost} alerts were not delivered").into()) } else { Ok(response) }
}

fn deadline(context: &lambda_runtime::Context) -> Instant {
    let ends = std::time::UNIX_EPOCH + Duration::from_millis(context.deadline);
    let left = ends.elapsed().err().map(|early| early.duration()).unwrap_or_default();
    Instant::now() + left.saturating_sub(RESERVE)
}
