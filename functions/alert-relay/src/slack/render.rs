//! An alert as a message of Slack: Block Kit, with a plain text for notifications and screen readers.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_domain::Severity;
use serde_json::{Value, json};

use super::passed_through;
use super::text::{escaped, plain};
use crate::alert::{Alert, Fact, Link, State, one_line};
use crate::conversation::Flapping;
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
pub(crate) const MAX_FACTS: usize = 30;
const FACTS_IN_A_SECTION: usize = 10;

/// `{text, attachments}`, or what a message that was written for Slack holds. To whom it goes is not part of it.
pub fn render(alert: &Alert, appearance: &Appearance) -> Value {
    if let Some(message) = alert.for_slack.as_ref().and_then(passed_through::message) {
        return Value::Object(message);
    }
    let calls = matches!(alert.state, State::Raised | State::Event);
    let headline = alert.headline();
    let text = if calls { called(&headline, alert.severity, appearance) } else { escaped(&headline, 2_000) };
    let mut all = vec![header(&headline)];
    all.extend(context(&urgency(alert, appearance)));
    all.extend(blocks(alert));
    json!({"text": text, "attachments": [{"color": color(alert), "blocks": all}]})
}

/// The first message about an alarm, once the alarm is over: struck through, green, with what it showed.
pub(super) fn render_over(
    first: &Alert,
    last: &Alert,
    lasted: SignedDuration,
    appearance: &Appearance,
) -> Value {
    let over = format!("{}（継続時間 {}）", last.headline(), duration(lasted));
    let times = [first.at, last.at].into_iter().flatten().map(|at| moment(at, &appearance.time_zone));
    let struck = first.headline().replace('~', "～");
    let mut all = vec![
        section(&format!("~{}~", escaped(&struck, 1_000))),
        section(&format!("*{}*", escaped(&over, 1_000))),
    ];
    all.extend(context(&times.collect::<Vec<_>>().join(" → ")));
    all.extend(blocks(&Alert { links: last.links.clone(), ..first.clone() }));
    json!({"text": escaped(&over, 2_000), "attachments": [{"color": color(last), "blocks": all}]})
}

/// The same, in the thread, where whoever follows it is told.
pub(super) fn render_closing(last: &Alert, lasted: SignedDuration) -> Value {
    let over = format!("{}（継続時間 {}）", last.headline(), duration(lasted));
    let facts = last.facts.iter().filter(|fact| ["状態", "値と理由"].contains(&fact.name.as_str()));
    let fields: Vec<_> = facts.map(field).collect();
    let mut all = vec![section(&format!("*{}*", escaped(&over, 1_000)))];
    if !fields.is_empty() {
        all.push(json!({"type": "section", "fields": fields}));
    }
    json!({"text": escaped(&over, 2_000), "attachments": [{"color": color(last), "blocks": all}]})
}

/// The first message about an alarm that comes and goes: it counts, and says how things stand.
pub(super) fn render_counting(
    first: &Alert,
    last: &Alert,
    transitions: usize,
    flapping: Flapping,
    appearance: &Appearance,
) -> Value {
    let title = format!("【ばたつき】{}", one_line(&first.title));
    let now = if last.state == State::Resolved { "正常" } else { "異常" };
    let within = duration(flapping.within);
    let told = format!("この{within}に{transitions}回、状態が変わりました。今は*{now}*です。");
    let mut all = vec![header(&title), section(&told)];
    all.extend(context(&urgency(last, appearance)));
    all.extend(blocks(last));
    let text = format!("{title}（{within}に{transitions}回、今は{now}）");
    json!({"text": escaped(&text, 2_000), "attachments": [{"color": color(last), "blocks": all}]})
}

/// Said once, when counting begins: changing a message tells nobody.
pub(super) fn render_flapping(first: &Alert, flapping: Flapping, appearance: &Appearance) -> Value {
    let told = format!(
        "【ばたつき】{}: {}に{}回を超えて状態が変わっています。落ち着くまで、1通にまとめて数えます。",
        one_line(&first.title),
        duration(flapping.within),
        flapping.transitions,
    );
    json!({"text": called(&told, first.severity, appearance)})
}

/// With whoever is called for this severity.
fn called(text: &str, severity: Severity, appearance: &Appearance) -> String {
    let text = escaped(text, 2_000);
    match appearance.mentions.of(severity).as_str() {
        "" => text,
        mention => format!("{mention} {text}"),
    }
}

/// `2時間5分`, `45秒`
fn duration(lasted: SignedDuration) -> String {
    let seconds = lasted.as_secs().max(0);
    let parts = [
        (seconds / 86_400, "日"),
        (seconds / 3_600 % 24, "時間"),
        (seconds / 60 % 60, "分"),
        (seconds % 60, "秒"),
    ];
    let shown: Vec<_> = parts.iter().filter(|(count, _)| *count > 0).take(2).collect();
    if shown.is_empty() {
        return "0秒".to_owned();
    }
    shown.iter().map(|(count, unit)| format!("{count}{unit}")).collect()
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

fn header(text: &str) -> Value {
    json!({"type": "header", "text": {"type": "plain_text", "text": plain(text, 150), "emoji": true}})
}

/// What an alert says below its headline.
fn blocks(alert: &Alert) -> Vec<Value> {
    let mut blocks = Vec::new();
    if !alert.description.trim().is_empty() {
        blocks.push(section(&escaped(&alert.description, 3_000)));
    }
    for facts in alert.facts.iter().take(MAX_FACTS).collect::<Vec<_>>().chunks(FACTS_IN_A_SECTION) {
        let fields: Vec<_> = facts.iter().map(|fact| field(fact)).collect();
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    if alert.facts.len() > MAX_FACTS {
        blocks.extend(context(&format!("ほか{}項目は省略しました", alert.facts.len() - MAX_FACTS)));
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

/// `緊急（レベル1・30分以内に対応）　2026-04-01 08:30:00 JST（2026-03-31T23:30:00Z）`; what is over has no urgency.
fn urgency(alert: &Alert, appearance: &Appearance) -> String {
    if alert.state == State::Resolved {
        return alert.at.map(|at| moment(at, &appearance.time_zone)).unwrap_or_default();
    }
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
    mrkdwn(&text)
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": mrkdwn(text)})
}

/// Small print, if there is something to say.
fn context(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| json!({"type": "context", "elements": [mrkdwn(&escaped(text, 2_000))]}))
}

/// Slack makes no links or mentions of plain words in it.
fn mrkdwn(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

/// A link that Slack would refuse is left out: the message matters more.
fn button(link: &Link) -> Option<Value> {
    let fits = link.url.chars().count() <= 3_000;
    fits.then(
        || json!({"type": "button", "text": {"type": "plain_text", "text": link.label}, "url": link.url}),
    )
}

/// For what Slack does not take after all: text, and nothing that could be wrong.
pub(super) fn render_plainly(alert: &Alert, appearance: &Appearance) -> Value {
    let headline = match alert.state {
        State::Raised | State::Event => called(&alert.headline(), alert.severity, appearance),
        State::Resolved | State::Unclear => escaped(&alert.headline(), 2_000),
    };
    let facts: Vec<_> = alert.facts.iter().map(|fact| format!("{}: {}", fact.name, fact.value)).collect();
    let facts = escaped(&facts.join("\n"), 10_000);
    let text = format!("{headline}\n{}\n{facts}", escaped(&alert.description, 3_000));
    json!({"text": text.trim()})
}
