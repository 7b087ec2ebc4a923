//! What the relay remembers, on a real DynamoDB protocol (the local stack's): one incident is one message in Slack, and
//! nothing comes twice.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use alert_relay::slack::violations;
use alert_relay::{App, Memory, handle};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use serde_json::{Value, json};
use support::{
    PAGERDUTY, SLACK, TestRelay, UPDATE, by_token, clock, deliver, event, notice, record, refusal, status,
};
use uuid::Uuid;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, ResponseTemplate};

const LEFT: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(4_500);

/// A relay with a table of its own.
async fn remembering(relay: &TestRelay) -> App {
    let settings = kimochi_testing::settings();
    let client = aws_sdk_dynamodb::Client::new(&settings);
    let table = format!("test-{}", Uuid::now_v7().simple());
    let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let create = client
        .create_table()
        .table_name(&table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(id.build().unwrap())
        .key_schema(key.build().unwrap());
    create.send().await.expect("DynamoDB at AWS_ENDPOINT_URL: run `make test`");
    let mut app = relay.app();
    app.memory = Memory::new(&settings, table, clock);
    app
}

/// An alarm's message `seconds` after noon.
fn alarm(name: &str, state: &str, seconds: i64) -> String {
    let at =
        "2026-04-01T12:00:00Z".parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_secs(seconds);
    json!({
        "AlarmName": name, "AlarmDescription": "遅くなっています severity=critical", "NewStateValue": state,
        "NewStateReason": format!("{state} の理由"), "StateChangeTime": at,
        "AlarmArn": format!("arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:{name}"),
        "Trigger": {"MetricName": "Duration", "Namespace": "AWS/Lambda", "Statistic": "MAXIMUM", "Threshold": 5,
                    "Dimensions": [{"name": "FunctionName", "value": "f"}]},
    })
    .to_string()
}

async fn send(app: &App, message: &str) {
    let id = Uuid::now_v7().to_string();
    assert!(!deliver(app, &id, message, 1, LEFT).await, "it was not delivered: {message}");
}

#[tokio::test]
async fn an_alarm_that_is_over_changes_its_first_message_and_answers_in_its_thread() {
    let relay = TestRelay::with(by_token(), []).await;
    let app = remembering(&relay).await;

    send(&app, &alarm("a", "ALARM", 0)).await;
    send(&app, &alarm("a", "OK", 754)).await;

    let posted = relay.received(SLACK).await;
    assert_eq!(posted.len(), 2);
    assert!(posted[0]["thread_ts"].is_null(), "{}", posted[0]);
    let [update] = &relay.received(UPDATE).await[..] else { panic!("one update") };
    assert_eq!((&update["channel"], &update["ts"]), (&json!("C1"), &json!("1700000000.000000")));
    assert_eq!(update["attachments"][0]["color"], "#2eb67d");
    let text = update.to_string();
    for shown in ["~【緊急】a~", "継続時間 12分34秒", "ALARM の理由", "遅くなっています"]
    {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert_eq!(posted[1]["thread_ts"], "1700000000.000000");
    assert!(posted[1].to_string().contains("OK の理由"));
    let actions: Vec<_> =
        relay.received(PAGERDUTY).await.iter().map(|event| event["event_action"].clone()).collect();
    assert_eq!(actions, ["trigger", "resolve"]);
}

#[tokio::test]
async fn an_alarm_that_goes_on_stays_in_its_thread_and_a_new_incident_is_a_new_message() {
    let relay = TestRelay::with(by_token(), []).await;
    let app = remembering(&relay).await;

    for (state, seconds) in
        [("ALARM", 0), ("ALARM", 60), ("INSUFFICIENT_DATA", 90), ("OK", 120), ("ALARM", 600)]
    {
        send(&app, &alarm("a", state, seconds)).await;
    }

    let threads: Vec<_> = relay.received(SLACK).await.iter().map(|body| body["thread_ts"].clone()).collect();
    let first = json!("1700000000.000000");
    assert_eq!(threads, [Value::Null, first.clone(), first.clone(), first, Value::Null]);
}

#[tokio::test]
async fn an_alarm_that_comes_and_goes_is_counted_in_one_message() {
    let relay = TestRelay::with(by_token(), []).await;
    let app = remembering(&relay).await;

    for change in 0..9 {
        send(&app, &alarm("a", if change % 2 == 0 { "ALARM" } else { "OK" }, change * 60)).await;
    }
    // Half an hour without a change is long enough.
    send(&app, &alarm("a", "OK", 9 * 60 + 1_801)).await;
    send(&app, &alarm("a", "ALARM", 9 * 60 + 1_900)).await;

    let updates = relay.received(UPDATE).await;
    let counts: Vec<_> = (5..=9).map(|count| format!("{count}回")).collect();
    let counting: Vec<_> = updates.iter().filter(|body| body.to_string().contains("ばたつき")).collect();
    assert_eq!(counting.len(), counts.len(), "{counting:?}");
    for (body, count) in counting.iter().zip(&counts) {
        assert!(body.to_string().contains(count), "{count}: {body}");
        assert_eq!(body["ts"], counting[0]["ts"]);
    }
    let posted = relay.received(SLACK).await;
    let told: Vec<_> = posted.iter().filter(|body| body["reply_broadcast"] == true).collect();
    assert_eq!(told.len(), 1, "counting is told once: {told:?}");
    let messages = posted.iter().filter(|body| body["thread_ts"].is_null()).count();
    assert_eq!(messages, 3, "two incidents before it flaps, and one after");
}

#[tokio::test]
async fn what_is_overtaken_goes_into_the_thread_of_what_overtook_it() {
    let relay = TestRelay::with(by_token(), []).await;
    let app = remembering(&relay).await;

    send(&app, &alarm("a", "OK", 60)).await;
    send(&app, &alarm("a", "ALARM", 0)).await;

    let posted = relay.received(SLACK).await;
    assert_eq!(
        (&posted[0]["thread_ts"], &posted[1]["thread_ts"]),
        (&Value::Null, &json!("1700000000.000000"))
    );
    assert!(relay.received(UPDATE).await.is_empty());
    let actions: Vec<_> =
        relay.received(PAGERDUTY).await.iter().map(|event| event["event_action"].clone()).collect();
    assert_eq!(actions, ["resolve"], "nobody is woken by what is over");
}

#[tokio::test]
async fn whoever_was_woken_hears_of_the_end_however_urgent_it_is_by_then() {
    let relay = TestRelay::with(by_token(), []).await;
    let app = remembering(&relay).await;
    let less = |message: String| message.replace("severity=critical", "severity=info");

    send(&app, &less(alarm("quiet", "ALARM", 0))).await;
    send(&app, &less(alarm("quiet", "OK", 60))).await;
    send(&app, &alarm("a", "ALARM", 0)).await;
    send(&app, &alarm("a", "INSUFFICIENT_DATA", 30)).await;
    send(&app, &less(alarm("a", "OK", 60))).await;
    send(&app, &less(alarm("a", "OK", 90))).await;

    let told = relay.received(PAGERDUTY).await;
    let actions: Vec<_> = told.iter().map(|event| event["event_action"].clone()).collect();
    assert_eq!(actions, ["trigger", "resolve"]);
    assert_eq!(told[0]["dedup_key"], told[1]["dedup_key"]);
    // The channel is that of the severity, but what is over is closed where it was shown.
    assert_eq!(relay.received(UPDATE).await.len(), 2);
}

#[tokio::test]
async fn who_was_woken_in_slacks_place_hears_of_the_end_too() {
    let relay = TestRelay::with(by_token(), [(SLACK, 1, refusal("channel_not_found"))]).await;
    let app = remembering(&relay).await;
    let less = |message: String| message.replace("severity=critical", "severity=warning");

    send(&app, &less(alarm("a", "ALARM", 0))).await;
    send(&app, &less(alarm("a", "OK", 60))).await;

    let told = relay.received(PAGERDUTY).await;
    let actions: Vec<_> = told.iter().map(|event| event["event_action"].clone()).collect();
    assert_eq!(actions, ["trigger", "resolve"]);
}

#[tokio::test]
async fn two_sandboxes_do_not_speak_of_one_alarm_at_once() {
    let relay = TestRelay::with(by_token(), []).await;
    let slow = Mock::given(path(SLACK)).respond_with(
        status(200).set_body_json(json!({"ok": true, "ts": "7.7"})).set_delay(Duration::from_secs(1)),
    );
    slow.up_to_n_times(1).with_priority(1).mount(&relay.server).await;
    let app = remembering(&relay).await;

    let (alarm, ok) = (alarm("a", "ALARM", 0), alarm("a", "OK", 60));
    let (first, second) = tokio::join!(deliver(&app, "one", &alarm, 1, LEFT), async {
        while relay.received(SLACK).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        deliver(&app, "two", &ok, 1, LEFT).await
    },);

    assert!(!first && !second);
    assert_eq!(relay.received(UPDATE).await[0]["ts"], "7.7");
}

#[tokio::test]
async fn events_of_one_thread_stay_in_it_and_are_shown_in_the_channel() {
    let relay = TestRelay::with(by_token(), []).await;
    let app = remembering(&relay).await;

    send(&app, &notice("warning")).await;
    send(&app, &notice("warning")).await;
    send(&app, &notice("info")).await;

    let posted = relay.received(SLACK).await;
    assert_eq!(
        (&posted[1]["thread_ts"], &posted[1]["reply_broadcast"]),
        (&json!("1700000000.000000"), &json!(true))
    );
    assert_eq!((&posted[2]["thread_ts"], &posted[2]["channel"]), (&Value::Null, &json!("C3")));
}

#[tokio::test]
async fn when_the_first_message_is_gone_the_alert_gets_one_of_its_own() {
    let gone = status(200).set_body_json(json!({"ok": false, "error": "message_not_found"}));
    let relay = TestRelay::with(by_token(), [(UPDATE, 99, gone)]).await;
    let app = remembering(&relay).await;

    send(&app, &alarm("a", "ALARM", 0)).await;
    send(&app, &alarm("a", "OK", 60)).await;

    let posted = relay.received(SLACK).await;
    assert_eq!(posted.len(), 2);
    assert!(posted[1]["thread_ts"].is_null() && posted[1].to_string().contains("【復旧】a"), "{}", posted[1]);
}

#[tokio::test]
async fn a_message_that_comes_twice_is_told_once() {
    let relay = TestRelay::with(by_token(), []).await;
    let app = remembering(&relay).await;

    for deliveries in 1..=3 {
        assert!(!deliver(&app, "same", &notice("critical"), deliveries, LEFT).await);
    }

    assert_eq!((relay.received(SLACK).await.len(), relay.received(PAGERDUTY).await.len()), (1, 1));
}

#[tokio::test]
async fn what_one_destination_has_it_does_not_get_again_with_what_the_other_one_lacks() {
    let relay = TestRelay::with(by_token(), [(PAGERDUTY, 5, status(503))]).await;
    let app = remembering(&relay).await;

    let mut deliveries = 1;
    while deliver(&app, "same", &notice("critical"), 1, SHORT).await {
        deliveries += 1;
    }

    assert!(deliveries >= 2, "the message came back");
    assert_eq!((relay.received(SLACK).await.len(), relay.received(PAGERDUTY).await.len()), (1, 6));
}

#[tokio::test]
async fn while_one_sandbox_is_at_a_message_another_one_leaves_it_alone() {
    let relay = TestRelay::with(by_token(), []).await;
    let slow = status(200).set_body_json(json!({"ok": true, "ts": "7.7"})).set_delay(Duration::from_secs(1));
    Mock::given(path(SLACK)).respond_with(slow).with_priority(1).mount(&relay.server).await;
    let app = remembering(&relay).await;

    let same = || deliver(&app, "same", "x", 1, LEFT);
    let (one, other) = tokio::join!(same(), same());

    assert_eq!(usize::from(one) + usize::from(other), 1, "one of them lets it come back");
    assert_eq!(relay.received(SLACK).await.len(), 1);
}

#[tokio::test]
async fn without_the_table_an_alert_is_told_all_the_same() {
    let relay = TestRelay::with(by_token(), []).await;
    let mut app = relay.app();
    app.memory = Memory::new(&kimochi_testing::settings_at("http://127.0.0.1:9"), "alerts", clock);

    assert!(!deliver(&app, "same", &alarm("a", "ALARM", 0), 1, LEFT).await);
    assert!(!deliver(&app, "same", &alarm("a", "ALARM", 0), 2, LEFT).await);

    assert_eq!(relay.received(SLACK).await.len(), 2, "twice is better than never");
}

#[tokio::test]
async fn an_alarm_may_have_a_channel_by_its_name() {
    let relay = TestRelay::with(by_token(), []).await;
    let app = remembering(&relay).await;

    send(&app, &alarm("payments-slow", "ALARM", 0)).await;

    assert_eq!(relay.received(SLACK).await[0]["channel"], "C9");
}

#[tokio::test]
async fn a_batch_tells_of_each_message_in_its_order() {
    let relay = TestRelay::with(by_token(), []).await;
    let app = remembering(&relay).await;
    let records = [record("1", &alarm("a", "ALARM", 0), 1), record("2", &alarm("a", "OK", 60), 1)];

    let answer = handle(&app, event(json!({"Records": records}), LEFT)).await.unwrap();

    assert!(answer.batch_item_failures.is_empty());
    assert_eq!((relay.received(SLACK).await.len(), relay.received(UPDATE).await.len()), (2, 1));
}

#[tokio::test]
async fn what_is_changed_is_within_what_slack_takes_and_calls_nobody_too() {
    let relay = TestRelay::with(by_token(), []).await;
    let app = remembering(&relay).await;
    let name = format!("~<!channel>*&{}", "よ".repeat(240));
    let hostile = |state: &str, seconds: i64| {
        alarm(&name, state, seconds).replace("遅くなっています", &"<@U1> & ~あ~ ".repeat(500))
    };

    for change in 0..7 {
        send(&app, &hostile(if change % 2 == 0 { "ALARM" } else { "OK" }, change * 60)).await;
    }

    let bodies = [relay.received(SLACK).await, relay.received(UPDATE).await].concat();
    assert!(bodies.len() > 8, "{}", bodies.len());
    for body in bodies {
        assert_eq!(violations(&body), [""; 0]);
        assert!(!body.to_string().contains("<!") && !body.to_string().contains("<@"), "{body}");
    }
}

/// CloudWatch's answer (Smithy RPC v2, CBOR): a map of one entry, a byte string of four bytes.
const GRAPH: &[u8] = b"\xa1\x71MetricWidgetImage\x44\x89PNG";

#[tokio::test]
async fn the_graph_of_an_alarm_goes_into_its_thread() {
    let relay = TestRelay::with(by_token(), []).await;
    mount_graph(&relay, drawn()).await;
    let app = remembering(&relay).await;

    send(&app, &alarm("a", "ALARM", 0)).await;
    send(&app, &alarm("a", "OK", 60)).await;

    let requests = relay.requests().await;
    let uploads: Vec<_> = requests.iter().filter(|request| request.url.path() == "/upload/F1").collect();
    assert_eq!(uploads.len(), 1, "an alarm that is over needs none");
    assert_eq!(uploads[0].body, b"\x89PNG");
    let asked = requests.iter().find(|request| request.url.path().ends_with("getUploadURLExternal")).unwrap();
    assert!(asked.url.query().unwrap().contains("length=4"));
    let shown = &relay.received("/api/files.completeUploadExternal").await[0];
    assert_eq!((&shown["channel_id"], &shown["thread_ts"]), (&json!("C1"), &json!("1700000000.000000")));
    assert_eq!(shown["files"][0]["id"], "F1");
}

#[tokio::test]
async fn without_its_graph_an_alarm_is_told_all_the_same() {
    let relay = TestRelay::with(by_token(), []).await;
    mount_graph(&relay, status(500)).await;
    let app = remembering(&relay).await;

    send(&app, &alarm("a", "ALARM", 0)).await;

    assert_eq!(relay.received(SLACK).await.len(), 1);
}

async fn mount_graph(relay: &TestRelay, drawn: ResponseTemplate) {
    let ask = json!({"ok": true, "upload_url": format!("{}/upload/F1", relay.server.uri()), "file_id": "F1"});
    for mock in [
        Mock::given(header("smithy-protocol", "rpc-v2-cbor")).respond_with(drawn),
        Mock::given(path("/api/files.getUploadURLExternal")).respond_with(status(200).set_body_json(ask)),
        Mock::given(path("/upload/F1")).and(method("POST")).respond_with(status(200)),
        Mock::given(path("/api/files.completeUploadExternal"))
            .respond_with(status(200).set_body_json(json!({"ok": true}))),
    ] {
        mock.with_priority(50).mount(&relay.server).await;
    }
}

fn drawn() -> ResponseTemplate {
    status(200).insert_header("smithy-protocol", "rpc-v2-cbor").set_body_raw(GRAPH, "application/cbor")
}

/// A report's notice, as it is recorded.
fn report() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/alert-relay/notice_report.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test]
async fn the_graph_that_a_notice_names_goes_into_its_thread() {
    let relay = TestRelay::with(by_token(), []).await;
    mount_graph(&relay, drawn()).await;
    let app = remembering(&relay).await;

    send(&app, &report().to_string()).await;

    let requests = relay.requests().await;
    let asked = requests.iter().find(|request| request.headers.contains_key("smithy-protocol")).unwrap();
    let asked = String::from_utf8_lossy(&asked.body).into_owned();
    for part in [
        r#""metrics":[["AWS/ApiGateway","Count","ApiId","a1b2c3d4e5",{"label":"リクエスト","period":3600,"stat":"Sum"}]]"#,
        r#""start":"2026-03-30T15:00:00Z""#,
        r#""end":"2026-03-31T15:00:00Z""#,
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    let shown = &relay.received("/api/files.completeUploadExternal").await[0];
    assert_eq!((&shown["channel_id"], &shown["thread_ts"]), (&json!("C3"), &json!("1700000000.000000")));
}

#[tokio::test]
async fn a_notice_that_asks_for_more_than_a_graph_of_metrics_is_told_without_one() {
    let relay = TestRelay::with(by_token(), []).await;
    mount_graph(&relay, drawn()).await;
    let app = remembering(&relay).await;
    let injected = json!([[{"expression": "SEARCH('{AWS/Lambda}', 'Sum')"}]]);

    for graph in [json!("no JSON"), json!(json!({"metrics": injected}).to_string()), json!({"lines": []})] {
        let mut notice = report();
        notice["metadata"]["threadId"] = json!(Uuid::now_v7());
        notice["metadata"]["additionalContext"]["graph"] = graph;
        send(&app, &notice.to_string()).await;
    }

    assert_eq!(relay.received(SLACK).await.len(), 3);
    let requests = relay.requests().await;
    assert!(!requests.iter().any(|request| request.headers.contains_key("smithy-protocol")));
}
