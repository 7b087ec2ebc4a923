//! `CloudWatch Alarm State Change`: an alarm by way of EventBridge, which tells of suppressed ones, too.

use kimochi_domain::Severity;

use super::super::words;
use super::Event;
use crate::alert::{Alert, State};
use crate::console;

pub(super) fn alert(event: &Event) -> Alert {
    let state = State::of_alarm(event.text("/state/value").unwrap_or_default());
    let facts = event.facts([
        ("状態", "/state/value"),
        ("前の状態", "/previousState/value"),
        ("値と理由", "/state/reason"),
        ("規則", "/configuration/alarmRule"),
        ("抑制", "/state/actionsSuppressedBy"),
        ("抑制の理由", "/state/actionsSuppressedReason"),
    ]);
    let words = words::read(event.text("/configuration/description").unwrap_or_default());
    // What is suppressed was suppressed on purpose.
    let severity = match event.text("/state/actionsSuppressedBy") {
        Some(_) => Severity::Info,
        None => words.severity.unwrap_or(Severity::Warning),
    };
    let name = event.text("/alarmName").unwrap_or("CloudWatch アラーム");
    let link = event.region.as_deref().and_then(|region| console::alarm(region, name));
    Alert {
        state,
        description: words.text,
        facts,
        links: link.into_iter().collect(),
        runbook: words.runbook,
        key: event.resources.first().cloned(),
        alarm: Some(name.to_owned()),
        ..Alert::event(severity, name)
    }
}
