//! What Slack and PagerDuty may answer, and what comes of it: against servers that answer just so.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alert_relay::{App, PagerDuty, PerSeverity, Secrets, Slack, handle};
use kimochi_testing::settings_at;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use support::appearance;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const SLACK: &str = "/api/chat.postMessage";
const WEBHOOK: &str = "/services/T0/B0/secret";
const PAGERDUTY: &str = "/v2/enqueue";
/// Time for an attempt and a second one, but for none after a `Retry-After` of a minute.
const LEFT: Duration = Duration::from_millis(3_500);

struct TestRelay {
    server: MockServer,
}

impl TestRelay {
    /// Everything is well, unless a test says otherwise first.
    async fn with(
        keys: Value,
        answers: impl IntoIterator<Item = (&'static str, u64, ResponseTemplate)>,
    ) -> Self {
        let server = MockServer::start().await;
        let secret = json!({"ARN": "arn", "Name": "alerts", "SecretString": keys.to_string()});
        mount(&server, "/", ResponseTemplate::new(200).set_body_json(secret), 200).await;
        for (at, times, answer) in answers {
            let mock = Mock::given(method("POST")).and(path(at)).respond_with(answer);
            mock.up_to_n_times(times).with_priority(1).mount(&server).await;
        }
        mount(&server, SLACK, ResponseTemplate::new(200).set_body_json(json!({"ok": true})), 200).await;
        mount(&server, WEBHOOK, ResponseTemplate::new(200).set_body_string("ok"), 200).await;
        mount(
            &server,
            PAGERDUTY,
            ResponseTemplate::new(202).set_body_json(json!({"status": "success"})),
            200,
        )
        .await;
        Self { server }
    }

    fn app(&self) -> App {
        let channels =
            PerSeverity { critical: "C1".to_owned(), warning: "C2".to_owned(), info: "C3".to_owned() };
        let api_url = format!("{}/api", self.server.uri()).parse().unwrap();
        App {
            http: kimochi_http::client().unwrap(),
            secrets: Secrets::new(&settings_at(&self.server.uri()), "alerts"),
            slack: Slack { api_url, channels, appearance: appearance() },
            pagerduty: PagerDuty { url: self.server.uri().parse().unwrap() },
        }
    }

    /// Whether the message is to come back.
    async fn deliver(&self, severity: &str, deliveries: u32) -> bool {
        let records = [record("m1", &notice(severity), deliveries)];
        handle(&self.app(), event(json!({"Records": records}))).await.unwrap().batch_item_failures.len() == 1
    }

    /// Bodies of what came to this path.
    async fn received(&self, at: &str) -> Vec<Value> {
        let requests: Vec<Request> = self.server.received_requests().await.unwrap();
        let here = requests.iter().filter(|request| request.url.path() == at);
        here.map(|request| serde_json::from_slice(&request.body).unwrap_or_default()).collect()
    }
}

async fn mount(server: &MockServer, at: &str, answer: ResponseTemplate, priority: u8) {
    Mock::given(method("POST"))
        .and(path(at))
        .respond_with(answer)
        .with_priority(priority)
        .mount(server)
        .await;
}

fn by_token() -> Value {
    json!({"slack_bot_token": "xoxb-secret", "pagerduty_routing_key": "routing-secret"})
}

fn by_webhook(server: &str) -> Value {
    json!({"slack_webhook_url": format!("{server}{WEBHOOK}"), "pagerduty_routing_key": "routing-secret"})
}

fn notice(severity: &str) -> String {
    json!({
        "version": "1.0", "source": "custom", "content": {"title": "試験"},
        "metadata": {"threadId": "t", "additionalContext": {"severity": severity}},
    })
    .to_string()
}

fn record(id: &str, message: &str, deliveries: u32) -> Value {
    let body = json!({"Type": "Notification", "MessageId": "sns-1", "Message": message});
    json!({"messageId": id, "body": body.to_string(), "attributes": {"ApproximateReceiveCount": deliveries.to_string()}})
}

fn event(payload: Value) -> LambdaEvent<Value> {
    let mut context = Context::default();
    #[expect(clippy::disallowed_methods, reason = "Lambda's deadline is one of the real clock")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    context.deadline = u64::try_from((now + LEFT).as_millis()).unwrap();
    LambdaEvent::new(payload, context)
}

fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

fn refusal(code: &str) -> ResponseTemplate {
    status(200).set_body_json(json!({"ok": false, "error": code}))
}

#[tokio::test]
async fn what_slack_says_to_a_bot_decides_whether_it_is_asked_again_and_whether_the_message_comes_back() {
    for (answer, times, asked, comes_back) in [
        (status(200).set_body_json(json!({"ok": true})), 1, 1, false),
        (status(429), 1, 2, false),
        (status(429).insert_header("retry-after", "1"), 1, 2, false),
        (status(429).insert_header("retry-after", "60"), 1, 1, true),
        (status(500), 1, 2, false),
        (status(503), 99, 2, true),
        (refusal("ratelimited"), 1, 2, false),
        (refusal("internal_error"), 1, 2, false),
        (refusal("channel_not_found"), 99, 1, true),
        (refusal("invalid_auth"), 99, 1, true),
        (status(400), 99, 1, true),
        (status(403), 99, 1, true),
        (status(404), 99, 1, true),
        (status(410), 99, 1, true),
        (status(200).set_body_string("<html>half a pa"), 1, 2, false),
        (status(302).insert_header("location", "/elsewhere"), 99, 1, true),
    ] {
        let told = format!("{answer:?}");
        let relay = TestRelay::with(by_token(), [(SLACK, times, answer)]).await;

        let came_back = relay.deliver("info", 1).await;

        let received = relay.received(SLACK).await.len();
        // A second attempt in time depends on jitter; a third may fit.
        assert!(if asked == 1 { received == 1 } else { received >= asked }, "{told}: asked {received} times");
        // What is final goes to whoever is on call instead, and is not lost.
        let instead = relay.received(PAGERDUTY).await.len();
        assert_eq!((came_back || instead == 1, instead <= 1), (comes_back, true), "{told}");
    }
}

#[tokio::test]
async fn what_slack_says_to_a_webhook_is_judged_by_its_words() {
    for (answer, times, asked_again, delivered) in [
        (status(200).set_body_string("ok"), 1, false, true),
        (status(429), 1, true, true),
        (status(500).set_body_string("rollup_error"), 1, true, true),
        (status(200).set_body_string("o"), 1, true, true),
        (status(403).set_body_string("invalid_token"), 99, false, false),
        (status(404).set_body_string("no_service"), 99, false, false),
        (status(410).set_body_string("channel_is_archived"), 99, false, false),
    ] {
        let told = format!("{answer:?}");
        let relay = TestRelay::with(json!({}), [(WEBHOOK, times, answer)]).await.keyed(by_webhook).await;

        relay.deliver("info", 1).await;

        let received = relay.received(WEBHOOK).await.len();
        assert_eq!(received >= 2, asked_again, "{told}: {received}");
        assert_eq!(relay.received(PAGERDUTY).await.is_empty(), delivered, "{told}");
    }
}

#[tokio::test]
async fn what_slack_does_not_take_goes_out_as_plain_text() {
    let relay = TestRelay::with(by_token(), [(SLACK, 1, refusal("invalid_blocks"))]).await;

    assert!(!relay.deliver("info", 1).await);

    let received = relay.received(SLACK).await;
    assert!(received[0]["attachments"].is_array() && received[1]["attachments"].is_null(), "{received:?}");
    assert!(received[1]["text"].as_str().unwrap().contains("試験"));
}

#[tokio::test]
async fn a_critical_alert_reaches_both_and_another_one_nobody_on_call() {
    for (severity, channel, paged) in [("critical", "C1", 1), ("warning", "C2", 0), ("info", "C3", 0)] {
        let relay = TestRelay::with(by_token(), []).await;

        assert!(!relay.deliver(severity, 1).await);

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
        (status(500), 1, true, false),
        (status(503), 99, true, true),
        (status(200), 1, true, false),
    ] {
        let told = format!("{answer:?}");
        let relay = TestRelay::with(by_token(), [(PAGERDUTY, times, answer)]).await;

        assert_eq!(relay.deliver("critical", 1).await, comes_back, "{told}");

        assert_eq!(relay.received(PAGERDUTY).await.len() >= 2, asked_again, "{told}");
    }
}

#[tokio::test]
async fn when_pagerduty_refuses_for_good_slack_hears_of_it() {
    let bad =
        status(400).set_body_json(json!({"status": "invalid event", "errors": ["Invalid routing_key"]}));
    let relay = TestRelay::with(by_token(), [(PAGERDUTY, 99, bad)]).await;

    assert!(!relay.deliver("critical", 1).await);

    let received = relay.received(SLACK).await;
    assert_eq!(received.len(), 2);
    assert!(received[1].to_string().contains("PagerDuty に届きません"));
}

#[tokio::test]
async fn when_slack_stays_away_whoever_is_on_call_hears_of_it_and_not_before() {
    for (deliveries, paged) in [(1, 0), (3, 1)] {
        let relay = TestRelay::with(by_token(), [(SLACK, 99, status(503))]).await;

        let came_back = relay.deliver("warning", deliveries).await;

        let events = relay.received(PAGERDUTY).await;
        assert_eq!((events.len(), came_back), (paged, paged == 0), "delivery {deliveries}");
        assert!(events.iter().all(|event| event.to_string().contains("Slack に届きません")));
    }
}

#[tokio::test]
async fn when_both_are_away_the_message_comes_back() {
    let answers = [(SLACK, 99, status(503)), (PAGERDUTY, 99, status(503))];
    let relay = TestRelay::with(by_token(), answers).await;

    assert!(relay.deliver("critical", 5).await);
}

#[tokio::test]
async fn an_answer_that_never_comes_is_no_answer() {
    let late = status(200).set_body_json(json!({"ok": true})).set_delay(Duration::from_secs(30));
    let relay = TestRelay::with(by_token(), [(SLACK, 99, late)]).await;

    assert!(relay.deliver("info", 1).await);
}

#[tokio::test]
async fn only_the_messages_that_did_not_arrive_come_back() {
    let relay = TestRelay::with(by_token(), []).await;
    let bad = TestRelay::with(by_token(), [(SLACK, 99, status(503))]).await;
    let records = [record("m1", &notice("info"), 1), record("m2", "x", 1)];

    let good = handle(&relay.app(), event(json!({"Records": records}))).await.unwrap();
    let failed = handle(&bad.app(), event(json!({"Records": records}))).await.unwrap();

    assert!(good.batch_item_failures.is_empty());
    let failed: Vec<_> = failed.batch_item_failures.iter().map(|f| f.item_identifier.as_str()).collect();
    assert_eq!(failed, ["m1", "m2"]);
}

#[tokio::test]
async fn sns_may_call_directly_and_hears_of_a_failure() {
    let direct = json!({"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "1", "Message": notice("info")}}]});
    let relay = TestRelay::with(by_token(), []).await;
    let bad = TestRelay::with(by_token(), [(SLACK, 99, status(503))]).await;

    assert!(handle(&relay.app(), event(direct.clone())).await.is_ok());
    assert_eq!(relay.received(SLACK).await.len(), 1);
    assert!(handle(&bad.app(), event(direct)).await.is_err());
}

#[tokio::test]
async fn a_secret_that_is_not_accepted_is_read_anew() {
    let relay = TestRelay::with(by_token(), [(SLACK, 1, refusal("token_revoked"))]).await;
    let app = relay.app();
    let send = async || {
        let records = [record("m1", &notice("info"), 1)];
        handle(&app, event(json!({"Records": records}))).await.unwrap()
    };

    send().await;
    send().await;
    send().await;

    assert_eq!(relay.received("/").await.len(), 2, "once at first, once after the refusal");
}

impl TestRelay {
    /// With a secret that has to know where the server is.
    async fn keyed(self, keys: impl Fn(&str) -> Value) -> Self {
        let keys = keys(&self.server.uri());
        let secret = json!({"ARN": "arn", "Name": "alerts", "SecretString": keys.to_string()});
        mount(&self.server, "/", ResponseTemplate::new(200).set_body_json(secret), 100).await;
        self
    }
}
