//! JSON of no kind that we know: shown field by field.

use kimochi_domain::Severity;
use serde_json::Value;

use super::fields;
use crate::alert::Alert;

pub(super) fn alert(value: &Value, subject: Option<&str>) -> Alert {
    let title = ["title", "subject", "summary", "message", "name"]
        .iter()
        .find_map(|name| value.get(name)?.as_str())
        .or(subject)
        .unwrap_or("通知（JSON）");
    Alert { facts: fields::of(value), ..Alert::event(Severity::Info, title) }
}
