//! CodeDeploy's triggers, of a deployment or of one instance. Parts of them are JSON within a text, unlike in the manual,
//! and times are of two kinds.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{as_event, text};
use crate::alert::{Alert, Fact};

const COUNTS: [(&str, &str); 5] = [
    ("Succeeded", "成功"),
    ("Failed", "失敗"),
    ("InProgress", "実行中"),
    ("Pending", "待機"),
    ("Skipped", "省略"),
];

pub(super) fn alert(value: &Value) -> Option<Alert> {
    text(value, "eventTriggerName")?;
    let deployment = text(value, "deploymentId")?;
    let state = text(value, "status").or_else(|| text(value, "instanceStatus"))?;
    let time = ["completeTime", "lastUpdatedAt", "createTime"].iter().find_map(|name| text(value, name));
    let mut alert = as_event(json!({
        "source": "aws.codedeploy",
        "detail-type": "CodeDeploy Deployment State-change Notification",
        "region": text(value, "region"),
        "account": text(value, "accountId"),
        "time": time.and_then(moment),
        "detail": {
            "application": text(value, "applicationName"),
            "deploymentGroup": text(value, "deploymentGroupName"),
            "deploymentId": deployment,
            "instanceId": text(value, "instanceId"),
            "state": state.to_ascii_uppercase(),
        },
    }))?;
    let error = inner(&value["errorInformation"]);
    alert.description = text(&error, "ErrorMessage").unwrap_or_default().to_owned();
    let more = [
        Fact::of("エラー", text(&error, "ErrorCode")),
        Fact::of("失敗した工程", Some(failed_steps(value))),
        Fact::of("内訳", Some(counts(&inner(&value["deploymentOverview"])))),
        Fact::of("ロールバック", text(&inner(&value["rollbackInformation"]), "RollbackMessage")),
    ];
    alert.facts.splice(0..0, more.into_iter().flatten());
    Some(alert)
}

/// JSON, also when it is within a text.
fn inner(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| serde_json::from_str(text).unwrap_or_default())
}

fn failed_steps(value: &Value) -> String {
    let steps = inner(&value["lifecycleEvents"]);
    let steps = steps.as_array().into_iter().flatten();
    let failed = steps.filter(|step| text(step, "LifecycleEventStatus") == Some("Failed"));
    failed.filter_map(|step| text(step, "LifecycleEvent")).collect::<Vec<_>>().join("、")
}

/// `成功 1、失敗 1`
fn counts(overview: &Value) -> String {
    let shown = COUNTS.iter().filter_map(|(name, label)| {
        let count = &overview[*name];
        let count = count.as_u64().or_else(|| count.as_str()?.parse().ok()).filter(|count| *count > 0)?;
        Some(format!("{label} {count}"))
    });
    shown.collect::<Vec<_>>().join("、")
}

/// `1775018402.595`, as the manual says, or `Wed Apr 01 04:45:02 UTC 2026`, as it comes.
fn moment(time: &str) -> Option<Timestamp> {
    if let Some(seconds) = time.parse::<f64>().ok().filter(|seconds| seconds.is_finite()) {
        return Timestamp::from_millisecond((seconds * 1_000.0) as i64).ok();
    }
    let time = DateTime::strptime("%a %b %d %H:%M:%S UTC %Y", time).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
