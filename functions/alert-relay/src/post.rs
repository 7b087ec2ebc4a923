//! Sending JSON to a service, again and again while there is time and hope.

use std::time::Duration;

use kimochi_http::backoff;
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, StatusCode};
use tokio::time::{Instant, sleep, timeout_at};

use crate::trouble::Trouble;

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);
/// The largest answer that is read, in bytes; ours have a few hundred.
const MAX_ANSWER: usize = 64 * 1024;

/// An answer, whatever it says.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Sends what `request` makes until `judge` is content or there is no time for another attempt. Slack and PagerDuty may
/// have taken a message whose answer was lost: it is sent once more then, since twice is better than never.
pub(crate) async fn post<T>(
    client: &Client,
    deadline: Instant,
    request: impl Fn(&Client) -> RequestBuilder,
    judge: impl Fn(&Answer) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let mut attempt = 1;
    loop {
        let (judged, retry_after) = match send(request(client), deadline).await {
            Ok(answer) => (judge(&answer), backoff::retry_after(&answer.headers)),
            Err(reason) => (Err(Trouble::Later(reason)), None),
        };
        let Err(Trouble::Later(reason)) = judged else { return judged };
        let wait = backoff::wait(attempt, retry_after);
        if Instant::now().checked_add(wait).is_none_or(|next| next >= deadline) {
            return Err(Trouble::Later(reason));
        }
        tracing::info!(attempt, reason, wait_ms = wait.as_millis() as u64, "asking again");
        sleep(wait).await;
        attempt += 1;
    }
}

/// What a status means to any service: 429, 408 and 5xx may pass, any other refusal stays.
pub(crate) fn refused(status: StatusCode, code: &str) -> Trouble {
    let reason = format!("HTTP {} {code}", status.as_u16()).trim().to_owned();
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            Trouble::Later(reason)
        }
        status if status.is_server_error() => Trouble::Later(reason),
        StatusCode::UNAUTHORIZED => Trouble::Unauthorized(reason),
        _ => Trouble::Never(reason),
    }
}

async fn send(request: RequestBuilder, deadline: Instant) -> Result<Answer, String> {
    let ends = deadline.min(Instant::now() + REQUEST_TIMEOUT);
    let answer = async {
        let mut response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk[..chunk.len().min(MAX_ANSWER - body.len())]);
        }
        Ok::<_, reqwest::Error>(Answer { status, headers, body })
    };
    match timeout_at(ends, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        // Without the URL, which of a webhook is a secret.
        Ok(Err(error)) if error.is_connect() => Err("no connection".to_owned()),
        Ok(Err(_)) => Err("broken answer".to_owned()),
        Err(_) => Err("timeout".to_owned()),
    }
}
