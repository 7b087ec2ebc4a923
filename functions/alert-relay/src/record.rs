//! The records of an invocation: from the queue, or from SNS itself.

use serde_json::Value;

use crate::message::Message;

/// A message, and how it came.
pub(crate) struct Record {
    pub(crate) message: Message,
    /// The queue's id of it; `None` when SNS called directly.
    pub(crate) queue_id: Option<String>,
    /// How often it has been delivered, this time included.
    pub(crate) deliveries: u32,
}

/// Reads what Lambda was called with. What is no record of either kind is shown as it is, too: somebody invoked the
/// function by hand. A message without an id gets one of the invocation.
pub(crate) fn read(event: &Value, request_id: &str) -> Vec<Record> {
    let mut records: Vec<_> = match event["Records"].as_array() {
        Some(records) => records.iter().map(record).collect(),
        None => vec![Record { message: message_of(event), queue_id: None, deliveries: 1 }],
    };
    for (place, record) in records.iter_mut().enumerate() {
        if record.message.id.is_empty() {
            record.message.id = format!("{request_id}/{place}");
        }
    }
    records
}

fn record(record: &Value) -> Record {
    if record["Sns"].is_object() {
        return Record { message: envelope(&record["Sns"]), queue_id: None, deliveries: 1 };
    }
    let body = record["body"].as_str().unwrap_or_default();
    let text = |name: &str| record[name].as_str().map(str::to_owned);
    let message = match serde_json::from_str::<Value>(body) {
        Ok(value) if value["Type"] == "Notification" && value["Message"].is_string() => envelope(&value),
        // Somebody wrote to the queue itself, or the subscription delivers raw messages.
        _ => Message {
            id: text("messageId").unwrap_or_default(),
            subject: None,
            body: body.to_owned(),
            published_at: None,
            region: None,
        },
    };
    let deliveries =
        record["attributes"]["ApproximateReceiveCount"].as_str().and_then(|count| count.parse().ok());
    Record { message, queue_id: text("messageId"), deliveries: deliveries.unwrap_or(1) }
}

/// What SNS says of a message. Lambda's own form and the one in the queue differ in nothing that we read.
fn envelope(sns: &Value) -> Message {
    let text = |name: &str| sns[name].as_str().map(str::to_owned);
    Message {
        id: text("MessageId").unwrap_or_default(),
        subject: text("Subject"),
        body: text("Message").unwrap_or_default(),
        published_at: text("Timestamp").and_then(|at| at.parse().ok()),
        region: text("TopicArn").and_then(|arn| Some(arn.split(':').nth(3)?.to_owned())),
    }
}

fn message_of(event: &Value) -> Message {
    let body = event.as_str().map_or_else(|| event.to_string(), str::to_owned);
    Message { id: String::new(), subject: None, body, published_at: None, region: None }
}
