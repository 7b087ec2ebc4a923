//! What Slack and PagerDuty may answer, and what comes of it: against servers that answer just so.

mod support;

use std::time::Duration;

use alert_relay::{App, handle};
use serde_json::json;
use support::broken::{Break, BrokenServer};
use support::{PAGERDUTY, SLACK, TestRelay, WEBHOOK, by_token, event, notice, record, refusal, status};

/// Time for an attempt and a second one, but for none after a `Retry-After` of a minute.
const LEFT: Duration = Duration::from_millis(4_500);

async fn deliver(app: &App, severity: &str, deliveries: u32) -> bool {
    support::deliver(app, "m1", &notice(severity), deliveries, LEFT).await
}

/// What becomes of a message.
#[derive(Debug, PartialEq)]
enum Fate {
    /// Slack has it.
    InSlack,
    /// It comes back to the queue.
    ComesBack,
    /// Slack never takes it: whoever is on call has it instead.
    OnCall,
}

#[tokio::test]
async fn what_slack_says_to_a_bot_decides_whether_it_is_asked_again_and_what_becomes_of_the_message() {
    use Fate::{ComesBack, InSlack, OnCall};
    for (answer, times, is_asked_again, fate) in [
        (status(200).set_body_json(json!({"ok": true})), 1, false, InSlack),
        (status(429), 1, true, InSlack),
        (status(429).insert_header("retry-after", "1"), 1, true, InSlack),
        (status(429).insert_header("retry-after", "60"), 1, false, ComesBack),
        (status(500), 1, true, InSlack),
        (status(503), 99, true, ComesBack),
        (refusal("ratelimited"), 1, true, InSlack),
        (refusal("internal_error"), 1, true, InSlack),
        (refusal("channel_not_found"), 99, false, OnCall),
        (refusal("invalid_auth"), 99, false, OnCall),
        (status(400), 99, false, OnCall),
        (status(403), 99, false, OnCall),
        (status(404), 99, false, OnCall),
        (status(410), 99, false, OnCall),
        (status(200).set_body_string("<html>half a pa"), 1, true, InSlack),
        (status(302).insert_header("location", "/elsewhere"), 99, false, OnCall),
    ] {
        let told = format!("{answer:?}");
        let relay = TestRelay::with(by_token(), [(SLACK, times, answer)]).await;

        let came_back = deliver(&relay.app(), "info", 1).await;

        let asked = relay.received(SLACK).await.len();
        assert_eq!(asked > 1, is_asked_again, "{told}: asked {asked} times");
        let found = match (came_back, relay.received(PAGERDUTY).await.len()) {
            (true, 0) => ComesBack,
            (false, 1) => OnCall,
            (false, 0) => InSlack,
            other => panic!("{told}: {other:?}"),
        };
        assert_eq!(found, fate, "{told}");
    }
}

#[tokio::test]
async fn what_slack_says_to_a_webhook_is_judged_by_its_words() {
    for (answer, times, asked_again, delivered) in [
        (status(200).set_body_string("ok"), 1, false, true),
        (status(429), 1, true, true),
        (status(429).insert_header("retry-after", "1"), 1, true, true),
        (status(400).set_body_string("action_prohibited"), 99, false, false),
        (status(500).set_body_string("rollup_error"), 1, true, true),
        (status(200).set_body_string("o"), 1, true, true),
        (status(403).set_body_string("invalid_token"), 99, false, false),
        (status(404).set_body_string("no_service"), 99, false, false),
        (status(410).set_body_string("channel_is_archived"), 99, false, false),
    ] {
        let told = format!("{answer:?}");
        let relay = TestRelay::with_webhook([(WEBHOOK, times, answer)]).await;

        deliver(&relay.app(), "info", 1).await;

        let received = relay.received(WEBHOOK).await.len();
        assert_eq!(received >= 2, asked_again, "{told}: {received}");
        assert_eq!(relay.received(PAGERDUTY).await.is_empty(), delivered, "{told}");
    }
}

#[tokio::test]
async fn what_slack_does_not_take_goes_out_as_plain_text() {
    let relay = TestRelay::with(by_token(), [(SLACK, 1, refusal("invalid_blocks"))]).await;

    assert!(!deliver(&relay.app(), "info", 1).await);

    let received = relay.received(SLACK).await;
    assert!(received[0]["attachments"].is_array() && received[1]["attachments"].is_null(), "{received:?}");
    assert!(received[1]["text"].as_str().unwrap().contains("試験"));
}

#[tokio::test]
async fn a_critical_alert_reaches_both_and_another_one_nobody_on_call() {
    for (severity, channel, paged) in [("critical", "C1", 1), ("warning", "C2", 0), ("info", "C3", 0)] {
        let relay = TestRelay::with(by_token(), []).await;

        assert!(!deliver(&relay.app(), severity, 1).await);

        assert_eq!(relay.received(SLACK).await[0]["channel"], channel);
        let events = relay.received(PAGERDUTY).await;
        assert_eq!(events.len(), paged, "{severity}");
        for event in events {
            assert_eq!((&event["routing_key"], &event["dedup_key"]), (&json!("routing-secret"), &json!("t")));
        }
    }
}

#[tokio::test]
async fn what_pagerduty_says_decides_likewise() {
    for (answer, times, asked_again, comes_back) in [
        (status(202), 1, false, false),
        (status(429), 1, true, false),
        (status(429).insert_header("retry-after", "1"), 1, true, false),
        (status(429).insert_header("retry-after", "60"), 99, false, true),
        (status(500), 1, true, false),
        (status(503), 99, true, true),
        (status(200), 1, true, false),
    ] {
        let told = format!("{answer:?}");
        let relay = TestRelay::with(by_token(), [(PAGERDUTY, times, answer)]).await;

        assert_eq!(deliver(&relay.app(), "critical", 1).await, comes_back, "{told}");

        assert_eq!(relay.received(PAGERDUTY).await.len() >= 2, asked_again, "{told}");
    }
}

#[tokio::test]
async fn when_pagerduty_refuses_for_good_slack_hears_of_it() {
    for words in ["Invalid routing key", "'routing_key' must be 32 characters", "'payload' is missing"] {
        let bad = status(400).set_body_json(json!({"status": "invalid event", "errors": [words]}));
        let relay = TestRelay::with(by_token(), [(PAGERDUTY, 99, bad)]).await;

        assert!(!deliver(&relay.app(), "critical", 1).await);

        let received = relay.received(SLACK).await;
        assert_eq!(received.len(), 2);
        assert!(received[1].to_string().contains("PagerDuty に届きません"));
        let is_about_the_key = words.to_lowercase().contains("routing");
        assert_eq!(relay.secret_reads().await, if is_about_the_key { 2 } else { 1 }, "{words}");
    }
}

#[tokio::test]
async fn when_slack_stays_away_whoever_is_on_call_hears_of_it_and_not_before() {
    for (deliveries, paged) in [(1, 0), (3, 1)] {
        let relay = TestRelay::with(by_token(), [(SLACK, 99, status(503))]).await;

        let came_back = deliver(&relay.app(), "warning", deliveries).await;

        let events = relay.received(PAGERDUTY).await;
        assert_eq!((events.len(), came_back), (paged, paged == 0), "delivery {deliveries}");
        assert!(events.iter().all(|event| event.to_string().contains("Slack に届きません")));
    }
}

#[tokio::test]
async fn when_both_are_away_the_message_comes_back() {
    let answers = [(SLACK, 99, status(503)), (PAGERDUTY, 99, status(503))];
    let relay = TestRelay::with(by_token(), answers).await;

    assert!(deliver(&relay.app(), "critical", 5).await);
}

#[tokio::test]
async fn when_pagerduty_refuses_it_is_not_asked_again() {
    for refused in [status(400), status(403), status(404), status(410), status(302)] {
        let told = format!("{refused:?}");
        let relay = TestRelay::with(by_token(), [(PAGERDUTY, 99, refused)]).await;

        assert!(!deliver(&relay.app(), "critical", 1).await, "Slack hears of it instead: {told}");

        assert_eq!(relay.received(PAGERDUTY).await.len(), 1, "{told}");
        assert_eq!(relay.received(SLACK).await.len(), 2, "{told}");
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_no_answer() {
    let late = || status(200).set_body_json(json!({"ok": true})).set_delay(Duration::from_secs(30));
    for (relay, severity) in [
        (TestRelay::with(by_token(), [(SLACK, 99, late())]).await, "info"),
        (TestRelay::with_webhook([(WEBHOOK, 99, late())]).await, "info"),
        (TestRelay::with(by_token(), [(PAGERDUTY, 99, late())]).await, "critical"),
    ] {
        assert!(deliver(&relay.app(), severity, 1).await);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    for how in [Break::Reset, Break::HalfABody] {
        let relay = TestRelay::with(by_token(), []).await;
        let slack = BrokenServer::start(how, 1, (200, r#"{"ok": true, "ts": "1.1"}"#)).await;
        let webhook = BrokenServer::start(how, 1, (200, "ok")).await;
        let pagerduty = BrokenServer::start(how, 1, (202, r#"{"status": "success"}"#)).await;

        let mut app = relay.app();
        app.slack.api_url = slack.url.parse().unwrap();
        app.pagerduty.url = pagerduty.url.parse().unwrap();
        assert!(!deliver(&app, "critical", 1).await, "{how:?}");
        let by_webhook = TestRelay::with(json!({"slack_webhook_url": webhook.url}), []).await;
        assert!(!deliver(&by_webhook.app(), "info", 1).await, "{how:?}");

        assert_eq!((slack.asked(), webhook.asked()), (2, 2), "{how:?}");
        assert_eq!(pagerduty.asked(), 2, "{how:?}");
    }
}

#[tokio::test]
async fn a_service_that_always_breaks_off_lets_the_message_come_back() {
    for how in [Break::Reset, Break::HalfABody] {
        let relay = TestRelay::with(by_token(), []).await;
        let slack = BrokenServer::start(how, 99, (200, r#"{"ok": true}"#)).await;
        let mut app = relay.app();
        app.slack.api_url = slack.url.parse().unwrap();

        assert!(deliver(&app, "info", 1).await, "{how:?}");
    }
}

#[tokio::test]
async fn only_the_messages_that_did_not_arrive_come_back() {
    let relay = TestRelay::with(by_token(), []).await;
    let bad = TestRelay::with(by_token(), [(SLACK, 99, status(503))]).await;
    let records = [record("m1", &notice("info"), 1), record("m2", "x", 1)];

    let good = handle(&relay.app(), event(json!({"Records": records}), LEFT)).await.unwrap();
    let failed = handle(&bad.app(), event(json!({"Records": records}), LEFT)).await.unwrap();

    assert!(good.batch_item_failures.is_empty());
    let failed: Vec<_> = failed.batch_item_failures.iter().map(|f| f.item_identifier.as_str()).collect();
    assert_eq!(failed, ["m1", "m2"]);
}

#[tokio::test]
async fn sns_may_call_directly_and_hears_of_a_failure() {
    let direct = json!({"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "1", "Message": notice("info")}}]});
    let relay = TestRelay::with(by_token(), []).await;
    let bad = TestRelay::with(by_token(), [(SLACK, 99, status(503))]).await;

    assert!(handle(&relay.app(), event(direct.clone(), LEFT)).await.is_ok());
    assert_eq!(relay.received(SLACK).await.len(), 1);
    assert!(handle(&bad.app(), event(direct, LEFT)).await.is_err());
}

#[tokio::test]
async fn a_secret_that_was_replaced_is_read_anew_and_nobody_is_woken_by_that() {
    let answers = [(SLACK, 1, refusal("token_revoked"))];
    let relay = TestRelay::with_replaced(by_token(), json!({"slack_bot_token": "xoxb-new"}), answers).await;
    let app = relay.app();

    assert!(!deliver(&app, "info", 1).await);
    assert!(!deliver(&app, "info", 1).await);

    assert_eq!(relay.secret_reads().await, 2, "once at first, once after the refusal");
    let tokens = relay.tokens().await;
    assert_eq!(tokens, ["Bearer xoxb-secret", "Bearer xoxb-new", "Bearer xoxb-new"]);
    assert!(relay.received(PAGERDUTY).await.is_empty());
}

#[tokio::test]
async fn a_destination_that_hangs_leaves_time_for_the_other_one() {
    let late = || status(200).set_body_json(json!({"ok": true})).set_delay(Duration::from_secs(30));
    for (hangs, severity, other) in [(SLACK, "warning", PAGERDUTY), (PAGERDUTY, "critical", SLACK)] {
        let relay = TestRelay::with(by_token(), [(hangs, 99, late())]).await;

        assert!(!deliver(&relay.app(), severity, 3).await, "{hangs}");

        let told = relay.received(other).await;
        assert!(told.last().unwrap().to_string().contains("に届きません"), "{hangs}: {told:?}");
    }
}

#[tokio::test]
async fn without_a_routing_key_slack_is_enough() {
    let relay = TestRelay::with(json!({"slack_bot_token": "xoxb-secret"}), []).await;

    assert!(!deliver(&relay.app(), "critical", 1).await);

    assert_eq!((relay.received(SLACK).await.len(), relay.secret_reads().await), (1, 1));
}

#[tokio::test]
async fn who_calls_by_hand_is_heard_each_time() {
    let relay = TestRelay::with(by_token(), []).await;
    let app = relay.app();

    for _ in 0..2 {
        handle(&app, event(json!({"severity": "info"}), LEFT)).await.unwrap();
    }

    let ids: Vec<_> = relay.claimed_messages().await;
    assert_eq!(relay.received(SLACK).await.len(), 2);
    assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
}
