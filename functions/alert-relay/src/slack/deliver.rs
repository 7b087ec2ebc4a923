//! Bringing an alert to Slack: by a bot token, which can change what it wrote and answer in threads, or by a webhook.

use jiff::Timestamp;
use reqwest::{Client, Url};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::methods::Methods;
use super::render::{render_closing, render_counting, render_flapping, render_over, render_plainly};
use super::{Appearance, render, upload, webhook};
use crate::alert::Alert;
use crate::conversation::{Conversation, Flapping, Step, after, step};
use crate::per_severity::PerSeverity;
use crate::trouble::Trouble;

/// Slack, as one workspace.
#[derive(Debug, Clone)]
pub struct Slack {
    /// Where its methods are: `https://slack.com/api`.
    pub api_url: Url,
    /// Who reads what.
    pub channels: Channels,
    /// When an alarm that comes and goes is counted instead of told.
    pub flapping: Flapping,
    /// How alerts look.
    pub appearance: Appearance,
}

/// Channels, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channels {
    /// The channel of each severity.
    pub by_severity: PerSeverity<String>,
    /// Channels of alarms whose name begins with the first of the two; the longest that fits counts.
    pub by_alarm: Vec<(String, String)>,
}

/// How we may write to it.
#[derive(Clone, Copy)]
pub(crate) enum Access<'a> {
    Token(&'a SecretString),
    Webhook(&'a SecretString),
}

/// An alert that is there.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    /// What Slack shows now; `None` where nobody can tell.
    pub(crate) conversation: Option<Conversation>,
    /// Whether a message of its own was made.
    pub(crate) is_new: bool,
}

impl Channels {
    fn of(&self, alert: &Alert) -> &str {
        let fits = |prefix: &str| alert.alarm.as_deref().is_some_and(|name| name.starts_with(prefix));
        let of_alarm = self.by_alarm.iter().filter(|(prefix, _)| fits(prefix));
        let of_alarm = of_alarm.max_by_key(|(prefix, _)| prefix.len()).map(|(_, channel)| channel);
        of_alarm.unwrap_or_else(|| self.by_severity.of(alert.severity))
    }
}

impl Slack {
    /// Brings `alert`, which happened `at`, given what Slack shows already.
    pub(crate) async fn deliver(
        &self,
        client: &Client,
        access: Access<'_>,
        alert: &Alert,
        at: Timestamp,
        known: Option<Conversation>,
        deadline: Instant,
    ) -> Result<Delivered, Trouble> {
        match access {
            Access::Webhook(url) => {
                let message = render(alert, &self.appearance);
                match webhook::send(client, url, &message, deadline).await {
                    Err(Trouble::Never(reason)) if is_about_content(&reason) => {
                        webhook::send(client, url, &self.plainly(alert, &reason), deadline).await?;
                    }
                    other => other?,
                }
                Ok(Delivered::default())
            }
            Access::Token(token) => {
                let methods = Methods { client, api_url: &self.api_url, token, deadline };
                self.converse(&methods, alert, at, known).await
            }
        }
    }

    /// Puts a picture into the thread of a conversation.
    pub(crate) async fn attach(
        &self,
        client: &Client,
        token: &SecretString,
        conversation: &Conversation,
        title: &str,
        png: Vec<u8>,
        deadline: Instant,
    ) -> Result<(), Trouble> {
        let methods = Methods { client, api_url: &self.api_url, token, deadline };
        upload::picture(&methods, conversation, title, png).await
    }

    async fn converse(
        &self,
        methods: &Methods<'_>,
        alert: &Alert,
        at: Timestamp,
        known: Option<Conversation>,
    ) -> Result<Delivered, Trouble> {
        let channel = self.channels.of(alert);
        let step = step(known.as_ref(), alert, at, channel, self.flapping);
        let continued = match &known {
            Some(known) if step != Step::Post => self.go_on(methods, known, &step, alert).await,
            _ => Ok(false),
        };
        let posted = match continued {
            Ok(true) => None,
            Ok(false) => Some(self.post(methods, channel, alert).await?),
            // Somebody deleted the message, or closed the thread.
            Err(Trouble::Never(reason)) => {
                tracing::warn!(
                    reason,
                    "what Slack showed is out of reach; the alert gets a message of its own"
                );
                Some(self.post(methods, channel, alert).await?)
            }
            Err(trouble) => return Err(trouble),
        };
        let is_new = posted.is_some();
        Ok(Delivered { conversation: after(known, alert, at, channel, self.flapping, posted), is_new })
    }

    /// Does `step` to what is there. Both parts of a close can be done twice: the first changes nothing then.
    async fn go_on(
        &self,
        methods: &Methods<'_>,
        known: &Conversation,
        step: &Step,
        alert: &Alert,
    ) -> Result<bool, Trouble> {
        let Conversation { channel, ts, first, .. } = known;
        // Without a new list Slack keeps the attachments that are there.
        let there = json!({"channel": channel, "ts": ts, "parse": "none", "attachments": []});
        let below = |is_broadcast: bool| {
            json!({
                "channel": channel,
                "thread_ts": ts,
                "reply_broadcast": is_broadcast,
                "parse": "none",
                "unfurl_links": false,
            })
        };
        let look = &self.appearance;
        match *step {
            Step::Post => return Ok(false),
            Step::Reply { is_broadcast } => {
                self.send(methods, "chat.postMessage", below(is_broadcast), render(alert, look), alert)
                    .await?;
            }
            Step::Close { lasted } => {
                self.send(methods, "chat.update", there, render_over(first, alert, lasted, look), alert)
                    .await?;
                self.send(methods, "chat.postMessage", below(false), render_closing(alert, lasted), alert)
                    .await?;
            }
            Step::Count { transitions, is_first } => {
                let counting = render_counting(first, alert, transitions, self.flapping, look);
                self.send(methods, "chat.update", there, counting, alert).await?;
                if is_first {
                    let notice = render_flapping(first, self.flapping, look);
                    self.send(methods, "chat.postMessage", below(true), notice, alert).await?;
                }
            }
        }
        Ok(true)
    }

    /// A message of its own; Slack's name of it.
    async fn post(&self, methods: &Methods<'_>, channel: &str, alert: &Alert) -> Result<String, Trouble> {
        let place = json!({"channel": channel, "parse": "none", "unfurl_links": false});
        self.send(methods, "chat.postMessage", place, render(alert, &self.appearance), alert).await
    }

    /// Calls a method with a message, and plainly when Slack finds something in it that nobody documents: better so than not at
    /// all. Gives Slack's name of the message.
    async fn send(
        &self,
        methods: &Methods<'_>,
        method: &str,
        place: Value,
        content: Value,
        alert: &Alert,
    ) -> Result<String, Trouble> {
        let sent = match methods.call(method, &placed(&place, content)).await {
            Err(Trouble::Never(reason)) if is_about_content(&reason) => {
                methods.call(method, &placed(&place, self.plainly(alert, &reason))).await?
            }
            other => other?,
        };
        Ok(sent.ts.unwrap_or_default())
    }

    fn plainly(&self, alert: &Alert, reason: &str) -> Value {
        tracing::warn!(reason, "Slack does not take the message; it goes out as plain text");
        render_plainly(alert, &self.appearance)
    }
}

fn placed(place: &Value, content: Value) -> Value {
    let mut message = place.as_object().cloned().unwrap_or_default();
    if let Value::Object(content) = content {
        message.extend(content);
    }
    Value::Object(message)
}

fn is_about_content(reason: &str) -> bool {
    [
        "invalid_blocks",
        "invalid_attachments",
        "msg_too_long",
        "msg_blocks_too_long",
        "invalid_payload",
        "no_text",
        "invalid_blocks_format",
    ]
    .iter()
    .any(|code| reason.contains(code))
}
