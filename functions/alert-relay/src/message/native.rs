//! What services of AWS publish by themselves, without EventBridge: mails and JSON of their own making, one file for each.
//!
//! Where EventBridge tells of the same, the file puts the message into the form of that event: it reads alike then, is as
//! urgent, and has the same key, whichever way it came.

mod backup;
mod budget;
mod code_deploy;
mod cost_anomaly;
mod notification_rule;
mod rds;
mod rds_category;
mod stack;

use serde_json::Value;

use super::event::Event;
use crate::alert::Alert;

/// The alert of a text of AWS; `None` when it is none, or not as we know it.
pub(super) fn in_text(text: &str) -> Option<Alert> {
    let kinds: [fn(&str) -> Option<Alert>; 3] = [backup::alert, budget::alert, stack::alert];
    kinds.iter().find_map(|read| read(text))
}

/// The alert of JSON of AWS; `None` when it is none, or not as we know it.
pub(super) fn in_json(value: &Value) -> Option<Alert> {
    let kinds: [fn(&Value) -> Option<Alert>; 4] =
        [notification_rule::alert, rds::alert, code_deploy::alert, cost_anomaly::alert];
    kinds.iter().find_map(|read| read(value))
}

/// What EventBridge would have said.
fn as_event(event: Value) -> Option<Alert> {
    serde_json::from_value::<Event>(event).ok().map(Alert::from)
}

/// A text of a JSON object that is not empty.
fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// Region and account in an ARN; those of S3 have neither.
fn place(arn: &str) -> (Option<&str>, Option<&str>) {
    let part = |place| arn.split(':').nth(place).filter(|part| !part.is_empty());
    (part(3), part(4))
}
