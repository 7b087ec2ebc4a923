//! Bringing a message to Slack: by `chat.postMessage` with a bot token, or by an incoming webhook.

use kimochi_domain::Severity;
use reqwest::{Client, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::render::render_plainly;
use super::{Appearance, render};
use crate::alert::Alert;
use crate::outcome::Outcome;
use crate::per_severity::PerSeverity;
use crate::post::{self, Answer, post};

/// Slack, as one workspace.
#[derive(Debug, Clone)]
pub struct Slack {
    /// Where its methods are: `https://slack.com/api`.
    pub api_url: Url,
    /// The channel of each severity, by id.
    pub channels: PerSeverity<String>,
    /// How alerts look.
    pub appearance: Appearance,
}

/// How we may write to it.
pub(crate) enum Access<'a> {
    Token(&'a SecretString),
    Webhook(&'a SecretString),
}

impl Slack {
    pub(crate) async fn deliver(
        &self,
        client: &Client,
        access: Access<'_>,
        alert: &Alert,
        deadline: Instant,
    ) -> Outcome {
        let message = render(alert, &self.appearance);
        match self.send(client, &access, message, alert.severity, deadline).await {
            // Slack finds something in it that nobody documents: better plain than not at all.
            Outcome::Never(reason) if is_about_content(&reason) => {
                tracing::warn!(reason, "Slack does not take the message; it goes out as plain text");
                let message = Value::Object(render_plainly(alert));
                self.send(client, &access, message, alert.severity, deadline).await
            }
            outcome => outcome,
        }
    }

    async fn send(
        &self,
        client: &Client,
        access: &Access<'_>,
        mut message: Value,
        severity: Severity,
        deadline: Instant,
    ) -> Outcome {
        match access {
            Access::Token(token) => {
                message["channel"] = json!(self.channels.of(severity));
                message["unfurl_links"] = json!(false);
                let url = method(&self.api_url, "chat.postMessage");
                let request = |client: &Client| {
                    client.post(url.clone()).bearer_auth(token.expose_secret()).json(&message)
                };
                post(client, deadline, request, judge_method).await
            }
            Access::Webhook(url) => {
                let request = |client: &Client| client.post(url.expose_secret()).json(&message);
                post(client, deadline, request, judge_webhook).await
            }
        }
    }
}

fn method(api_url: &Url, name: &str) -> Url {
    let mut url = api_url.clone();
    let path = format!("{}/{name}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

#[derive(Deserialize)]
struct MethodAnswer {
    ok: bool,
    error: Option<String>,
}

/// Slack's methods answer 200 to what they refuse as well.
fn judge_method(answer: &Answer) -> Outcome {
    if answer.status != StatusCode::OK {
        return post::refused(answer.status, "");
    }
    let Ok(MethodAnswer { ok, error }) = serde_json::from_slice(&answer.body) else {
        return Outcome::Later("unreadable answer".to_owned());
    };
    let code = error.unwrap_or_default();
    match code.as_str() {
        _ if ok => Outcome::Delivered,
        "ratelimited"
        | "rate_limited"
        | "internal_error"
        | "fatal_error"
        | "service_unavailable"
        | "request_timeout"
        | "team_added_to_org" => Outcome::Later(code),
        "invalid_auth" | "not_authed" | "token_expired" | "token_revoked" | "account_inactive" => {
            Outcome::Unauthorized(code)
        }
        _ => Outcome::Never(code),
    }
}

/// A webhook answers in words: `ok`, `invalid_payload`, `no_service`, `channel_is_archived`.
fn judge_webhook(answer: &Answer) -> Outcome {
    let word: String = String::from_utf8_lossy(&answer.body)
        .chars()
        .filter(|c| c.is_ascii_lowercase() || *c == '_')
        .take(60)
        .collect();
    if answer.status == StatusCode::OK {
        // Half a body, or a page of something in between, is no `ok`.
        return if answer.body == b"ok" {
            Outcome::Delivered
        } else {
            Outcome::Later("unreadable answer".to_owned())
        };
    }
    match word.as_str() {
        "no_service" | "no_active_hooks" | "invalid_token" | "no_team" => Outcome::Unauthorized(word),
        _ => post::refused(answer.status, &word),
    }
}

fn is_about_content(reason: &str) -> bool {
    [
        "invalid_blocks",
        "invalid_attachments",
        "msg_too_long",
        "invalid_payload",
        "no_text",
        "invalid_blocks_format",
    ]
    .iter()
    .any(|code| reason.contains(code))
}
