//! RDS: what happens to the database.

use kimochi_domain::Severity;
use serde_json::Value;

use super::Event;
use crate::alert::Alert;

pub(super) fn alert(event: &Event) -> Alert {
    let categories =
        event.detail["EventCategories"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let categories: Vec<_> = categories.collect();
    let severity = match categories.first().copied() {
        Some("failure" | "low storage") => Severity::Critical,
        Some("failover" | "availability" | "notification" | "recovery" | "read replica") => Severity::Warning,
        _ => Severity::Info,
    };
    let database = event.text("/SourceIdentifier").unwrap_or("RDS");
    let mut facts = event.facts([("イベント", "/EventID"), ("種類", "/SourceType")]);
    facts.extend(crate::alert::Fact::of("分類", Some(categories.join(", "))));
    let source = event.text("/SourceArn").unwrap_or(database);
    Alert {
        at: event.text("/Date").and_then(|at| at.parse().ok()),
        facts,
        key: Some(format!("{source}/{}", categories.first().copied().unwrap_or_default())),
        ..Alert::event(
            severity,
            format!("{database}: {}", event.text("/Message").unwrap_or("RDS のイベント")),
        )
    }
}
