//! The relay with servers that answer as a test says.

#![allow(dead_code, reason = "each test binary takes what it needs")]

pub(crate) mod broken;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use alert_relay::slack::{Appearance, Channels};
use alert_relay::{App, Flapping, Memory, PagerDuty, PerSeverity, Secrets, Slack, handle};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_testing::settings_at;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const SLACK: &str = "/api/chat.postMessage";
pub(crate) const UPDATE: &str = "/api/chat.update";
pub(crate) const WEBHOOK: &str = "/services/T0/B0/secret";
pub(crate) const PAGERDUTY: &str = "/v2/enqueue";

const SECRETS: &str = "secretsmanager.GetSecretValue";
const TABLE: &str = "DynamoDB_20120810.UpdateItem";

/// Times in Tokyo, and nobody called.
pub(crate) fn appearance() -> Appearance {
    let nobody = PerSeverity { critical: String::new(), warning: String::new(), info: String::new() };
    Appearance { time_zone: TimeZone::get("Asia/Tokyo").expect("a zone"), mentions: nobody }
}

/// The real time: Lambda's deadlines are of it.
pub(crate) fn clock() -> Timestamp {
    kimochi_runtime::clock::now()
}

/// Servers for Slack, PagerDuty, Secrets Manager and DynamoDB. Everything is well, unless a test says otherwise first; the
/// table remembers nothing.
pub(crate) struct TestRelay {
    pub(crate) server: MockServer,
}

/// Slack's answer to a message: each has another name.
struct Posted(AtomicU32);

impl Respond for Posted {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let answer = json!({"ok": true, "channel": "C1", "ts": format!("1700000000.{number:06}")});
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

impl TestRelay {
    pub(crate) async fn with(
        keys: Value,
        answers: impl IntoIterator<Item = (&'static str, u64, ResponseTemplate)>,
    ) -> Self {
        let relay = Self::start(answers).await;
        relay.hold(keys).await;
        relay
    }

    async fn start(answers: impl IntoIterator<Item = (&'static str, u64, ResponseTemplate)>) -> Self {
        let server = MockServer::start().await;
        for (at, times, answer) in answers {
            let mock = Mock::given(method("POST")).and(path(at)).respond_with(answer);
            mock.up_to_n_times(times).with_priority(1).mount(&server).await;
        }
        let here = |at: &str| Mock::given(method("POST")).and(path(at));
        let ok = json!({"ok": true});
        for mock in [
            Mock::given(header("x-amz-target", TABLE)).respond_with(status(200).set_body_json(json!({}))),
            here(SLACK).respond_with(Posted(AtomicU32::new(0))),
            here(UPDATE).respond_with(status(200).set_body_json(&ok)),
            here(WEBHOOK).respond_with(status(200).set_body_string("ok")),
            here(PAGERDUTY).respond_with(status(202).set_body_json(json!({"status": "success"}))),
        ] {
            mock.with_priority(200).mount(&server).await;
        }
        Self { server }
    }

    /// The secret holds these keys.
    async fn hold(&self, keys: Value) {
        secret(keys).mount(&self.server).await;
    }

    /// The secret holds some keys when it is read first, and other ones from then on.
    pub(crate) async fn with_replaced(
        first: Value,
        then: Value,
        answers: impl IntoIterator<Item = (&'static str, u64, ResponseTemplate)>,
    ) -> Self {
        let relay = Self::start(answers).await;
        secret(first).up_to_n_times(1).with_priority(1).mount(&relay.server).await;
        relay.hold(then).await;
        relay
    }

    /// A webhook, and whoever is on call.
    pub(crate) async fn with_webhook(
        answers: impl IntoIterator<Item = (&'static str, u64, ResponseTemplate)>,
    ) -> Self {
        let relay = Self::start(answers).await;
        let url = format!("{}{WEBHOOK}", relay.server.uri());
        relay.hold(json!({"slack_webhook_url": url, "pagerduty_routing_key": "routing-secret"})).await;
        relay
    }

    pub(crate) fn app(&self) -> App {
        let settings = settings_at(&self.server.uri());
        let channel = |id: &str| id.to_owned();
        let by_severity =
            PerSeverity { critical: channel("C1"), warning: channel("C2"), info: channel("C3") };
        App {
            http: kimochi_http::client().expect("a client"),
            secrets: Secrets::new(&settings, "alerts"),
            slack: Slack {
                api_url: format!("{}/api", self.server.uri()).parse().expect("a URL"),
                channels: Channels { by_severity, by_alarm: vec![(channel("payments-"), channel("C9"))] },
                flapping: Flapping { transitions: 4, within: SignedDuration::from_mins(30) },
                appearance: appearance(),
            },
            pagerduty: PagerDuty { url: self.server.uri().parse().expect("a URL") },
            memory: Memory::new(&settings, "alerts", clock),
            runbook_url: Some("https://example.com/RUNBOOK.md".to_owned()),
            metrics_namespace: "Kimochi/test".to_owned(),
            settings,
            clock,
        }
    }

    /// Bodies of what came to this path.
    pub(crate) async fn received(&self, at: &str) -> Vec<Value> {
        let requests = self.requests().await;
        let here = requests.iter().filter(|request| request.url.path() == at);
        here.map(|request| serde_json::from_slice(&request.body).unwrap_or_default()).collect()
    }

    /// How often the secret was read.
    pub(crate) async fn secret_reads(&self) -> usize {
        let target = |request: &Request| request.headers.get("x-amz-target").is_some_and(|t| t == SECRETS);
        self.requests().await.iter().filter(|request| target(request)).count()
    }

    /// How Slack was asked to let us in.
    pub(crate) async fn tokens(&self) -> Vec<String> {
        let requests = self.requests().await;
        let slack = requests.iter().filter(|request| request.url.path() == SLACK);
        slack.map(|request| request.headers["authorization"].to_str().expect("text").to_owned()).collect()
    }

    /// Which messages were claimed in the table.
    pub(crate) async fn claimed_messages(&self) -> Vec<String> {
        let requests = self.requests().await;
        let bodies =
            requests.iter().filter_map(|request| serde_json::from_slice::<Value>(&request.body).ok());
        let claims = bodies.filter(|body| {
            body["UpdateExpression"].as_str().is_some_and(|e| e.starts_with("SET busy_until"))
        });
        let rows = claims.filter_map(|body| body["Key"]["id"]["S"].as_str().map(str::to_owned));
        rows.filter(|row| row.starts_with("message/")).collect()
    }

    pub(crate) async fn requests(&self) -> Vec<Request> {
        self.server.received_requests().await.expect("recorded requests")
    }
}

fn secret(keys: Value) -> Mock {
    let secret = json!({"ARN": "arn", "Name": "alerts", "SecretString": keys.to_string()});
    Mock::given(header("x-amz-target", SECRETS)).respond_with(status(200).set_body_json(secret))
}

pub(crate) fn by_token() -> Value {
    json!({"slack_bot_token": "xoxb-secret", "pagerduty_routing_key": "routing-secret"})
}

pub(crate) fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

pub(crate) fn refusal(code: &str) -> ResponseTemplate {
    status(200).set_body_json(json!({"ok": false, "error": code}))
}

pub(crate) fn notice(severity: &str) -> String {
    json!({
        "version": "1.0", "source": "custom", "content": {"title": "試験"},
        "metadata": {"threadId": "t", "additionalContext": {"severity": severity}},
    })
    .to_string()
}

/// A record of the queue: `id` is the queue's and SNS's of it.
pub(crate) fn record(id: &str, message: &str, deliveries: u32) -> Value {
    let topic = "arn:aws:sns:ap-northeast-1:123456789012:alerts";
    let body = json!({"Type": "Notification", "MessageId": id, "Message": message, "TopicArn": topic});
    json!({"messageId": id, "body": body.to_string(), "attributes": {"ApproximateReceiveCount": deliveries.to_string()}})
}

/// An invocation that ends after `left`.
pub(crate) fn event(payload: Value, left: Duration) -> LambdaEvent<Value> {
    let mut context = Context::default();
    let ends_at = clock() + SignedDuration::try_from(left).expect("a duration");
    context.deadline = u64::try_from(ends_at.as_millisecond()).expect("after 1970");
    context.request_id = Uuid::now_v7().to_string();
    LambdaEvent::new(payload, context)
}

/// Whether the one message is to come back.
pub(crate) async fn deliver(app: &App, id: &str, message: &str, deliveries: u32, left: Duration) -> bool {
    let records = [record(id, message, deliveries)];
    let answer = handle(app, event(json!({"Records": records}), left)).await.expect("an answer");
    answer.batch_item_failures.len() == 1
}
