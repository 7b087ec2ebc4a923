//! Understanding what comes: one file for each kind of message. None is refused; what is of no kind that we know is
//! shown as it is.

mod alarm;
mod event;
mod fields;
mod json;
mod native;
mod notice;
mod slack_shaped;
mod text;
mod words;

use jiff::Timestamp;
use kimochi_domain::console::in_a_fragment;
use serde_json::Value;

use crate::alert::{Alert, Link};

/// A message as SNS delivers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// SNS's id of it; it is the same each time the message is delivered.
    pub id: String,
    /// The subject, as for mails.
    pub subject: Option<String>,
    /// What was published.
    pub body: String,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// In which region the topic is.
    pub region: Option<String>,
}

/// The kinds that we know.
enum Kind {
    Alarm(Box<alarm::Alarm>),
    Notice(notice::Notice),
    Event(event::Event),
    Native(Box<Alert>),
    SlackShaped(Value),
    Json(Value),
    Text,
}

/// What the button to a runbook says.
const RUNBOOK: &str = "手順書を開く";

/// Reads a message. There is none that cannot be read. `runbook_url` is where our runbook is, if alerts are to link to it.
pub fn understand(message: &Message, runbook_url: Option<&str>) -> Alert {
    let mut alert = match kind(&message.body) {
        Kind::Alarm(alarm) => (*alarm).into(),
        Kind::Notice(notice) => notice::alert(notice, message),
        Kind::Event(event) => event.into(),
        Kind::Native(alert) => *alert,
        Kind::SlackShaped(value) => slack_shaped::alert(value),
        Kind::Json(value) => json::alert(&value, message.subject.as_deref()),
        Kind::Text => text::alert(&message.body, message.subject.as_deref()),
    };
    alert.at = alert.at.or(message.published_at);
    let runbook = alert.runbook.as_deref().zip(runbook_url);
    let runbook = runbook.map(|(part, base)| format!("{base}#{}", in_a_fragment(part)));
    alert.links.extend(runbook.map(|url| Link { label: RUNBOOK, url }));
    alert
}

fn kind(body: &str) -> Kind {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return native::in_text(body).map_or(Kind::Text, |alert| Kind::Native(Box::new(alert)));
    };
    let has = |name: &str| value.get(name).is_some_and(|value| !value.is_null());
    // What looks like a kind and cannot be read as one is shown as the JSON that it is.
    let known = if has("AlarmName") && has("NewStateValue") {
        serde_json::from_value(value.clone()).ok().map(|alarm| Kind::Alarm(Box::new(alarm)))
    } else if value["source"] == "custom" && has("content") {
        serde_json::from_value(value.clone()).ok().map(Kind::Notice)
    } else if has("detail-type") && has("source") && has("detail") {
        serde_json::from_value(value.clone()).ok().map(Kind::Event)
    } else if slack_shaped::is_one(&value) {
        Some(Kind::SlackShaped(value.clone()))
    } else {
        native::in_json(&value).map(|alert| Kind::Native(Box::new(alert)))
    };
    known.unwrap_or_else(|| if value.is_string() { Kind::Text } else { Kind::Json(value) })
}
