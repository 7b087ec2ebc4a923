//! What happens on the alerts topic reaches people: in Slack, and on the phone when it is critical.
//!
//! SNS puts each message into a queue, the queue calls this function with a batch ([`handle`]). A message of any kind is
//! understood ([`message`]), shown ([`slack`]), brought to Slack and, when it is critical, to PagerDuty ([`pagerduty`]),
//! each judged on its own ([`relay`](mod@relay)). A table remembers what has arrived ([`Memory`]) and what Slack shows of an
//! alarm, so that one incident is one message ([`conversation`]). What did not arrive comes back, and in the end lies in the
//! dead-letter queue.

pub mod alert;
mod config;
mod console;
mod conversation;
mod graph;
mod heartbeat;
mod memory;
pub mod message;
pub mod pagerduty;
mod per_severity;
mod post;
mod record;
mod relay;
mod secrets;
pub mod slack;
mod trouble;

use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse};
use aws_types::SdkConfig;
use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use reqwest::Client;
use serde_json::Value;
use tokio::time::Instant;

pub use config::Config;
pub use conversation::Flapping;
pub use memory::Memory;
pub use pagerduty::PagerDuty;
pub use per_severity::PerSeverity;
pub use secrets::Secrets;
pub use slack::Slack;

/// Kept free at the end of an invocation, to tell the queue what came of it.
const RESERVE: Duration = Duration::from_secs(2);

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
    /// What has been delivered, and what Slack shows.
    pub memory: Memory,
    /// Where the runbook is; `None` when alerts do not link to one.
    pub runbook_url: Option<String>,
    /// Of the metric that counts heartbeats.
    pub metrics_namespace: String,
    /// For CloudWatch, which few alerts need.
    pub settings: SdkConfig,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

/// What of an invocation matters to the steps.
pub(crate) struct Invocation {
    /// Who it is to the [`Memory`].
    pub(crate) claimant: memory::Claimant,
    /// When sending has to stop.
    pub(crate) deadline: Instant,
}

/// Works on a batch of the queue, or on what SNS sends directly. Names the messages of the queue that are to come back.
///
/// # Errors
/// When SNS called directly and a message was not delivered: SNS then tries again by itself.
pub async fn handle(app: &App, event: LambdaEvent<Value>) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let invocation = Invocation::of(&event.context, (app.clock)());
    let mut response = SqsBatchResponse::default();
    let mut lost = 0;
    for record in record::read(&event.payload, &event.context.request_id) {
        let delivered = relay::relay(app, &record.message, record.deliveries, &invocation).await;
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

impl Invocation {
    fn of(context: &lambda_runtime::Context, now: Timestamp) -> Self {
        let ends_at =
            i64::try_from(context.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        let ends_at = ends_at.unwrap_or(now);
        let left = Duration::try_from(ends_at.duration_since(now)).unwrap_or_default();
        Self {
            claimant: memory::Claimant { id: context.request_id.clone(), until: ends_at },
            deadline: Instant::now() + left.saturating_sub(RESERVE),
        }
    }
}
