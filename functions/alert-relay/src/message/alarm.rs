//! CloudWatch alarms: of one metric, of an expression, of an anomaly, and composite ones.

use jiff::Timestamp;
use kimochi_domain::Severity;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use crate::alert::{Alert, Fact, Link, State};

/// What a name may keep in a link into the console.
const IN_A_FRAGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

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

/// What is measured, and against what. Numbers come as numbers or as text.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Trigger {
    metric_name: Option<String>,
    namespace: Option<String>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    dimensions: Vec<Dimension>,
    period: Option<Value>,
    evaluation_periods: Option<Value>,
    datapoints_to_alarm: Option<Value>,
    comparison_operator: Option<String>,
    threshold: Option<Value>,
    threshold_metric_id: Option<String>,
    metrics: Vec<MetricQuery>,
}

#[derive(Debug, Deserialize)]
struct Dimension {
    #[serde(alias = "Name")]
    name: String,
    #[serde(alias = "Value")]
    value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricQuery {
    #[serde(alias = "id")]
    id: String,
    #[serde(alias = "expression")]
    expression: Option<String>,
    #[serde(alias = "label")]
    label: Option<String>,
    metric_stat: Option<MetricStat>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricStat {
    metric: Metric,
    #[serde(alias = "stat")]
    stat: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    metric_name: Option<String>,
    namespace: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

impl From<Alarm> for Alert {
    fn from(alarm: Alarm) -> Self {
        let state = match alarm.new_state_value.as_str() {
            "ALARM" => State::Raised,
            "OK" => State::Resolved,
            _ => State::Unclear,
        };
        let description = alarm.alarm_description.clone().unwrap_or_default();
        let (severity, description) = severity_word(&description);
        Self {
            state,
            description,
            at: alarm.state_change_time.as_deref().and_then(moment),
            facts: facts(&alarm),
            links: link(&alarm).into_iter().collect(),
            key: Some(alarm.alarm_arn.clone().unwrap_or_else(|| format!("alarm/{}", alarm.alarm_name))),
            ..Self::event(severity.unwrap_or(Severity::Warning), alarm.alarm_name)
        }
    }
}

/// Takes `severity=critical` out of a description, wherever it stands: Japanese puts no space before it.
fn severity_word(description: &str) -> (Option<Severity>, String) {
    let found = description.match_indices("severity=").find_map(|(start, word)| {
        let rest = &description[start + word.len()..];
        let end = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
        let severity = rest[..end].parse::<Severity>().ok()?;
        Some((severity, format!("{}{}", &description[..start], &rest[end..])))
    });
    match found {
        Some((severity, rest)) => (Some(severity), rest.trim().to_owned()),
        None => (None, description.trim().to_owned()),
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
        Fact::of("指標", trigger.and_then(metric)),
        Fact::of("ディメンション", trigger.map(dimensions)),
        Fact::of("条件", trigger.and_then(condition)),
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

fn metric(trigger: &Trigger) -> Option<String> {
    let named = |namespace: &Option<String>, name: &Option<String>| {
        let name = name.as_deref()?;
        Some(namespace.as_deref().map_or_else(|| name.to_owned(), |namespace| format!("{namespace} {name}")))
    };
    let of = |statistic: &Option<String>| {
        statistic.as_ref().map(|statistic| format!("（{statistic}）")).unwrap_or_default()
    };
    if let Some(name) = named(&trigger.namespace, &trigger.metric_name) {
        let statistic = trigger.extended_statistic.clone().or_else(|| trigger.statistic.clone());
        return Some(format!("{name}{}", of(&statistic)));
    }
    let parts = trigger.metrics.iter().map(|query| {
        let what = query.expression.clone().or_else(|| {
            let stat = query.metric_stat.as_ref()?;
            Some(format!("{}{}", named(&stat.metric.namespace, &stat.metric.metric_name)?, of(&stat.stat)))
        });
        let label = query.label.as_ref().map(|label| format!("「{label}」")).unwrap_or_default();
        format!("{}{label} = {}", query.id, what.unwrap_or_default())
    });
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

fn dimensions(trigger: &Trigger) -> String {
    let of_metrics = trigger.metrics.iter().filter_map(|query| query.metric_stat.as_ref());
    let all = trigger.dimensions.iter().chain(of_metrics.flat_map(|stat| &stat.metric.dimensions));
    let mut shown: Vec<_> = all.map(|dimension| format!("{}={}", dimension.name, dimension.value)).collect();
    shown.dedup();
    shown.join(", ")
}

fn condition(trigger: &Trigger) -> Option<String> {
    let operator = match trigger.comparison_operator.as_deref()? {
        "GreaterThanOrEqualToThreshold" => "≧",
        "GreaterThanThreshold" => ">",
        "LessThanThreshold" => "<",
        "LessThanOrEqualToThreshold" => "≦",
        "LessThanLowerOrGreaterThanUpperThreshold" => "範囲外:",
        "LessThanLowerThreshold" => "下限未満:",
        "GreaterThanUpperThreshold" => "上限超過:",
        other => other,
    };
    let threshold = match (&trigger.threshold_metric_id, trigger.threshold.as_ref().and_then(shown)) {
        (Some(band), _) => format!("予測の幅 {band}"),
        (None, threshold) => threshold.unwrap_or_default(),
    };
    let number = |value: &Option<Value>| value.as_ref().and_then(shown);
    let of = number(&trigger.evaluation_periods);
    let points = number(&trigger.datapoints_to_alarm).or_else(|| of.clone());
    let times = points.zip(of).map(|(points, of)| format!("、{of}回のうち{points}回")).unwrap_or_default();
    let period = number(&trigger.period).map(|period| format!("（{period}秒ごと）")).unwrap_or_default();
    Some(format!("{operator} {threshold}{times}{period}"))
}

/// A number as people write it: 5 and not 5.0.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.as_f64().map_or_else(|| number.to_string(), |n| n.to_string())),
        other => Some(other.to_string()),
    }
}

/// The region's code, which the ARN has; the message has its name, such as `Asia Pacific (Tokyo)`.
fn region_code(alarm: &Alarm) -> Option<&str> {
    let of_arn =
        alarm.alarm_arn.as_deref().and_then(|arn| arn.split(':').nth(3)).filter(|code| is_code(code));
    of_arn.or_else(|| alarm.region.as_deref().filter(|code| is_code(code)))
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn link(alarm: &Alarm) -> Option<Link> {
    let region = region_code(alarm)?;
    let name = utf8_percent_encode(&alarm.alarm_name, IN_A_FRAGMENT);
    let url = format!(
        "https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#alarmsV2:alarm/{name}"
    );
    Some(Link { label: "アラームを開く", url })
}

/// The name at the end of an ARN.
fn last_part(arn: &str) -> &str {
    arn.rsplit_once(":alarm:").map_or(arn, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_may_say_how_urgent_it_is() {
        for (description, severity, rest) in [
            ("severity=critical DLQ に残っています", Some(Severity::Critical), "DLQ に残っています"),
            ("確認してください。severity=warning", Some(Severity::Warning), "確認してください。"),
            ("遅い severity=info です", Some(Severity::Info), "遅い  です"),
            ("severity= severity=critical", Some(Severity::Critical), "severity="),
            ("severity=urgent", None, "severity=urgent"),
            ("", None, ""),
        ] {
            assert_eq!(severity_word(description), (severity, rest.to_owned()), "{description}");
        }
    }

    #[test]
    fn times_come_with_and_without_a_colon() {
        for text in
            ["2026-03-31T23:30:00.123+0000", "2026-03-31T23:30:00.123+00:00", "2026-03-31T23:30:00.123Z"]
        {
            assert_eq!(moment(text).unwrap().to_string(), "2026-03-31T23:30:00.123Z", "{text}");
        }
    }
}
