//! What is published to the alerts topic reaches Slack, and PagerDuty when it is critical. The inbox stands for both.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricDatum, Statistic};
use aws_sdk_sns::types::PublishBatchRequestEntry;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::stack::{Stack, file, variable};

const PATIENCE: Duration = Duration::from_secs(60);
/// A burst waits for Slack's pace, and what used up its time comes back after the queue's three minutes.
const PATIENCE_WITH_A_BURST: Duration = Duration::from_secs(600);
const BURST: usize = 300;

/// All of them go through one queue: what one test sends would keep another one waiting.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

#[tokio::test]
async fn a_notice_of_each_severity_reaches_its_channel_and_a_critical_one_whoever_is_on_call() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let stack = Stack::connect().await;
    stack.answer(&json!([])).await;

    for (severity, channel, is_paged) in
        [("critical", "C0CRITICAL", true), ("warning", "C0WARNING", false), ("info", "C0INFO", false)]
    {
        let title = format!("試験 {}", Uuid::now_v7());
        stack.publish(&notice(&title, severity)).await;

        let slack = stack.received("/api/chat.postMessage", &title).await;
        assert_eq!(slack["channel"], channel);
        assert_eq!(slack["text"].as_str().unwrap().matches(&title).count(), 1);
        if is_paged {
            let paged = stack.received("/v2/enqueue", &title).await;
            assert_eq!((&paged["event_action"], &paged["dedup_key"]), (&json!("trigger"), &json!(title)));
        }
        let all = stack.inbox().await;
        let paged = all.iter().filter(|r| r.path == "/v2/enqueue" && r.body.contains(&title)).count();
        assert_eq!(paged, usize::from(is_paged), "{severity}");
    }
}

#[tokio::test]
async fn an_alarm_is_one_message_that_changes_its_colour_and_one_incident_that_is_resolved() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let stack = Stack::connect().await;
    stack.answer(&json!([])).await;
    let name = format!("試験-{}", Uuid::now_v7());
    stack.put_alarm(&name).await;

    stack.measure(&name, 5.0).await;
    stack.paged("trigger", &name).await;
    let posted = stack.received("/api/chat.postMessage", &name).await;
    stack.measure(&name, 0.0).await;
    stack.paged("resolve", &name).await;
    let changed = stack.received("/api/chat.update", &name).await;
    let reply = stack.first("/api/chat.postMessage", |body| body["thread_ts"] == changed["ts"]).await;

    assert_eq!(posted["attachments"][0]["color"], "#d7263d");
    assert_eq!(changed["attachments"][0]["color"], "#2eb67d");
    assert!(changed.to_string().contains("継続時間"), "{changed}");
    assert!(reply.to_string().contains("【復旧】"), "{reply}");
    let about = |path: &str, body: &Value| (path == "/api/chat.postMessage") && body["thread_ts"].is_null();
    let all = stack.inbox().await;
    let messages = all.iter().filter(|r| about(&r.path, &r.json()) && r.body.contains(&name)).count();
    assert_eq!(messages, 1, "one message for one incident");
    let actions: Vec<_> = all.iter().filter(|r| r.path == "/v2/enqueue" && r.body.contains(&name)).collect();
    let keys: Vec<_> = actions.iter().map(|r| r.json()["dedup_key"].clone()).collect();
    assert_eq!(keys.len(), 2, "one trigger, one resolve");
    assert_eq!(keys[0], keys[1]);
    stack.delete_alarm(&name).await;
}

#[tokio::test]
async fn a_burst_arrives_whole_and_nothing_twice_while_slack_refuses_every_other_request() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let stack = Stack::connect().await;
    stack.answer(&json!([])).await;
    let run = Uuid::now_v7();
    let titles: Vec<_> = (0..BURST).map(|number| format!("{run}/{number:03}")).collect();
    let busy = json!([{
        "path": "/api/chat.postMessage", "status": 429, "headers": {"retry-after": "0"},
        "body": "{\"ok\": false, \"error\": \"ratelimited\"}", "times": 100_000, "every": 2,
    }]);
    stack.answer(&busy).await;

    for (place, titles) in titles.chunks(10).enumerate() {
        stack.publish_together(place, titles).await;
    }
    let counts = stack.counts(&run.to_string(), BURST).await;
    stack.answer(&json!([])).await;

    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let all = stack.inbox().await;
    let refused = all.iter().filter(|r| r.status == 429 && r.body.contains(&run.to_string())).count();
    assert!(refused >= BURST / 2, "Slack refused {refused} only");
}

#[tokio::test]
async fn the_heartbeat_goes_all_the_way_and_is_counted() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let stack = Stack::connect().await;
    stack.answer(&json!([])).await;
    let started = std::time::UNIX_EPOCH.elapsed().expect("after 1970");
    let run = Uuid::now_v7().to_string();

    // As the schedule does it once a day, with a mark of this run.
    stack.publish(&heartbeat().replace("対応は要りません。", &run)).await;

    let posted = stack.received("/api/chat.postMessage", &run).await;
    assert_eq!(posted["channel"], "C0INFO");
    assert!(posted.to_string().contains("通知の定期確認（local）"), "{posted}");
    stack.until("a heartbeat that is counted", || stack.heartbeats(started)).await;
}

fn notice(title: &str, severity: &str) -> String {
    json!({
        "version": "1.0", "source": "custom", "content": {"title": title, "description": "試験です。"},
        "metadata": {"threadId": title, "additionalContext": {"severity": severity}},
    })
    .to_string()
}

/// What the schedule in the template sends, with its names filled in.
fn heartbeat() -> String {
    let template = String::from_utf8(file("template.yaml")).expect("text");
    let (_, rest) = template.split_once("Input: !Sub >-").expect("the heartbeat's input");
    let (input, _) = rest.split_once("\n\n").expect("its end");
    let lines: Vec<_> = input.lines().map(str::trim).collect();
    lines.join(" ").replace("${Stage}", "local").replace("${AWS::StackName}", &variable("STACK_NAME"))
}

/// A request that came to the inbox.
struct Received {
    path: String,
    body: String,
    status: u64,
}

impl Received {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Stack {
    async fn publish(&self, message: &str) {
        let publish = self.sns.publish().topic_arn(variable("ALERT_TOPIC_ARN")).message(message);
        publish.send().await.unwrap();
    }

    /// A notice for each title, in one request.
    async fn publish_together(&self, place: usize, titles: &[String]) {
        let entries = titles.iter().enumerate().map(|(number, title)| {
            let entry = PublishBatchRequestEntry::builder().id(format!("{place}-{number}"));
            entry.message(notice(title, "info")).build().unwrap()
        });
        let publish = self.sns.publish_batch().topic_arn(variable("ALERT_TOPIC_ARN"));
        let answer = publish.set_publish_batch_request_entries(Some(entries.collect())).send().await.unwrap();
        assert!(answer.failed().is_empty());
    }

    /// A metric alarm of its own, on a metric of its own.
    async fn put_alarm(&self, name: &str) {
        let topic = variable("ALERT_TOPIC_ARN");
        let put = self
            .cloud_watch
            .put_metric_alarm()
            .alarm_name(name)
            .alarm_description("試験です。severity=critical")
            .namespace("Kimochi/e2e")
            .metric_name(name)
            .statistic(Statistic::Minimum)
            .period(60)
            .evaluation_periods(1)
            .threshold(1.0)
            .comparison_operator(ComparisonOperator::GreaterThanThreshold)
            .alarm_actions(&topic)
            .ok_actions(&topic);
        put.send().await.unwrap();
    }

    async fn measure(&self, metric: &str, value: f64) {
        let datum = MetricDatum::builder().metric_name(metric).value(value).build();
        self.cloud_watch.put_metric_data().namespace("Kimochi/e2e").metric_data(datum).send().await.unwrap();
    }

    async fn delete_alarm(&self, name: &str) {
        self.cloud_watch.delete_alarms().alarm_names(name).send().await.unwrap();
    }

    /// Whether a heartbeat was counted since.
    async fn heartbeats(&self, since: Duration) -> bool {
        let at = |seconds: u64| DateTime::from_secs(i64::try_from(seconds).expect("seconds"));
        let ask = self
            .cloud_watch
            .get_metric_statistics()
            .namespace(format!("Kimochi/{}", variable("STACK_NAME")))
            .metric_name("HeartbeatDelivered")
            .start_time(at(since.as_secs()))
            .end_time(at(since.as_secs() + 3_600))
            .period(60)
            .statistics(Statistic::Sum);
        ask.send().await.unwrap().datapoints().iter().any(|point| point.sum() >= Some(1.0))
    }

    /// What the inbox is to answer before anything else.
    async fn answer(&self, answers: &Value) {
        let put = self.http.put(format!("{}/answers", variable("INBOX_URL"))).json(answers);
        assert_eq!(put.send().await.unwrap().status(), 204);
    }

    /// Everything that came to the inbox.
    async fn inbox(&self) -> Vec<Received> {
        let response = self.http.get(format!("{}/requests", variable("INBOX_URL"))).send().await.unwrap();
        let requests: Vec<Value> = response.json().await.unwrap();
        let text = |request: &Value, name: &str| request[name].as_str().unwrap_or_default().to_owned();
        let received = requests.iter().map(|request| Received {
            path: text(request, "path"),
            body: text(request, "body"),
            status: request["status"].as_u64().unwrap_or_default(),
        });
        received.collect()
    }

    /// How often each message of a run was taken by Slack, once all of them were.
    async fn counts(&self, run: &str, expected: usize) -> BTreeMap<String, usize> {
        let started = Instant::now();
        loop {
            let mut counts = BTreeMap::new();
            for request in self.inbox().await {
                if request.path == "/api/chat.postMessage"
                    && request.status == 200
                    && request.body.contains(run)
                {
                    let text = request.json()["text"].as_str().unwrap_or_default().to_owned();
                    *counts.entry(text).or_default() += 1;
                }
            }
            if counts.len() == expected {
                return counts;
            }
            let arrived = counts.len();
            assert!(started.elapsed() < PATIENCE_WITH_A_BURST, "{arrived} of {expected} arrived");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// What PagerDuty is told about this.
    async fn paged(&self, action: &str, name: &str) -> Value {
        self.first("/v2/enqueue", |event| event["event_action"] == action && event.to_string().contains(name))
            .await
    }

    /// The body of what comes to this path and holds `wanted`.
    async fn received(&self, path: &str, wanted: &str) -> Value {
        self.first(path, |body| body.to_string().contains(wanted)).await
    }

    async fn first(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let bodies = self.inbox().await;
            let mut bodies = bodies.iter().filter(|request| request.path == path).map(Received::json);
            if let Some(body) = bodies.find(&wanted) {
                return body;
            }
            assert!(started.elapsed() < PATIENCE, "nothing at {path}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Waits until this is so.
    async fn until<F: Future<Output = bool>>(&self, what: &str, is_so: impl Fn() -> F) {
        let started = Instant::now();
        while !is_so().await {
            assert!(started.elapsed() < PATIENCE, "not seen: {what}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
