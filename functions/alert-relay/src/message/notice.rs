//! Our own notices, in the custom notification format of Amazon Q Developer in chat applications (`kimochi-notify` writes
//! them).

use std::collections::BTreeMap;

use kimochi_domain::console::is_region;
use kimochi_domain::{GraphLine, Severity};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Message;
use crate::alert::{Alert, Fact, Graph};
use crate::console;

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

/// The event type of the daily sign that alerts arrive; the schedule in the template sends it.
const HEARTBEAT: &str = "alert_heartbeat";

pub(super) fn alert(notice: Notice, message: &Message) -> Alert {
    let Notice { content, metadata } = notice;
    let Metadata { thread_id, summary, event_type, mut additional_context } = metadata;
    let mut take = |name: &str| additional_context.remove(name)?.as_str().map(str::to_owned);
    let severity = take("severity").and_then(|name| name.parse().ok());
    let group = take("log_group");
    let graph = take("graph").and_then(|text| graph(&text, message.region.as_deref()));
    let request_id = additional_context.get("request_id").and_then(Value::as_str);
    let logs = || {
        console::logs(message.region.as_deref()?, group.as_deref()?, Some(request_id?), message.published_at?)
    };
    let links = logs().into_iter().collect();
    let facts = additional_context.into_iter().filter_map(|(name, value)| match value {
        Value::Null => None,
        Value::String(text) => Fact::of(&name, Some(text)),
        other => Some(Fact::new(name, other.to_string())),
    });
    let is_heartbeat = event_type.as_deref() == Some(HEARTBEAT);
    let title = content.title.or(summary).unwrap_or_else(|| "通知".to_owned());
    Alert {
        description: content.description,
        facts: facts.chain(Fact::of("種別", event_type.as_deref())).collect(),
        next_steps: content.next_steps,
        links,
        graph,
        is_heartbeat,
        runbook: event_type,
        // Each day's heartbeat stands for itself.
        key: thread_id.filter(|_| !is_heartbeat),
        // Who forgets to say how urgent it is must not be overheard.
        ..Alert::event(severity.unwrap_or(Severity::Warning), title)
    }
}

/// What a notice asks to be drawn. Anybody who may publish can ask, so nothing of the text goes to CloudWatch that was not
/// understood.
fn graph(text: &str, region: Option<&str>) -> Option<Graph> {
    let region = region.filter(|region| is_region(region))?.to_owned();
    match serde_json::from_str::<kimochi_domain::Graph>(text) {
        Ok(asked) => Some(Graph {
            region,
            start: asked.from().to_string(),
            end: asked.until().to_string(),
            metrics: asked.lines().iter().map(line).collect(),
            threshold: None,
        }),
        Err(error) => {
            tracing::warn!(%error, "a notice asks for a graph that cannot be drawn");
            None
        }
    }
}

/// `["AWS/Lambda", "Errors", "FunctionName", "x", {"stat": "Sum"}]`
fn line(line: &GraphLine) -> Value {
    let names = [&line.namespace, &line.metric].into_iter();
    let dimensions = line.dimensions.iter().flat_map(|(name, value)| [name, value]);
    let options = json!({"label": line.label, "stat": line.statistic, "period": line.period_seconds});
    names.chain(dimensions).map(|name| json!(name)).chain([options]).collect()
}
