//! An alert as a message of Slack: Block Kit, with a plain text for notifications and screen readers.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kimochi_domain::Severity;
use serde_json::{Map, Value, json};

use super::passed_through;
use super::text::{escaped, plain};
use crate::alert::{Alert, Fact, Link, State};
use crate::per_severity::PerSeverity;

/// How alerts look, whatever they say.
#[derive(Debug, Clone)]
pub struct Appearance {
    /// In which times are shown, beside UTC.
    pub time_zone: TimeZone,
    /// Who is called for an alert of a severity, in Slack's markup, such as `<!subteam^S0123>`; empty for nobody.
    pub mentions: PerSeverity<String>,
}

/// The most facts; with two in a row they fill half of a screen.
const MAX_FACTS: usize = 30;
const FACTS_IN_A_SECTION: usize = 10;

/// `{text, attachments}`, or what a message that was written for Slack holds. To whom it goes is not part of it.
pub fn render(alert: &Alert, appearance: &Appearance) -> Value {
    if let Some(message) = alert.for_slack.as_ref().and_then(passed_through::message) {
        return Value::Object(message);
    }
    let calls = matches!(alert.state, State::Raised | State::Event);
    let mention = appearance.mentions.of(alert.severity);
    let headline = headline(alert);
    let text = match mention.as_str() {
        "" => escaped(&headline, 2_000),
        mention if calls => format!("{mention} {}", escaped(&headline, 2_000)),
        _ => escaped(&headline, 2_000),
    };
    json!({
        "text": text,
        "attachments": [{"color": color(alert), "blocks": blocks(alert, appearance, &headline)}],
    })
}

fn headline(alert: &Alert) -> String {
    let title = alert.title.split_whitespace().collect::<Vec<_>>().join(" ");
    match alert.state {
        State::Raised | State::Event => format!("【{}】{title}", alert.severity.label()),
        State::Resolved => format!("【復旧】{title}"),
        State::Unclear => format!("【データ不足】{title}"),
    }
}

fn color(alert: &Alert) -> &'static str {
    match (alert.state, alert.severity) {
        (State::Resolved, _) => "#2eb67d",
        (State::Unclear, _) => "#9aa0a6",
        (_, Severity::Critical) => "#d7263d",
        (_, Severity::Warning) => "#ecb22e",
        (_, Severity::Info) => "#36c5f0",
    }
}

fn blocks(alert: &Alert, appearance: &Appearance, headline: &str) -> Vec<Value> {
    let mut blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": plain(headline, 150), "emoji": true}}),
    ];
    blocks.push(context(&urgency(alert, appearance)));
    if !alert.description.trim().is_empty() {
        blocks.push(section(&escaped(&alert.description, 3_000)));
    }
    for facts in alert.facts.iter().take(MAX_FACTS).collect::<Vec<_>>().chunks(FACTS_IN_A_SECTION) {
        let fields: Vec<_> = facts.iter().map(|fact| field(fact)).collect();
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    if alert.facts.len() > MAX_FACTS {
        blocks.push(context(&format!("ほか{}項目は省略しました", alert.facts.len() - MAX_FACTS)));
    }
    if !alert.next_steps.is_empty() {
        let steps = alert.next_steps.iter().enumerate().map(|(place, step)| format!("{}. {step}", place + 1));
        let steps: Vec<_> = steps.collect();
        blocks.push(section(&escaped(&format!("対応\n{}", steps.join("\n")), 3_000)));
    }
    let buttons: Vec<_> = alert.links.iter().filter_map(button).take(25).collect();
    if !buttons.is_empty() {
        blocks.push(json!({"type": "actions", "elements": buttons}));
    }
    blocks
}

/// `緊急（レベル1・30分以内に対応）　2026-04-01 08:30:00 JST（2026-03-31T23:30:00Z）`
fn urgency(alert: &Alert, appearance: &Appearance) -> String {
    let minutes = alert.severity.response_time().as_secs() / 60;
    let within = if minutes < 60 { format!("{minutes}分") } else { format!("{}時間", minutes / 60) };
    let severity =
        format!("{}（レベル{}・{within}以内に対応）", alert.severity.label(), alert.severity.level());
    match alert.at {
        Some(at) => format!("{severity}　{}", moment(at, &appearance.time_zone)),
        None => severity,
    }
}

fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let utc = at.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!("{}（{utc}）", local.strftime("%Y-%m-%d %H:%M:%S %Z"))
}

fn field(fact: &Fact) -> Value {
    let text = format!("*{}*\n{}", escaped(&fact.name, 200), escaped(&fact.value, 1_700));
    json!({"type": "mrkdwn", "text": text})
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

fn context(text: &str) -> Value {
    json!({"type": "context", "elements": [{"type": "mrkdwn", "text": escaped(text, 2_000)}]})
}

/// A link that Slack would refuse is left out: the message matters more.
fn button(link: &Link) -> Option<Value> {
    let fits = link.url.chars().count() <= 3_000;
    fits.then(
        || json!({"type": "button", "text": {"type": "plain_text", "text": link.label}, "url": link.url}),
    )
}

/// For what Slack does not take after all: the headline and the description, and nothing that could be wrong.
pub(crate) fn render_plainly(alert: &Alert) -> Map<String, Value> {
    let text = format!("{}\n{}", escaped(&headline(alert), 2_000), escaped(&alert.description, 3_000));
    Map::from_iter([("text".to_owned(), json!(text.trim()))])
}
