//! Every recorded message, as Slack and PagerDuty get it. A file dropped into `events/alert-relay/` is a test; its
//! snapshot beside this file is written by `UPDATE_EXPECT=1 cargo test`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::path::Path;

use alert_relay::message::{Message, understand};
use alert_relay::pagerduty;
use alert_relay::slack::{render, violations};
use expect_test::expect_file;
use kimochi_domain::Severity;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::appearance;

/// A message of this content, published while the clock of tests stands still.
fn message(body: &str) -> Message {
    Message {
        id: "5f0c9c6e-0000-4000-8000-00000000a1e7".to_owned(),
        subject: None,
        body: body.to_owned(),
        published_at: Some(kimochi_testing::now()),
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
        let alert = understand(&message(&body));

        let mut shown = json!({"slack": render(&alert, &appearance())});
        if alert.severity == Severity::Critical {
            shown["pagerduty"] = pagerduty::event(&alert, "message-id");
        }

        let shown = format!("{}\n", serde_json::to_string_pretty(&shown).unwrap());
        expect_file![format!("snapshots/{name}.json")].assert_eq(&shown);
    }
}

#[test]
fn every_recorded_message_is_within_what_slack_takes_and_calls_nobody() {
    for (name, body) in recorded() {
        let shown = render(&understand(&message(&body)), &appearance());

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_is_shown_within_what_slack_takes(value in any_json()) {
        let shown = render(&understand(&message(&value.to_string())), &appearance());

        prop_assert_eq!(violations(&shown), Vec::<String>::new());
        assert_calls_nobody(&shown);
    }

    #[test]
    fn any_text_is_shown_within_what_slack_takes(text in "(?s).{0,4000}", subject in proptest::option::of("\\PC{0,300}")) {
        let message = Message { subject, ..message(&text) };
        let shown = render(&understand(&message), &appearance());

        prop_assert_eq!(violations(&shown), Vec::<String>::new());
        assert_calls_nobody(&shown);
    }
}
