//! Messages that were written for Slack: `text`, `blocks` or `attachments`.

use kimochi_domain::Severity;
use serde_json::Value;

use super::fields;
use crate::alert::Alert;

/// Whether somebody wrote this for Slack.
pub(super) fn is_one(value: &Value) -> bool {
    let list = |name: &str| value.get(name).is_some_and(Value::is_array);
    value.is_object() && (list("blocks") || list("attachments") || is_text_alone(value))
}

/// An object with a `text` and little else; more is some other JSON that happens to have a text.
fn is_text_alone(value: &Value) -> bool {
    const COMPANIONS: [&str; 6] = ["text", "channel", "username", "icon_emoji", "icon_url", "mrkdwn"];
    let names_fit = value
        .as_object()
        .is_some_and(|members| members.keys().all(|name| COMPANIONS.contains(&name.as_str())));
    value.get("text").is_some_and(Value::is_string) && names_fit
}

pub(super) fn alert(value: Value) -> Alert {
    let text = value["text"].as_str().map(str::trim).filter(|text| !text.is_empty());
    let title = text.and_then(|text| text.lines().next()).unwrap_or("通知").to_owned();
    let description = text.unwrap_or_default().to_owned();
    // What Slack would not take as it is, and what only looks like a message for it, is shown field by field.
    let facts = fields::of(&value);
    Alert { description, facts, for_slack: Some(value), ..Alert::event(Severity::Info, title) }
}
