//! What Slack already shows of an alarm, and what a further message about it does there: one message for one incident.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, State};

/// Events that belong together stay in one thread this long.
const THREAD_OF_EVENTS: SignedDuration = SignedDuration::from_hours(24);

/// A message in Slack, and what it shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Conversation {
    /// Where it is.
    pub(crate) channel: String,
    /// Slack's name of it.
    pub(crate) ts: String,
    /// What it was made from.
    pub(crate) first: Alert,
    /// How things stand.
    pub(crate) state: State,
    /// Since when it is this incident.
    pub(crate) began_at: Timestamp,
    /// When the newest message about it happened.
    pub(crate) changed_at: Timestamp,
    /// When it went from one state to the other, as far as it matters for [`Flapping`].
    pub(crate) transitions: Vec<Timestamp>,
}

/// From when on an alarm that comes and goes is counted instead of told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flapping {
    /// More changes than these …
    pub transitions: usize,
    /// … within this time.
    pub within: SignedDuration,
}

/// What a message does in Slack.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// It stands for itself.
    Post,
    /// It goes into the thread of the first message; shown in the channel as well, when nobody would look there.
    Reply { is_broadcast: bool },
    /// It is over: the first message says so, and the thread does.
    Close { lasted: SignedDuration },
    /// It came and went this often: the first message counts.
    Count { transitions: usize },
}

/// What to do with an alert, given what is there. `at` is when it happened.
pub(crate) fn step(
    known: Option<&Conversation>,
    alert: &Alert,
    at: Timestamp,
    channel: &str,
    flapping: Flapping,
) -> Step {
    let Some(known) = known.filter(|known| known.channel == channel) else { return Step::Post };
    if alert.state == State::Event {
        let is_recent = known.state == State::Event && at.duration_since(known.began_at) < THREAD_OF_EVENTS;
        return if is_recent { Step::Reply { is_broadcast: true } } else { Step::Post };
    }
    if known.state == State::Event {
        return Step::Post;
    }
    // It was overtaken: what came after it is shown already.
    if at < known.changed_at {
        return Step::Reply { is_broadcast: false };
    }
    let transitions = recent(known, alert, at, flapping).len();
    if alert.state != known.state && alert.state != State::Unclear && transitions > flapping.transitions {
        return Step::Count { transitions };
    }
    match (known.state, alert.state) {
        (State::Raised, State::Resolved) => Step::Close { lasted: at.duration_since(known.began_at) },
        (State::Raised, _) | (State::Resolved, State::Resolved) => Step::Reply { is_broadcast: false },
        _ => Step::Post,
    }
}

/// What is there after the step was done; `posted` is Slack's name of the message that a [`Step::Post`] made in `channel`.
pub(crate) fn after(
    known: Option<Conversation>,
    alert: &Alert,
    at: Timestamp,
    channel: &str,
    flapping: Flapping,
    posted: Option<String>,
) -> Option<Conversation> {
    let transitions = match &known {
        Some(known) => recent(known, alert, at, flapping),
        None if alert.state == State::Raised => vec![at],
        None => Vec::new(),
    };
    match (posted, known) {
        (Some(ts), _) => Some(Conversation {
            channel: channel.to_owned(),
            ts,
            first: alert.clone(),
            state: alert.state,
            began_at: at,
            changed_at: at,
            transitions,
        }),
        (None, Some(known)) if at < known.changed_at || alert.state == State::Unclear => Some(known),
        (None, Some(known)) => {
            Some(Conversation { state: alert.state, changed_at: at, transitions, ..known })
        }
        (None, None) => None,
    }
}

/// The changes that count for flapping, this one included if it is one.
fn recent(known: &Conversation, alert: &Alert, at: Timestamp, flapping: Flapping) -> Vec<Timestamp> {
    let is_change = alert.state != known.state && matches!(alert.state, State::Raised | State::Resolved);
    let all = known.transitions.iter().copied().chain(is_change.then_some(at));
    all.filter(|change| at.duration_since(*change) <= flapping.within).collect()
}
