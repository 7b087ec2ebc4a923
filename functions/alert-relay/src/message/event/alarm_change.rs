//! `CloudWatch Alarm State Change`: an alarm by way of EventBridge, which tells of suppressed ones, too.

use kimochi_domain::Severity;

use super::Event;
use crate::alert::{Alert, State};

pub(super) fn alert(event: &Event) -> Alert {
    let state = match event.text("/state/value") {
        Some("ALARM") => State::Raised,
        Some("OK") => State::Resolved,
        _ => State::Unclear,
    };
    let facts = event.facts([
        ("状態", "/state/value"),
        ("前の状態", "/previousState/value"),
        ("値と理由", "/state/reason"),
        ("規則", "/configuration/alarmRule"),
        ("抑制", "/state/actionsSuppressedBy"),
        ("抑制の理由", "/state/actionsSuppressedReason"),
    ]);
    // What is suppressed was suppressed on purpose.
    let severity =
        if event.text("/state/actionsSuppressedBy").is_some() { Severity::Info } else { Severity::Warning };
    let title = event.text("/alarmName").unwrap_or("CloudWatch アラーム");
    Alert { state, facts, key: event.resources.first().cloned(), ..Alert::event(severity, title) }
}
