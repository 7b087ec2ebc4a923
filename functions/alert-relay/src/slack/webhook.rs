//! An incoming webhook: one channel, new messages only.

use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::time::Instant;

use crate::post::{self, Answer, post};
use crate::trouble::Trouble;

pub(super) async fn send(
    client: &Client,
    url: &SecretString,
    message: &Value,
    deadline: Instant,
) -> Result<(), Trouble> {
    let request = |client: &Client| client.post(url.expose_secret()).json(message);
    post(client, deadline, request, judge).await
}

/// A webhook answers in words: `ok`, `invalid_payload`, `no_service`, `channel_is_archived`.
fn judge(answer: &Answer) -> Result<(), Trouble> {
    let word: String = String::from_utf8_lossy(&answer.body)
        .chars()
        .filter(|c| c.is_ascii_lowercase() || *c == '_')
        .take(60)
        .collect();
    if answer.status == StatusCode::OK {
        // Half a body, or a page of something in between, is no `ok`.
        return if answer.body == b"ok" {
            Ok(())
        } else {
            Err(Trouble::Later("unreadable answer".to_owned()))
        };
    }
    Err(match word.as_str() {
        "no_service" | "no_active_hooks" | "invalid_token" | "no_team" => Trouble::Unauthorized(word),
        _ => post::refused(answer.status, &word),
    })
}
