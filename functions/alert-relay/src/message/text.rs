//! Text: its first line says what it is about.

use kimochi_domain::Severity;

use crate::alert::Alert;

pub(super) fn alert(body: &str, subject: Option<&str>) -> Alert {
    // A JSON string is text, too.
    let body = serde_json::from_str::<String>(body).unwrap_or_else(|_| body.to_owned());
    let first = body.lines().map(str::trim).find(|line| !line.is_empty());
    let title =
        subject.filter(|subject| !subject.trim().is_empty()).or(first).unwrap_or("（本文のない通知）");
    let description = if first == Some(title) && body.trim().lines().count() <= 1 { "" } else { body.trim() };
    Alert { description: description.to_owned(), ..Alert::event(Severity::Info, title) }
}
