//! AWS Health: trouble and plans of AWS itself.

use kimochi_domain::Severity;

use super::Event;
use crate::alert::{Alert, State};

pub(super) fn alert(event: &Event) -> Alert {
    let category = event.text("/eventTypeCategory").unwrap_or_default();
    let closed = event.text("/statusCode") == Some("closed");
    let severity = match category {
        "issue" | "investigation" => Severity::Warning,
        _ => Severity::Info,
    };
    let state = match (category, closed) {
        ("issue", true) => State::Resolved,
        ("issue", false) => State::Raised,
        _ => State::Event,
    };
    let service = event.text("/service").unwrap_or("AWS");
    let code = event.text("/eventTypeCode").unwrap_or("AWS Health");
    Alert {
        state,
        description: event.text("/eventDescription/0/latestDescription").unwrap_or_default().to_owned(),
        facts: event.facts([
            ("分類", "/eventTypeCategory"),
            ("状態", "/statusCode"),
            ("開始", "/startTime"),
            ("終了", "/endTime"),
            ("影響を受けるもの", "/affectedEntities/0/entityValue"),
            ("起きているリージョン", "/eventRegion"),
        ]),
        key: event.text("/eventArn").map(str::to_owned),
        ..Alert::event(severity, format!("AWS Health {service}: {code}"))
    }
}
