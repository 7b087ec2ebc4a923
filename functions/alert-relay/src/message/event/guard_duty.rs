//! GuardDuty findings. Their severity is a number: from 7 on high, which is 緊急 here, from 4 on medium.

use kimochi_domain::Severity;
use serde_json::Value;

use super::Event;
use crate::alert::Alert;

pub(super) fn alert(event: &Event) -> Alert {
    let severity = match event.detail["severity"].as_f64() {
        Some(7.0..) => Severity::Critical,
        Some(4.0..) => Severity::Warning,
        _ => Severity::Info,
    };
    Alert {
        description: event.text("/description").unwrap_or_default().to_owned(),
        facts: event.facts([
            ("種別", "/type"),
            ("深刻度", "/severity"),
            ("資源", "/resource/resourceType"),
            ("回数", "/service/count"),
            ("最後に見た時刻", "/service/eventLastSeen"),
        ]),
        key: event.detail["arn"]
            .as_str()
            .or_else(|| event.detail.get("id").and_then(Value::as_str))
            .map(str::to_owned),
        ..Alert::event(severity, format!("GuardDuty: {}", event.text("/title").unwrap_or("検出")))
    }
}
