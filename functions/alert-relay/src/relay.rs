//! One alert on its way to Slack and, when it is critical, to whoever is on call.

use kimochi_domain::Severity;
use tokio::time::Instant;

use crate::alert::{Alert, Fact};
use crate::message::{Message, understand};
use crate::outcome::Outcome;
use crate::secrets::Keys;
use crate::slack::Access;
use crate::{App, LAST_RESORT_FROM};

/// Whether a message has reached everybody whom it has to reach.
pub(crate) async fn relay(app: &App, message: &Message, deliveries: u32, deadline: Instant) -> bool {
    let alert = understand(message);
    let keys = match app.secrets.keys().await {
        Ok(keys) => keys,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the alert cannot be delivered");
            return false;
        }
    };
    let slack = to_slack(app, &keys, &alert, deadline).await;
    let on_call = if alert.severity == Severity::Critical {
        to_on_call(app, &keys, &alert, &message.id, deadline).await
    } else {
        Outcome::Delivered
    };
    if [&slack, &on_call].iter().any(|outcome| matches!(outcome, Outcome::Unauthorized(_))) {
        app.secrets.forget().await;
    }
    report(&alert, &slack, &on_call);

    match (slack.is_delivered(), on_call.is_delivered()) {
        (true, true) => true,
        (false, false) => false,
        // One of two: the other one hears of it, when it is certain that waiting does not help.
        (false, true) if is_hopeless(&slack, deliveries) => {
            let alert = with_note(&alert, "Slack に届きません", slack.reason());
            to_on_call(app, &keys, &alert, &message.id, deadline).await.is_delivered()
        }
        (true, false) if is_hopeless(&on_call, deliveries) => {
            let alert = with_note(&alert, "PagerDuty に届きません", on_call.reason());
            to_slack(app, &keys, &alert, deadline).await.is_delivered()
        }
        _ => false,
    }
}

async fn to_slack(app: &App, keys: &Keys, alert: &Alert, deadline: Instant) -> Outcome {
    let access = match (&keys.slack_bot_token, &keys.slack_webhook_url) {
        (Some(token), _) => Access::Token(token),
        (None, Some(url)) => Access::Webhook(url),
        (None, None) => {
            return Outcome::Unauthorized("neither slack_bot_token nor slack_webhook_url".to_owned());
        }
    };
    app.slack.deliver(&app.http, access, alert, deadline).await
}

async fn to_on_call(app: &App, keys: &Keys, alert: &Alert, message_id: &str, deadline: Instant) -> Outcome {
    match &keys.pagerduty_routing_key {
        Some(key) => app.pagerduty.deliver(&app.http, key, alert, message_id, deadline).await,
        None => Outcome::Unauthorized("no pagerduty_routing_key".to_owned()),
    }
}

fn is_hopeless(outcome: &Outcome, deliveries: u32) -> bool {
    !matches!(outcome, Outcome::Later(_)) || deliveries >= LAST_RESORT_FROM
}

fn with_note(alert: &Alert, what: &str, reason: &str) -> Alert {
    let mut alert = alert.clone();
    alert.facts.insert(0, Fact::new(what, reason));
    alert.for_slack = None;
    alert
}

fn report(alert: &Alert, slack: &Outcome, on_call: &Outcome) {
    let (severity, state) = (alert.severity.as_str(), format!("{:?}", alert.state));
    if slack.is_delivered() && on_call.is_delivered() {
        tracing::info!(severity, state, "the alert is delivered");
    } else {
        tracing::error!(
            severity,
            state,
            slack = slack.reason(),
            pagerduty = on_call.reason(),
            "the alert is not delivered"
        );
    }
}
