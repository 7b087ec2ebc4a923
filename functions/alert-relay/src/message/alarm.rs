//! CloudWatch alarms: of one metric, of an expression, of an anomaly, and composite ones.

mod severity;
mod trigger;

use jiff::Timestamp;
use kimochi_domain::Severity;
use kimochi_domain::console::is_region;
use serde::Deserialize;
use serde_json::Value;

use self::trigger::Trigger;
use super::RUNBOOK;
use super::words;
use crate::alert::{Alert, Fact, Link, State};
use crate::console;

/// As SNS delivers it. The emulator leaves some of it out, and composite alarms have no trigger.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Alarm {
    alarm_name: String,
    alarm_description: Option<String>,
    #[serde(rename = "AWSAccountId")]
    account: Option<String>,
    new_state_value: String,
    new_state_reason: Option<String>,
    state_change_time: Option<String>,
    region: Option<String>,
    alarm_arn: Option<String>,
    old_state_value: Option<String>,
    trigger: Option<Trigger>,
    alarm_rule: Option<String>,
    triggering_children: Option<Vec<Value>>,
    actions_suppressor: Option<Value>,
    actions_suppressed_reason: Option<String>,
}

impl From<Alarm> for Alert {
    fn from(alarm: Alarm) -> Self {
        let words = words::read(alarm.alarm_description.as_deref().unwrap_or_default());
        let by_default = || alarm.trigger.as_ref().map_or(Severity::Warning, Trigger::severity);
        let at = alarm.state_change_time.as_deref().and_then(moment);
        let region = region_code(&alarm);
        Self {
            state: State::of_alarm(&alarm.new_state_value),
            at,
            facts: facts(&alarm),
            links: links(&alarm, words.logs, words.runbook_url, at),
            runbook: words.runbook,
            description: words.text,
            key: Some(alarm.alarm_arn.clone().unwrap_or_else(|| format!("alarm/{}", alarm.alarm_name))),
            alarm: Some(alarm.alarm_name.clone()),
            graph: region.zip(alarm.trigger.as_ref()).and_then(|(region, trigger)| trigger.graph(region)),
            ..Self::event(words.severity.unwrap_or_else(by_default), alarm.alarm_name.as_str())
        }
    }
}

/// CloudWatch writes `+0000`, where RFC 3339 has a colon.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok())
}

fn facts(alarm: &Alarm) -> Vec<Fact> {
    let old = alarm.old_state_value.as_ref().map(|old| format!("{old} → {}", alarm.new_state_value));
    let trigger = alarm.trigger.as_ref();
    let children = alarm.triggering_children.as_deref().unwrap_or_default();
    let children: Vec<_> = children.iter().filter_map(|child| child["Arn"].as_str()).map(last_part).collect();
    let suppressor = alarm.actions_suppressor.as_ref().map(|suppressor| {
        suppressor.as_str().map_or_else(|| suppressor.to_string(), |arn| last_part(arn).to_owned())
    });
    [
        Fact::of("状態", Some(old.unwrap_or_else(|| alarm.new_state_value.clone()))),
        Fact::of("指標", trigger.and_then(Trigger::metric)),
        Fact::of("ディメンション", trigger.map(Trigger::dimensions)),
        Fact::of("条件", trigger.and_then(Trigger::condition)),
        Fact::of("値と理由", alarm.new_state_reason.as_deref()),
        Fact::of("規則", alarm.alarm_rule.as_deref()),
        Fact::of("きっかけ", Some(children.join(", "))),
        Fact::of("抑制", suppressor),
        Fact::of("抑制の理由", alarm.actions_suppressed_reason.as_deref()),
        Fact::of("アカウント", alarm.account.as_deref()),
        Fact::of("リージョン", region_code(alarm).or(alarm.region.as_deref())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The region's code, which the ARN has; the message has its name, such as `Asia Pacific (Tokyo)`.
fn region_code(alarm: &Alarm) -> Option<&str> {
    let of_arn = alarm.alarm_arn.as_deref().and_then(|arn| arn.split(':').nth(3));
    [of_arn, alarm.region.as_deref()].into_iter().flatten().find(|code| is_region(code))
}

fn links(
    alarm: &Alarm,
    logs: Option<String>,
    runbook_url: Option<String>,
    at: Option<Timestamp>,
) -> Vec<Link> {
    let region = region_code(alarm);
    let page = region.and_then(|region| console::alarm(region, &alarm.alarm_name));
    let group = logs.or_else(|| alarm.trigger.as_ref()?.log_group());
    let logs = region.zip(group).zip(at);
    let logs = logs.and_then(|((region, group), at)| console::logs(region, &group, None, at));
    let runbook = runbook_url.map(|url| Link { label: RUNBOOK, url });
    [page, logs, runbook].into_iter().flatten().collect()
}

/// The name at the end of an ARN.
fn last_part(arn: &str) -> &str {
    arn.rsplit_once(":alarm:").map_or(arn, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_with_and_without_a_colon() {
        for text in
            ["2026-03-31T23:30:00.123+0000", "2026-03-31T23:30:00.123+00:00", "2026-03-31T23:30:00.123Z"]
        {
            assert_eq!(moment(text).unwrap().to_string(), "2026-03-31T23:30:00.123Z", "{text}");
        }
    }
}
