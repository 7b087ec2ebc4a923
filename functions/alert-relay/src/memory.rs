//! What the function remembers between messages, in one DynamoDB table: which message has reached which destination, and
//! what Slack shows of an alarm. Rows go by themselves, after two weeks and after thirty days.
//!
//! Whoever works on a message, or on what Slack shows of an alarm, claims its row until Lambda ends the invocation, so
//! that two sandboxes do not do the same. Without the table an alert is brought all the same: twice is better than never.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Builder, retry::RetryConfig};
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_types::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::conversation::Conversation;

/// A row of a delivered message is kept as long as a dead-letter queue keeps the message.
const KEEP_MESSAGE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// An alarm that stays for longer begins a new message when it is over.
const KEEP_CONVERSATION: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long one question may take, with its second attempt.
const PATIENCE: Duration = Duration::from_secs(2);
const PATIENCE_FOR_AN_ATTEMPT: Duration = Duration::from_millis(1_200);

/// The table.
#[derive(Debug, Clone)]
pub struct Memory {
    client: Client,
    table: String,
    clock: fn() -> Timestamp,
}

/// Who claims a row, and for how long.
#[derive(Debug, Clone)]
pub(crate) struct Claimant {
    /// The invocation.
    pub(crate) id: String,
    /// When Lambda ends the invocation.
    pub(crate) until: Timestamp,
}

/// What became of claiming a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Claim<T> {
    /// It is ours, and this is what stands in it.
    Ours(T),
    /// Somebody else is at it; this is what stood in it.
    Busy(T),
    /// The table does not answer.
    Unknown,
}

/// What is known of an incident of whoever is on call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnCall {
    /// Nothing newer was told; whether an incident was opened and not closed.
    Newest { is_open: bool },
    /// Something newer was told already.
    Overtaken,
    /// The table does not answer.
    Unknown,
}

/// Whom a message has reached.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) slack: bool,
    pub(crate) on_call: bool,
}

/// Whom a message has to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    Slack,
    OnCall,
}

impl Destination {
    fn attribute(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::OnCall => "on_call",
        }
    }
}

impl Memory {
    /// The table of this name. Connects at the first alert.
    pub fn new(settings: &SdkConfig, table: impl Into<String>, clock: fn() -> Timestamp) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(PATIENCE_FOR_AN_ATTEMPT)
            .operation_timeout(PATIENCE);
        let config = Builder::from(settings)
            .timeout_config(timeouts.build())
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .build();
        Self { client: Client::from_conf(config), table: table.into(), clock }
    }

    /// Claims a message by SNS's id of it.
    pub(crate) async fn claim_message(&self, message_id: &str, claimant: &Claimant) -> Claim<Reached> {
        let claim = self.claim(&message_row(message_id), claimant, KEEP_MESSAGE).await;
        claim.map(|row| Reached { slack: is_set(&row, "slack"), on_call: is_set(&row, "on_call") })
    }

    /// The message has reached this one.
    pub(crate) async fn note_reached(&self, message_id: &str, destination: Destination) {
        let update = self
            .update(&message_row(message_id))
            .update_expression("SET #destination = :true")
            .expression_attribute_names("#destination", destination.attribute())
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        self.send(update).await;
    }

    /// Nobody is at the message any more.
    pub(crate) async fn release_message(&self, message_id: &str, claimant: &Claimant) {
        self.release(&message_row(message_id), claimant).await;
    }

    /// Claims what Slack shows about `key`.
    pub(crate) async fn claim_conversation(
        &self,
        key: &str,
        claimant: &Claimant,
    ) -> Claim<Option<Conversation>> {
        let claim = self.claim(&conversation_row(key), claimant, KEEP_CONVERSATION).await;
        claim.map(|row| {
            let text = row.get("conversation")?.as_s().ok()?;
            // What an earlier release wrote and this one cannot read begins anew.
            serde_json::from_str(text).ok()
        })
    }

    /// Slack shows this about `key` now; nobody is at it any more.
    pub(crate) async fn keep_conversation(
        &self,
        key: &str,
        conversation: &Conversation,
        claimant: &Claimant,
    ) {
        let Ok(text) = serde_json::to_string(conversation) else { return };
        let update = self
            .update(&conversation_row(key))
            .update_expression(
                "SET conversation = :conversation, expires_at = :expires REMOVE busy_until, claimant",
            )
            .condition_expression("claimant = :me")
            .expression_attribute_values(":me", AttributeValue::S(claimant.id.clone()))
            .expression_attribute_values(":expires", self.in_seconds(KEEP_CONVERSATION))
            .expression_attribute_values(":conversation", AttributeValue::S(text));
        self.send(update).await;
    }

    /// Nobody is at what Slack shows about `key` any more.
    pub(crate) async fn release_conversation(&self, key: &str, claimant: &Claimant) {
        self.release(&conversation_row(key), claimant).await;
    }

    /// Whether whoever is on call is to hear what became of `key` at this time: not when something newer was told already.
    /// From `opens` on an incident counts as open there.
    pub(crate) async fn note_on_call(&self, key: &str, at: Timestamp, opens: bool) -> OnCall {
        let set = if opens {
            "SET told_at = :at, expires_at = :expires, is_open = :true"
        } else {
            "SET told_at = :at, expires_at = :expires"
        };
        let mut update = self
            .update(&on_call_row(key))
            .update_expression(set)
            .condition_expression("attribute_not_exists(told_at) OR told_at <= :at")
            .expression_attribute_values(":at", AttributeValue::N(at.as_millisecond().to_string()))
            .expression_attribute_values(":expires", self.in_seconds(KEEP_CONVERSATION))
            .return_values(ReturnValue::AllNew);
        if opens {
            update = update.expression_attribute_values(":true", AttributeValue::Bool(true));
        }
        match update.send().await {
            Ok(answer) => {
                OnCall::Newest { is_open: is_set(&answer.attributes.unwrap_or_default(), "is_open") }
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => OnCall::Overtaken,
                _ => {
                    tracing::warn!(reason = %DisplayErrorContext(&error), "the table does not answer");
                    OnCall::Unknown
                }
            },
        }
    }

    /// Whoever is on call has heard that it is over.
    pub(crate) async fn close_on_call(&self, key: &str) {
        let update = self.update(&on_call_row(key)).update_expression("SET is_open = :false");
        self.send(update.expression_attribute_values(":false", AttributeValue::Bool(false))).await;
    }

    async fn claim(&self, row: &str, claimant: &Claimant, keep: SignedDuration) -> Claim<Row> {
        // A second attempt of the SDK finds what its first one wrote.
        let update = self
            .update(row)
            .update_expression("SET busy_until = :until, claimant = :me, expires_at = :expires")
            .condition_expression("attribute_not_exists(busy_until) OR busy_until < :now OR claimant = :me")
            .expression_attribute_values(":now", self.in_seconds(SignedDuration::ZERO))
            .expression_attribute_values(":until", AttributeValue::N(claimant.until.as_second().to_string()))
            .expression_attribute_values(":me", AttributeValue::S(claimant.id.clone()))
            .expression_attribute_values(":expires", self.in_seconds(keep))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(answer) => Claim::Ours(answer.attributes.unwrap_or_default()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(busy)) => {
                    Claim::Busy(busy.item.clone().unwrap_or_default())
                }
                _ => {
                    let reason = DisplayErrorContext(&error).to_string();
                    tracing::warn!(reason, "the table does not answer; the alert may come twice");
                    Claim::Unknown
                }
            },
        }
    }

    async fn release(&self, row: &str, claimant: &Claimant) {
        let update = self
            .update(row)
            .update_expression("REMOVE busy_until, claimant")
            .condition_expression("claimant = :me")
            .expression_attribute_values(":me", AttributeValue::S(claimant.id.clone()));
        self.send(update).await;
    }

    fn update(&self, row: &str) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).key("id", AttributeValue::S(row.to_owned()))
    }

    /// So much later than now, as DynamoDB's time to live wants it.
    fn in_seconds(&self, later: SignedDuration) -> AttributeValue {
        AttributeValue::N(((self.clock)().as_second() + later.as_secs()).to_string())
    }

    /// Writes; what cannot be written costs a repetition at most.
    async fn send(&self, update: UpdateItemFluentBuilder) {
        if let Err(error) = update.send().await {
            let reason = DisplayErrorContext(&error).to_string();
            tracing::warn!(reason, "the table was not written; an alert may come twice");
        }
    }
}

type Row = std::collections::HashMap<String, AttributeValue>;

impl<T> Claim<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Claim<U> {
        match self {
            Self::Ours(row) => Claim::Ours(change(row)),
            Self::Busy(row) => Claim::Busy(change(row)),
            Self::Unknown => Claim::Unknown,
        }
    }
}

fn message_row(message_id: &str) -> String {
    format!("message/{message_id}")
}

fn on_call_row(key: &str) -> String {
    format!("on_call/{}", hex::encode(Sha256::digest(key)))
}

fn is_set(row: &Row, name: &str) -> bool {
    row.get(name).and_then(|value| value.as_bool().ok()).copied().unwrap_or_default()
}

/// A key may be longer than one of DynamoDB's, and hold anything.
fn conversation_row(key: &str) -> String {
    format!("conversation/{}", hex::encode(Sha256::digest(key)))
}
