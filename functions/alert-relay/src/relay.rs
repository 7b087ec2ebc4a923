//! One alert on its way to Slack and, when it is critical, to whoever is on call.

use std::time::Duration;

use kimochi_domain::Severity;
use tokio::time::{Instant, sleep};

use crate::alert::{Alert, Fact, Link, State};
use crate::conversation::Conversation;
use crate::memory::{Claim, Destination, Reached};
use crate::message::{Message, understand};
use crate::secrets::Keys;
use crate::slack::{Access, Appearance, Delivered};
use crate::trouble::Trouble;
use crate::{App, Invocation, LAST_RESORT_FROM, graph, heartbeat};

/// How long one message about an alarm waits for another one about the same to be done.
const WAIT_FOR_ANOTHER: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// An alert, and what is known of it.
struct Errand<'a> {
    app: &'a App,
    keys: &'a Keys,
    message: &'a Message,
    alert: Alert,
    reached: Reached,
    /// Whether the table answers.
    is_remembered: bool,
    invocation: &'a Invocation,
}

/// Whether a message has reached everybody whom it has to reach.
pub(crate) async fn relay(app: &App, message: &Message, deliveries: u32, invocation: &Invocation) -> bool {
    let alert = with_runbook(understand(message), app.runbook_url.as_deref());
    let (reached, is_remembered) = match app.memory.claim_message(&message.id, &invocation.claimant).await {
        Claim::Ours(reached) => (reached, true),
        Claim::Unknown => (Reached::default(), false),
        Claim::Busy(reached) => {
            tracing::info!("another sandbox has, or had, the alert");
            return reached.slack && (reached.on_call || !is_for_on_call(&alert));
        }
    };
    let is_done = match app.secrets.keys().await {
        Ok(keys) => {
            let errand = Errand { app, keys: &keys, message, alert, reached, is_remembered, invocation };
            errand.run(deliveries).await
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the alert cannot be delivered");
            false
        }
    };
    if !is_done && is_remembered {
        app.memory.release_message(&message.id, &invocation.claimant).await;
    }
    is_done
}

impl Errand<'_> {
    async fn run(&self, deliveries: u32) -> bool {
        let (slack, on_call) = tokio::join!(self.to_slack(), self.to_on_call());
        if [&slack, &on_call].iter().any(|result| matches!(result, Err(Trouble::Unauthorized(_)))) {
            self.app.secrets.forget().await;
        }
        self.report(&slack, &on_call);
        match (slack, on_call) {
            (Ok(()), Ok(())) => true,
            (Err(_), Err(_)) => false,
            // One of two: the other one hears of it, when it is certain that waiting does not help.
            (Err(trouble), Ok(())) if is_hopeless(&trouble, deliveries) => {
                self.call(&with_note(&self.alert, "Slack に届きません", &trouble)).await.is_ok()
            }
            (Ok(()), Err(trouble)) if is_hopeless(&trouble, deliveries) => {
                self.post(&with_note(&self.alert, "PagerDuty に届きません", &trouble)).await.is_ok()
            }
            _ => false,
        }
    }

    async fn to_slack(&self) -> Result<(), Trouble> {
        if self.reached.slack {
            return Ok(());
        }
        let delivered = self.post(&self.alert).await?;
        if self.alert.is_heartbeat {
            heartbeat::count(&self.app.settings, &self.app.metrics_namespace).await;
        }
        if let Some(conversation) = delivered.conversation.filter(|_| delivered.is_new) {
            self.attach_graph(&conversation).await;
        }
        Ok(())
    }

    async fn to_on_call(&self) -> Result<(), Trouble> {
        if !is_for_on_call(&self.alert) || self.reached.on_call {
            return Ok(());
        }
        self.call(&self.alert).await
    }

    /// Brings `alert` to Slack, into the conversation that it belongs to, and remembers that.
    async fn post(&self, alert: &Alert) -> Result<Delivered, Trouble> {
        let app = self.app;
        let claimant = &self.invocation.claimant;
        let access = self.access()?;
        let key = alert.key.as_deref().filter(|_| self.is_remembered && matches!(access, Access::Token(_)));
        let claim = match key {
            Some(key) => self.claim_conversation(key).await,
            None => Claim::Unknown,
        };
        let (known, claimed) = match claim {
            Claim::Ours(known) => (known, key),
            Claim::Busy(_) | Claim::Unknown => (None, None),
        };
        let at = alert.at.unwrap_or_else(app.clock);
        let delivered =
            app.slack.deliver(&app.http, access, alert, at, known, self.invocation.deadline).await;

        let note_reached = async {
            if delivered.is_ok() && self.is_remembered {
                app.memory.note_reached(&self.message.id, Destination::Slack).await;
            }
        };
        let keep_conversation = async {
            let conversation = delivered.as_ref().ok().and_then(|delivered| delivered.conversation.as_ref());
            match (claimed, conversation) {
                (Some(key), Some(conversation)) => {
                    app.memory.keep_conversation(key, conversation, claimant).await;
                }
                (Some(key), None) => app.memory.release_conversation(key, claimant).await,
                (None, _) => (),
            }
        };
        tokio::join!(note_reached, keep_conversation);
        delivered
    }

    /// Waits for another sandbox that is at the same alarm, but not for long: order matters less than the alert.
    async fn claim_conversation(&self, key: &str) -> Claim<Option<Conversation>> {
        let patience = Instant::now() + WAIT_FOR_ANOTHER;
        loop {
            let claim = self.app.memory.claim_conversation(key, &self.invocation.claimant).await;
            if !matches!(claim, Claim::Busy(_)) || Instant::now() >= patience {
                return claim;
            }
            sleep(BETWEEN_LOOKS).await;
        }
    }

    async fn call(&self, alert: &Alert) -> Result<(), Trouble> {
        let Some(key) = &self.keys.pagerduty_routing_key else {
            return Err(Trouble::Unauthorized("no pagerduty_routing_key".to_owned()));
        };
        let Invocation { deadline, .. } = self.invocation;
        self.app.pagerduty.deliver(&self.app.http, key, alert, &self.message.id, *deadline).await?;
        if self.is_remembered {
            self.app.memory.note_reached(&self.message.id, Destination::OnCall).await;
        }
        Ok(())
    }

    /// The graph is worth having, and not worth waiting for: whatever goes wrong, the alert is there.
    async fn attach_graph(&self, conversation: &Conversation) {
        let (State::Raised, Some(graph)) = (self.alert.state, &self.alert.graph) else { return };
        let Ok(Access::Token(token)) = self.access() else { return };
        let Appearance { time_zone, .. } = &self.app.slack.appearance;
        let at = (self.app.clock)();
        let Some(png) = graph::draw(&self.app.settings, graph, &self.alert.title, at, time_zone).await else {
            return;
        };
        let deadline = self.invocation.deadline;
        let attached =
            self.app.slack.attach(&self.app.http, token, conversation, &self.alert.title, png, deadline);
        if let Err(trouble) = attached.await {
            tracing::info!(reason = trouble.reason(), "the alarm has no graph");
        }
    }

    fn access(&self) -> Result<Access<'_>, Trouble> {
        match (&self.keys.slack_bot_token, &self.keys.slack_webhook_url) {
            (Some(token), _) => Ok(Access::Token(token)),
            (None, Some(url)) => Ok(Access::Webhook(url)),
            (None, None) => {
                Err(Trouble::Unauthorized("neither slack_bot_token nor slack_webhook_url".to_owned()))
            }
        }
    }

    fn report(&self, slack: &Result<(), Trouble>, on_call: &Result<(), Trouble>) {
        let (severity, state) = (self.alert.severity.as_str(), format!("{:?}", self.alert.state));
        let reason = |result: &Result<(), Trouble>| result.as_ref().err().map(|t| t.reason().to_owned());
        if slack.is_ok() && on_call.is_ok() {
            tracing::info!(severity, state, "the alert is delivered");
        } else {
            let (slack, pagerduty) = (reason(slack), reason(on_call));
            tracing::error!(severity, state, slack, pagerduty, "the alert is not delivered");
        }
    }
}

fn is_for_on_call(alert: &Alert) -> bool {
    alert.severity == Severity::Critical
}

fn is_hopeless(trouble: &Trouble, deliveries: u32) -> bool {
    !matches!(trouble, Trouble::Later(_)) || deliveries >= LAST_RESORT_FROM
}

fn with_note(alert: &Alert, what: &str, trouble: &Trouble) -> Alert {
    let mut alert = alert.clone();
    alert.facts.insert(0, Fact::new(what, trouble.reason()));
    alert.for_slack = None;
    alert
}

/// The runbook as one link more: what the alert names is a part of ours, or an address of its own.
fn with_runbook(mut alert: Alert, runbook_url: Option<&str>) -> Alert {
    let url = alert.runbook.as_deref().and_then(|part| {
        if part.starts_with("https://") {
            Some(part.to_owned())
        } else {
            Some(format!("{}#{part}", runbook_url?))
        }
    });
    alert.links.extend(url.map(|url| Link { label: "手順書を開く", url }));
    alert
}
