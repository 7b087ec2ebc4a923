//! Every recorded message, as Slack and PagerDuty get it. A file dropped into `events/alert-relay/` is a test; its
//! snapshot beside this file is written by `UPDATE_EXPECT=1 cargo test`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use alert_relay::message::{Message, understand};
use alert_relay::pagerduty;
use alert_relay::slack::{render, violations};
use expect_test::expect_file;
use kimochi_domain::Severity;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::appearance;

const RUNBOOK: Option<&str> = Some("https://example.com/RUNBOOK.md");

/// A message of this content, published while the clock of tests stands still.
fn message(body: &str) -> Message {
    Message {
        id: "5f0c9c6e-0000-4000-8000-00000000a1e7".to_owned(),
        subject: None,
        body: body.to_owned(),
        published_at: Some(kimochi_testing::now()),
        region: Some("ap-northeast-1".to_owned()),
    }
}

/// Name and content of every recorded message.
fn recorded() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/alert-relay");
    let mut all = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json" || extension == "txt") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            all.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    all.sort();
    assert!(all.len() >= 40, "{}", all.len());
    all
}

#[test]
fn every_recorded_message_is_shown_as_its_snapshot_says() {
    for (name, body) in recorded() {
        let alert = understand(&message(&body), RUNBOOK);

        let mut shown = json!({"slack": render(&alert, &appearance())});
        if alert.severity == Severity::Critical {
            shown["pagerduty"] = pagerduty::event(&alert, "message-id");
        }

        let shown = format!("{}\n", serde_json::to_string_pretty(&shown).unwrap());
        expect_file![format!("snapshots/{name}.json")].assert_eq(&shown);
    }
}

#[test]
fn what_comes_both_ways_is_about_the_same_thing() {
    let recorded: BTreeMap<_, _> = recorded().into_iter().collect();
    let key = |name: &str| understand(&message(&recorded[name]), RUNBOOK).key;
    for (own, event) in [
        ("backup_mail_completed.txt", "backup_job_completed.json"),
        ("backup_mail_failed.txt", "backup_job_failed.json"),
        ("code_build_notification_rule.json", "code_build_failed.json"),
        ("code_deploy_trigger.json", "code_deploy_failure.json"),
        ("code_pipeline_notification_rule.json", "code_pipeline_failed.json"),
        ("cost_anomaly.json", "cost_anomaly_event.json"),
        ("rds_event_subscription.json", "rds_instance_failover.json"),
        ("rds_event_subscription_low_storage.json", "rds_instance_low_storage.json"),
    ] {
        assert!(key(own).is_some(), "{own}");
        assert_eq!(key(own), key(event), "{own}");
    }
}

#[test]
fn every_recorded_message_is_within_what_slack_takes_and_calls_nobody() {
    for (name, body) in recorded() {
        let shown = render(&understand(&message(&body), RUNBOOK), &appearance());

        assert_eq!(violations(&shown), [""; 0], "{name}");
        assert_calls_nobody(&shown);
    }
}

fn assert_calls_nobody(shown: &Value) {
    let text = shown.to_string();
    for call in ["<!", "<@", "\"broadcast\"", "\"usergroup\""] {
        assert!(!text.contains(call), "{call} in {text}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,40}".prop_map(Value::from),
        "(<[!@]channel>|&|あ){0,600}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        "\\PC{0,12}",
        proptest::sample::select(vec![
            "AlarmName",
            "NewStateValue",
            "AlarmDescription",
            "NewStateReason",
            "Trigger",
            "Metrics",
            "Dimensions",
            "source",
            "content",
            "title",
            "metadata",
            "additionalContext",
            "severity",
            "detail-type",
            "detail",
            "time",
            "text",
            "blocks",
            "attachments",
            "type",
            "elements",
            "fields",
            "Event Source",
            "Event Message",
            "Event ID",
            "Event Time",
            "Source ARN",
            "Identifier Link",
            "eventTriggerName",
            "deploymentId",
            "status",
            "instanceStatus",
            "errorInformation",
            "deploymentOverview",
            "lifecycleEvents",
            "notificationRuleArn",
            "detailType",
            "additionalAttributes",
            "failedActions",
            "anomalyId",
            "impact",
            "anomalyDetailsLink",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 64, 12, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..40).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..12)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Where a tree has values, as JSON pointers.
fn places(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.replace('~', "~0"), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(place, item)| (place.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    let below = children.into_iter().flat_map(|(name, child)| {
        let name = name.replace('/', "~1");
        places(child).into_iter().map(move |place| format!("/{name}{place}"))
    });
    std::iter::once(String::new()).chain(below).collect()
}

/// A recorded message in which one value is another one.
fn damaged_json() -> impl Strategy<Value = Value> {
    let recorded: Vec<Value> =
        recorded().iter().filter_map(|(_, body)| serde_json::from_str(body).ok()).collect();
    (proptest::sample::select(recorded), any::<proptest::sample::Index>(), any_json()).prop_map(
        |(mut message, place, other)| {
            let places = places(&message);
            *message.pointer_mut(place.get::<String>(&places)).unwrap() = other;
            message
        },
    )
}

/// A recorded text in which something else stands for a part.
fn damaged_text() -> impl Strategy<Value = String> {
    let recorded: Vec<String> =
        recorded().into_iter().filter(|(name, _)| name.ends_with(".txt")).map(|(_, body)| body).collect();
    let place = any::<proptest::sample::Index>;
    (proptest::sample::select(recorded), place(), place(), "(?s).{0,40}").prop_map(
        |(text, start, end, other)| {
            let mut text: Vec<char> = text.chars().collect();
            let (start, end) = (start.index(text.len() + 1), end.index(text.len() + 1));
            text.splice(start.min(end)..start.max(end), other.chars());
            text.into_iter().collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_is_shown_within_what_slack_takes(value in prop_oneof![any_json(), damaged_json()]) {
        let shown = render(&understand(&message(&value.to_string()), RUNBOOK), &appearance());

        prop_assert_eq!(violations(&shown), Vec::<String>::new());
        assert_calls_nobody(&shown);
    }

    #[test]
    fn any_text_is_shown_within_what_slack_takes(
        text in prop_oneof!["(?s).{0,4000}", damaged_text()],
        subject in proptest::option::of("\\PC{0,300}"),
    ) {
        let message = Message { subject, ..message(&text) };
        let shown = render(&understand(&message, RUNBOOK), &appearance());

        prop_assert_eq!(violations(&shown), Vec::<String>::new());
        assert_calls_nobody(&shown);
    }
}
