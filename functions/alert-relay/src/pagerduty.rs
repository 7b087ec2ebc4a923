//! Bringing an alert to whoever is on call: PagerDuty's Events API v2.

use kimochi_domain::Severity;
use reqwest::{Client, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::alert::{Alert, State};
use crate::post::{self, Answer, post};
use crate::trouble::Trouble;

/// The longest key that PagerDuty takes.
const MAX_KEY: usize = 255;
/// The longest summary.
const MAX_SUMMARY: usize = 1024;
/// An event may have 512 KB; facts beyond this are left out.
const MAX_FACT: usize = 4_000;

/// PagerDuty's events endpoint.
#[derive(Debug, Clone)]
pub struct PagerDuty {
    /// `https://events.pagerduty.com`
    pub url: Url,
}

impl PagerDuty {
    pub(crate) async fn deliver(
        &self,
        client: &Client,
        routing_key: &SecretString,
        alert: &Alert,
        message_id: &str,
        deadline: Instant,
    ) -> Result<(), Trouble> {
        let mut url = self.url.clone();
        url.set_path("/v2/enqueue");
        let mut event = event(alert, message_id);
        event["routing_key"] = json!(routing_key.expose_secret());
        post(client, deadline, |client| client.post(url.clone()).json(&event), judge).await
    }
}

/// The event, but for the routing key, which is a secret.
pub fn event(alert: &Alert, message_id: &str) -> Value {
    let action = if alert.state == State::Resolved { "resolve" } else { "trigger" };
    let key = dedup_key(alert.key.as_deref().unwrap_or(message_id));
    let mut details: Map<String, Value> =
        alert.facts.iter().map(|fact| (fact.name.clone(), json!(cut(&fact.value, MAX_FACT)))).collect();
    details.insert("説明".to_owned(), json!(cut(&alert.description, MAX_FACT)));
    if !alert.next_steps.is_empty() {
        details.insert("対応".to_owned(), json!(alert.next_steps));
    }
    let links: Vec<_> =
        alert.links.iter().map(|link| json!({"href": link.url, "text": link.label})).collect();
    let mut payload = json!({
        "summary": cut(&alert.headline(), MAX_SUMMARY),
        "source": key,
        "severity": level(alert.severity),
        "custom_details": details,
    });
    if let Some(at) = alert.at {
        payload["timestamp"] = json!(at);
    }
    json!({
        "event_action": action,
        "dedup_key": key,
        "client": "きもちみっけ！",
        "links": links,
        "payload": payload,
    })
}

/// As it is, or, when PagerDuty would refuse it, its digest: the same for the same alarm either way.
fn dedup_key(key: &str) -> String {
    if key.chars().count() <= MAX_KEY { key.to_owned() } else { hex::encode(Sha256::digest(key)) }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

/// `Invalid routing key` for one that nobody knows, `'routing_key' …` for one that can be none.
fn is_about_the_key(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).to_lowercase().replace('_', " ").contains("routing key")
}

fn judge(answer: &Answer) -> Result<(), Trouble> {
    match answer.status {
        StatusCode::ACCEPTED => Ok(()),
        // An unknown or disabled routing key is a 400 like any other mistake; the code is in the words.
        StatusCode::BAD_REQUEST if is_about_the_key(&answer.body) => {
            Err(Trouble::Unauthorized("HTTP 400 routing key".to_owned()))
        }
        status if status.is_success() => {
            Err(Trouble::Later(format!("HTTP {} instead of 202", status.as_u16())))
        }
        status => Err(post::refused(status, "")),
    }
}
