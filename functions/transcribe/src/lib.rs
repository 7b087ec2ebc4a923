//! A voice note lands in S3, and becomes text.
//!
//! S3 tells a queue, the queue calls this function with a batch of messages ([`handle`]). Each message is read
//! and judged on its own ([`message`]): what is no work for us is put away, the rest is claimed in the database,
//! so that one object gives one transcript however often and in whatever order the messages come
//! ([`recording`]). An attempt fetches, decodes, hears and saves ([`attempt`]). Operators learn of what needs
//! them ([`notices`]).

mod attempt;
mod config;
mod engine;
mod message;
mod notices;
mod recording;

use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use kimochi_blob::MediaBucket;
use kimochi_notify::AlertTopic;
use kimochi_speech::Thresholds;
use kimochi_store::Database;
use lambda_runtime::LambdaEvent;

pub use config::Config;
pub use engine::{Engine, EngineConfig, ModelLocation};

/// Kept free at the end of an invocation, to save what there is and to tell the queue.
const RESERVE: Duration = Duration::from_secs(2);

/// With less than this before the deadline no recording is begun: an attempt cut short would count as one.
const LEAST_FOR_A_RECORDING: Duration = Duration::from_secs(3);

/// What the steps share.
pub struct App {
    /// Connects as the worker role.
    pub database: Database,
    /// Where recordings come from and transcripts go.
    pub bucket: MediaBucket,
    /// Where operators listen.
    pub alerts: AlertTopic,
    /// Loaded at the first recording.
    pub engine: Engine,
    /// When a transcript is believed.
    pub thresholds: Thresholds,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

/// One invocation of the function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's id of it: finds it in the log.
    pub request_id: String,
    /// Where it writes its log.
    pub log_group: String,
    /// When Lambda ends it.
    pub ends_at: Timestamp,
    /// When work has to stop, so that there is time to save.
    pub deadline: Instant,
}

/// Works on a batch and names the messages that are to come back. A message that is not named is done for
/// good, so only what is settled is left out.
///
/// # Errors
/// Never: what goes wrong goes wrong for one message.
pub async fn handle(
    app: &App,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let invocation = Invocation::of(&event.context, (app.clock)());
    let mut response = SqsBatchResponse::default();
    for record in event.payload.records {
        let body = record.body.as_deref().unwrap_or_default();
        let id = record.message_id.unwrap_or_default();
        if message::process(app, &invocation, &id, body).await == Verdict::ComeBack {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            response.batch_item_failures.push(failure);
        }
    }
    Ok(response)
}

/// What the queue is to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Forget it.
    Done,
    /// Deliver it again, and in the end move it to the dead-letter queue.
    ComeBack,
}

impl Invocation {
    /// Whether it is too late to begin with another recording.
    fn is_nearly_over(&self) -> bool {
        self.deadline.saturating_duration_since(Instant::now()) < LEAST_FOR_A_RECORDING
    }

    fn of(context: &lambda_runtime::Context, now: Timestamp) -> Self {
        let ends_at =
            i64::try_from(context.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        let ends_at = ends_at.unwrap_or(now);
        let left = Duration::try_from(ends_at.duration_since(now)).unwrap_or_default();
        let deadline = Instant::now() + left.saturating_sub(RESERVE);
        let log_group = context.env_config.log_group.clone();
        Self { request_id: context.request_id.clone(), log_group, ends_at, deadline }
    }
}
