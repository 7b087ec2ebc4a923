//! One alert on its way to Slack and, when it is critical, to whoever is on call.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kimochi_domain::Severity;
use tokio::time::{Instant, sleep, timeout};

use crate::alert::{Alert, Fact, State};
use crate::conversation::Conversation;
use crate::memory::{Claim, Destination, OnCall, Reached};
use crate::message::{Message, understand};
use crate::secrets::Keys;
use crate::slack::{Access, Appearance, Delivered};
use crate::trouble::Trouble;
use crate::{App, Invocation, LAST_RESORT_FROM, graph, heartbeat};

/// How long one message about an alarm waits for another one about the same to be done.
const WAIT_FOR_ANOTHER: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);
/// How long the graph may keep the next alert waiting.
const FOR_THE_GRAPH: Duration = Duration::from_secs(8);

/// An alert, and what is known of it.
struct Errand<'a> {
    app: &'a App,
    keys: Arc<Keys>,
    message: &'a Message,
    alert: Alert,
    deliveries: u32,
    /// Whether the table answers.
    is_remembered: bool,
    invocation: &'a Invocation,
}

/// Whether a message has reached everybody whom it has to reach.
#[tracing::instrument(skip_all, fields(message.id = message.id))]
pub(crate) async fn relay(app: &App, message: &Message, deliveries: u32, invocation: &Invocation) -> bool {
    let alert = understand(message, app.runbook_url.as_deref());
    let (reached, is_remembered) = match app.memory.claim_message(&message.id, &invocation.claimant).await {
        Claim::Ours(reached) => (reached, true),
        Claim::Unknown => (Reached::default(), false),
        Claim::Busy(reached) => {
            tracing::info!("another sandbox has, or had, the alert");
            return reached.slack && (reached.on_call || alert.severity != Severity::Critical);
        }
    };
    let is_done = match app.secrets.keys().await {
        Ok(keys) => {
            let errand = Errand { app, keys, message, alert, deliveries, is_remembered, invocation };
            errand.run(reached).await
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
    async fn run(mut self, reached: Reached) -> bool {
        let is_last_resort = self.deliveries >= LAST_RESORT_FROM;
        let end = self.invocation.deadline;
        // Half of the time is the other destination's, where it may have to hear of the alert instead.
        let half = end.saturating_duration_since(Instant::now()) / 2;
        let deadline = if is_last_resort { end - half } else { end };
        let (mut slack, mut on_call) =
            tokio::join!(self.to_slack(reached.slack, deadline), self.to_on_call(reached.on_call, deadline));
        if [&slack, &on_call].iter().any(|result| matches!(result, Err(Trouble::Unauthorized(_))))
            && let Some(keys) = self.app.secrets.read_anew(&self.keys).await
        {
            self.keys = keys;
            (slack, on_call) = tokio::join!(
                self.to_slack(slack.is_ok(), deadline),
                self.to_on_call(on_call.is_ok(), deadline)
            );
        }
        self.report(&slack, &on_call);
        let is_hopeless = |trouble: &Trouble| is_last_resort || !matches!(trouble, Trouble::Later(_));
        match (slack, on_call) {
            (Ok(()), Ok(())) => true,
            (Err(_), Err(_)) => false,
            // One of two: the other one hears of it, when it is certain that waiting does not help.
            (Err(trouble), Ok(())) if is_hopeless(&trouble) => {
                let alert = with_note(&self.alert, "Slack に届きません", &trouble);
                self.note_open().await;
                self.call(&alert, end).await.is_ok()
            }
            (Ok(()), Err(trouble)) if is_hopeless(&trouble) => {
                let alert = with_note(&self.alert, "PagerDuty に届きません", &trouble);
                self.post(&alert, end).await.is_ok()
            }
            _ => false,
        }
    }

    async fn to_slack(&self, has_it: bool, deadline: Instant) -> Result<(), Trouble> {
        if has_it {
            return Ok(());
        }
        let delivered = self.post(&self.alert, deadline).await?;
        if self.alert.is_heartbeat {
            heartbeat::count(&self.app.settings, &self.app.metrics_namespace).await;
        }
        if let Some(conversation) = delivered.conversation.filter(|_| delivered.is_new) {
            let attached = timeout(FOR_THE_GRAPH, self.attach_graph(&conversation, deadline)).await;
            if attached.is_err() {
                tracing::info!(reason = "timeout", "the alert has no graph");
            }
        }
        Ok(())
    }

    /// Whoever is on call hears of what is critical, and of the end of what they were told, however urgent it is by now.
    /// Nobody is woken by missing data.
    async fn to_on_call(&self, has_it: bool, deadline: Instant) -> Result<(), Trouble> {
        let is_critical = self.alert.severity == Severity::Critical;
        let is_over = self.alert.state == State::Resolved;
        if has_it || self.keys.pagerduty_routing_key.is_none() || self.alert.state == State::Unclear {
            return Ok(());
        }
        let may_be_open = is_over && self.is_remembered;
        if !is_critical && !may_be_open {
            return Ok(());
        }
        if self.alert.state == State::Event {
            return self.call(&self.alert, deadline).await;
        }
        match self.incident(!is_over).await {
            OnCall::Overtaken => {
                tracing::info!("whoever is on call knows something newer");
                return Ok(());
            }
            OnCall::Newest { is_open: false } if is_over && !is_critical => return Ok(()),
            OnCall::Unknown if !is_critical => return Ok(()),
            OnCall::Newest { .. } | OnCall::Unknown => (),
        }
        self.call(&self.alert, deadline).await?;
        if let (true, Some(key)) = (is_over && self.is_remembered, &self.alert.key) {
            self.app.memory.close_on_call(key).await;
        }
        Ok(())
    }

    /// What is known of the incident that the alert is about.
    async fn incident(&self, opens: bool) -> OnCall {
        match self.alert.key.as_deref().filter(|_| self.is_remembered) {
            Some(key) => self.app.memory.note_on_call(key, self.at(), opens).await,
            None => OnCall::Unknown,
        }
    }

    /// Somebody is woken in Slack's place: they are to hear of the end, too.
    async fn note_open(&self) {
        if self.alert.state == State::Raised {
            self.incident(true).await;
        }
    }

    fn at(&self) -> Timestamp {
        self.alert.at.unwrap_or_else(self.app.clock)
    }

    /// Brings `alert` to Slack, into the conversation that it belongs to, and remembers that.
    async fn post(&self, alert: &Alert, deadline: Instant) -> Result<Delivered, Trouble> {
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
            // What is over can wait for the first message to be there; what begins cannot.
            Claim::Busy(_) if alert.state == State::Resolved && self.deliveries < LAST_RESORT_FROM => {
                return Err(Trouble::Later("another sandbox is at the alarm".to_owned()));
            }
            Claim::Busy(_) | Claim::Unknown => (None, None),
        };
        let at = self.at();
        let delivered = app.slack.deliver(&app.http, access, alert, at, known, deadline).await;

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

    async fn call(&self, alert: &Alert, deadline: Instant) -> Result<(), Trouble> {
        let Some(key) = &self.keys.pagerduty_routing_key else {
            return Err(Trouble::Never("no pagerduty_routing_key".to_owned()));
        };
        self.app.pagerduty.deliver(&self.app.http, key, alert, &self.message.id, deadline).await?;
        if self.is_remembered {
            self.app.memory.note_reached(&self.message.id, Destination::OnCall).await;
        }
        Ok(())
    }

    /// The graph is worth having, and not worth waiting for: whatever goes wrong, the alert is there.
    async fn attach_graph(&self, conversation: &Conversation, deadline: Instant) {
        let (State::Raised | State::Event, Some(graph)) = (self.alert.state, &self.alert.graph) else {
            return;
        };
        let Ok(Access::Token(token)) = self.access() else { return };
        let Appearance { time_zone, .. } = &self.app.slack.appearance;
        let at = (self.app.clock)();
        let Some(png) = graph::draw(&self.app.settings, graph, &self.alert.title, at, time_zone).await else {
            return;
        };
        let attached =
            self.app.slack.attach(&self.app.http, token, conversation, &self.alert.title, png, deadline);
        if let Err(trouble) = attached.await {
            tracing::info!(reason = trouble.reason(), "the alert has no graph");
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

fn with_note(alert: &Alert, what: &str, trouble: &Trouble) -> Alert {
    let mut alert = alert.clone();
    alert.facts.insert(0, Fact::new(what, trouble.reason()));
    alert.for_slack = None;
    alert
}
