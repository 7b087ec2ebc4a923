//! Methods of Slack's Web API, called with a bot token.

use reqwest::{Client, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::post::{self, Answer, post};
use crate::trouble::Trouble;

/// Where the methods are, and what opens them.
pub(super) struct Methods<'a> {
    pub(super) client: &'a Client,
    pub(super) api_url: &'a Url,
    pub(super) token: &'a SecretString,
    pub(super) deadline: Instant,
}

/// What our methods answer, each a part of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MethodAnswer {
    ok: bool,
    error: Option<String>,
    pub(super) ts: Option<String>,
    pub(super) upload_url: Option<String>,
    pub(super) file_id: Option<String>,
}

impl Methods<'_> {
    pub(super) async fn call(&self, method: &str, body: &Value) -> Result<MethodAnswer, Trouble> {
        let url = self.url(method);
        let request =
            |client: &Client| client.post(url.clone()).bearer_auth(self.token.expose_secret()).json(body);
        post(self.client, self.deadline, request, judge).await
    }

    /// For the one method of ours that takes no JSON.
    pub(super) async fn call_with_form(
        &self,
        method: &str,
        form: &[(&str, &str)],
    ) -> Result<MethodAnswer, Trouble> {
        let mut url = self.url(method);
        url.query_pairs_mut().extend_pairs(form);
        let request = |client: &Client| client.post(url.clone()).bearer_auth(self.token.expose_secret());
        post(self.client, self.deadline, request, judge).await
    }

    fn url(&self, method: &str) -> Url {
        let mut url = self.api_url.clone();
        let path = format!("{}/{method}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }
}

/// Slack answers 200 to what it refuses as well.
fn judge(answer: &Answer) -> Result<MethodAnswer, Trouble> {
    if answer.status != StatusCode::OK {
        return Err(post::refused(answer.status, ""));
    }
    let Ok(mut answer) = serde_json::from_slice::<MethodAnswer>(&answer.body) else {
        return Err(Trouble::Later("unreadable answer".to_owned()));
    };
    if answer.ok {
        return Ok(answer);
    }
    let code = answer.error.take().unwrap_or_default();
    Err(match code.as_str() {
        "ratelimited"
        | "rate_limited"
        | "internal_error"
        | "fatal_error"
        | "service_unavailable"
        | "request_timeout"
        | "team_added_to_org" => Trouble::Later(code),
        "invalid_auth" | "not_authed" | "token_expired" | "token_revoked" | "account_inactive" => {
            Trouble::Unauthorized(code)
        }
        _ => Trouble::Never(code),
    })
}
