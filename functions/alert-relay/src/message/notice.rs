//! Our own notices, in the custom notification format of Amazon Q Developer in chat applications (`kimochi-notify` writes
//! them).

use std::collections::BTreeMap;

use kimochi_domain::Severity;
use serde::Deserialize;
use serde_json::Value;

use crate::alert::{Alert, Fact};

#[derive(Debug, Deserialize)]
pub(super) struct Notice {
    content: Content,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    title: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    next_steps: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    thread_id: Option<String>,
    summary: Option<String>,
    event_type: Option<String>,
    additional_context: BTreeMap<String, Value>,
}

impl From<Notice> for Alert {
    fn from(notice: Notice) -> Self {
        let Notice { content, metadata } = notice;
        let Metadata { thread_id, summary, event_type, mut additional_context } = metadata;
        let severity = additional_context.remove("severity");
        let severity = severity.as_ref().and_then(Value::as_str).and_then(|name| name.parse().ok());
        let facts = additional_context.into_iter().filter_map(|(name, value)| match value {
            Value::Null => None,
            Value::String(text) => Fact::of(&name, Some(text)),
            other => Some(Fact::new(name, other.to_string())),
        });
        let title = content.title.or(summary).unwrap_or_else(|| "通知".to_owned());
        Self {
            description: content.description,
            facts: facts.chain(Fact::of("種別", event_type)).collect(),
            next_steps: content.next_steps,
            key: thread_id,
            // Who forgets to say how urgent it is must not be overheard.
            ..Self::event(severity.unwrap_or(Severity::Warning), title)
        }
    }
}
