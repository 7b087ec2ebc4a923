//! Security Hub: one event may hold several findings, and each of them is shown.

use kimochi_domain::Severity;
use serde_json::Value;

use super::Event;
use crate::alert::{Alert, Fact};

/// The most findings that are shown; the number is told in any case.
const MAX_FINDINGS: usize = 20;

pub(super) fn alert(event: &Event) -> Alert {
    let findings = event.detail["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let severity =
        findings.iter().map(severity).min_by_key(|severity| severity.level()).unwrap_or(Severity::Info);
    let title = match findings {
        [only] => format!("Security Hub: {}", only["Title"].as_str().unwrap_or("検出")),
        several => format!("Security Hub: {}件の検出", several.len()),
    };
    let description = match findings {
        [only] => only["Description"].as_str().unwrap_or_default(),
        _ => "",
    };
    Alert {
        description: description.to_owned(),
        facts: findings.iter().take(MAX_FINDINGS).map(fact).collect(),
        key: findings.first().and_then(|finding| finding["Id"].as_str()).map(str::to_owned),
        ..Alert::event(severity, title)
    }
}

fn fact(finding: &Value) -> Fact {
    let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let name = format!("[{}] {}", text("/Severity/Label"), text("/Title"));
    let value =
        [text("/Resources/0/Id"), text("/ProductName"), text("/Workflow/Status"), text("/Compliance/Status")];
    let value: Vec<_> = value.into_iter().filter(|part| !part.is_empty()).collect();
    Fact::new(name, if value.is_empty() { "—".to_owned() } else { value.join("\n") })
}

fn severity(finding: &Value) -> Severity {
    match finding["Severity"]["Label"].as_str() {
        Some("CRITICAL") => Severity::Critical,
        Some("HIGH" | "MEDIUM") => Severity::Warning,
        Some(_) => Severity::Info,
        None => match finding["Severity"]["Normalized"].as_i64() {
            Some(90..) => Severity::Critical,
            Some(40..) => Severity::Warning,
            _ => Severity::Info,
        },
    }
}
