//! What is published to the alerts topic reaches Slack, and PagerDuty when it is critical. The inbox stands for both.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stack::{Stack, variable};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_notice_of_each_severity_reaches_its_channel_and_a_critical_one_whoever_is_on_call() {
    let stack = Stack::connect().await;

    for (severity, channel, is_paged) in
        [("critical", "C0CRITICAL", true), ("warning", "C0WARNING", false), ("info", "C0INFO", false)]
    {
        let title = format!("試験 {}", uuid::Uuid::now_v7());
        let notice = json!({
            "version": "1.0", "source": "custom", "content": {"title": title, "description": "試験です。"},
            "metadata": {"threadId": title, "additionalContext": {"severity": severity}},
        });
        stack.publish(&notice.to_string()).await;

        let slack = stack.received("/api/chat.postMessage", &title).await;
        assert_eq!(slack["channel"], channel);
        assert_eq!(slack["text"].as_str().unwrap().matches(&title).count(), 1);
        if is_paged {
            let paged = stack.received("/v2/enqueue", &title).await;
            assert_eq!((&paged["event_action"], &paged["dedup_key"]), (&json!("trigger"), &json!(title)));
        }
        let all = stack.inbox().await;
        let paged = all.iter().filter(|(path, body)| path == "/v2/enqueue" && body.contains(&title)).count();
        assert_eq!(paged, usize::from(is_paged), "{severity}");
    }
}

#[tokio::test]
async fn an_alarm_that_is_over_resolves_what_it_triggered() {
    let stack = Stack::connect().await;
    let name = format!("試験 {}", uuid::Uuid::now_v7());
    let alarm = |state: &str| {
        json!({
            "AlarmName": name, "AlarmDescription": "severity=critical", "NewStateValue": state,
            "AlarmArn": format!("arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:{name}"),
        })
    };

    stack.publish(&alarm("ALARM").to_string()).await;
    let triggered = stack.paged("trigger", &name).await;
    stack.publish(&alarm("OK").to_string()).await;
    let resolved = stack.paged("resolve", &name).await;

    assert_eq!(triggered["dedup_key"], resolved["dedup_key"]);
}

impl Stack {
    async fn publish(&self, message: &str) {
        let publish = self.sns.publish().topic_arn(variable("ALERT_TOPIC_ARN")).message(message);
        publish.send().await.unwrap();
    }

    /// Path and body of everything that came to the inbox.
    async fn inbox(&self) -> Vec<(String, String)> {
        let response = self.http.get(format!("{}/requests", variable("INBOX_URL"))).send().await.unwrap();
        let requests: Vec<Value> = response.json().await.unwrap();
        let text = |request: &Value, name: &str| request[name].as_str().unwrap_or_default().to_owned();
        requests.iter().map(|request| (text(request, "path"), text(request, "body"))).collect()
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
            let bodies = self.inbox().await.into_iter().filter(|(at, _)| at == path);
            let mut bodies = bodies.filter_map(|(_, body)| serde_json::from_str(&body).ok());
            if let Some(body) = bodies.find(&wanted) {
                return body;
            }
            assert!(started.elapsed() < PATIENCE, "nothing at {path}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
