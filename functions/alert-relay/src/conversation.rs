//! What Slack already shows of an alarm, and what a further message about it does there: one message for one incident.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, Fact, State};
use crate::slack::MAX_FACTS;

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
    /// Whether its changes are counted at the moment.
    pub(crate) is_flapping: bool,
}

/// From when on an alarm that comes and goes is counted instead of told. It is told again once half as many changes are
/// left within the time, so that it does not begin to flap and calm down in turn.
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
    /// It came and went this often: the first message counts, and that it does is told when it begins to.
    Count { transitions: usize, is_first: bool },
}

/// What to do with an alert that happened `at`, given what is there.
pub(crate) fn step(
    known: Option<&Conversation>,
    alert: &Alert,
    at: Timestamp,
    channel: &str,
    flapping: Flapping,
) -> Step {
    let Some(known) = known else { return Step::Post };
    let is_here = known.channel == channel;
    if alert.state == State::Event || known.state == State::Event {
        let is_recent = at.duration_since(known.began_at) < THREAD_OF_EVENTS;
        let belongs = alert.state == known.state && is_here && is_recent;
        return if belongs { Step::Reply { is_broadcast: true } } else { Step::Post };
    }
    // It was overtaken: what came after it is shown already.
    if at < known.changed_at {
        return if is_here { Step::Reply { is_broadcast: false } } else { Step::Post };
    }
    if let Some(transitions) = counted(known, alert, at, flapping) {
        return Step::Count { transitions, is_first: !known.is_flapping };
    }
    match (known.state, alert.state) {
        // Wherever the first message is: it must not stay red.
        (State::Raised | State::Unclear, State::Resolved) => {
            Step::Close { lasted: at.duration_since(known.began_at) }
        }
        _ if !is_here => Step::Post,
        (State::Resolved | State::Unclear, State::Raised) => Step::Post,
        _ => Step::Reply { is_broadcast: false },
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
    if known.as_ref().is_some_and(|known| alert.state != State::Event && at < known.changed_at) {
        return known;
    }
    let transitions = match &known {
        Some(known) => recent(known, alert, at, flapping),
        None if alert.state == State::Raised => vec![at],
        None => Vec::new(),
    };
    let is_flapping = known.as_ref().is_some_and(|known| counted(known, alert, at, flapping).is_some());
    match (posted, known) {
        (Some(ts), _) => Some(Conversation {
            channel: channel.to_owned(),
            ts,
            first: kept(alert),
            state: alert.state,
            began_at: at,
            changed_at: at,
            transitions,
            is_flapping: false,
        }),
        // Missing data say nothing of how it stands.
        (None, Some(known)) if alert.state == State::Unclear => Some(known),
        (None, Some(known)) => {
            Some(Conversation { state: alert.state, changed_at: at, transitions, is_flapping, ..known })
        }
        (None, None) => None,
    }
}

/// How often it changed, if that is often enough to be counted.
fn counted(known: &Conversation, alert: &Alert, at: Timestamp, flapping: Flapping) -> Option<usize> {
    let transitions = recent(known, alert, at, flapping).len();
    let is_change = is_change(known, alert);
    let limit = if known.is_flapping { flapping.transitions / 2 } else { flapping.transitions };
    (is_change && transitions > limit).then_some(transitions)
}

/// The changes that count for flapping, this one included if it is one.
fn recent(known: &Conversation, alert: &Alert, at: Timestamp, flapping: Flapping) -> Vec<Timestamp> {
    let all = known.transitions.iter().copied().chain(is_change(known, alert).then_some(at));
    all.filter(|change| at.duration_since(*change) <= flapping.within).collect()
}

fn is_change(known: &Conversation, alert: &Alert) -> bool {
    alert.state != known.state && matches!(alert.state, State::Raised | State::Resolved)
}

/// As much of an alert as Slack shows: a row of the table has 400 KB.
fn kept(alert: &Alert) -> Alert {
    let cut = |text: &str, limit| text.chars().take(limit).collect::<String>();
    let facts = alert
        .facts
        .iter()
        .take(MAX_FACTS)
        .map(|fact| Fact::new(cut(&fact.name, 200), cut(&fact.value, 2_000)));
    Alert {
        title: cut(&alert.title, 1_000),
        description: cut(&alert.description, 4_000),
        facts: facts.collect(),
        next_steps: alert.next_steps.iter().take(20).map(|step| cut(step, 1_000)).collect(),
        ..alert.clone()
    }
}

#[cfg(test)]
mod tests {
    use kimochi_domain::Severity;

    use super::*;

    const FLAPPING: Flapping = Flapping { transitions: 6, within: SignedDuration::from_mins(30) };

    /// Alerts `(state, seconds)` of one alarm, and what each does.
    fn steps(alerts: impl IntoIterator<Item = (State, i64)>) -> Vec<Step> {
        let mut known = None;
        let noon: Timestamp = "2026-04-01T12:00:00Z".parse().unwrap();
        let mut done = Vec::new();
        for (state, seconds) in alerts {
            let at = noon + SignedDuration::from_secs(seconds);
            let alert = Alert { state, ..Alert::event(Severity::Warning, "a") };
            let step = step(known.as_ref(), &alert, at, "C1", FLAPPING);
            let posted = (step == Step::Post).then(|| "1.1".to_owned());
            known = after(known, &alert, at, "C1", FLAPPING, posted);
            done.push(step);
        }
        done
    }

    fn changes(count: i64, every: i64) -> impl Iterator<Item = (State, i64)> {
        (0..count).map(move |n| (if n % 2 == 0 { State::Raised } else { State::Resolved }, n * every))
    }

    #[test]
    fn an_alarm_that_goes_on_flapping_is_announced_once() {
        for every in [60, 270, 300] {
            let steps = steps(changes(60, every));

            let announced =
                steps.iter().filter(|step| matches!(step, Step::Count { is_first: true, .. })).count();
            let counted = steps.iter().filter(|step| matches!(step, Step::Count { .. })).count();
            assert_eq!((announced, counted), (1, 54), "every {every} s");
        }
    }

    #[test]
    fn slow_changes_are_told_each() {
        assert!(steps(changes(60, 301)).iter().all(|step| !matches!(step, Step::Count { .. })));
    }

    #[test]
    fn counting_ends_when_it_has_calmed_down() {
        let quiet = [(State::Resolved, 9_000), (State::Raised, 9_100)];

        let steps = steps(changes(10, 60).chain(quiet));

        assert_eq!(steps[10], Step::Reply { is_broadcast: false });
        assert_eq!(steps[11], Step::Post);
    }

    #[test]
    fn missing_data_change_nothing_that_is_shown() {
        use State::{Raised, Resolved, Unclear};
        let reply = || Step::Reply { is_broadcast: false };
        let close = |seconds| Step::Close { lasted: SignedDuration::from_secs(seconds) };

        assert_eq!(steps([(Raised, 0), (Unclear, 60), (Resolved, 90)]), [Step::Post, reply(), close(90)]);
        assert_eq!(steps([(Resolved, 0), (Unclear, 60), (Resolved, 90)]), [Step::Post, reply(), reply()]);
        assert_eq!(steps([(Unclear, 0), (Unclear, 60), (Resolved, 90)]), [Step::Post, reply(), close(90)]);
        assert_eq!(steps([(Unclear, 0), (Raised, 60)]), [Step::Post, Step::Post]);
    }

    #[test]
    fn what_is_over_is_closed_where_it_is_shown() {
        let at: Timestamp = "2026-04-01T12:00:00Z".parse().unwrap();
        let alert = |state| Alert { state, ..Alert::event(Severity::Warning, "a") };
        let known = after(None, &alert(State::Raised), at, "C1", FLAPPING, Some("1.1".to_owned()));

        let elsewhere = |state| step(known.as_ref(), &alert(state), at, "C2", FLAPPING);

        assert_eq!(elsewhere(State::Resolved), Step::Close { lasted: SignedDuration::ZERO });
        assert_eq!(elsewhere(State::Raised), Step::Post);
    }

    #[test]
    fn a_long_alert_fits_into_a_row() {
        let long = || "よ".repeat(100_000);
        let facts = (0..1_000).map(|_| Fact::new(long(), long())).collect();
        let alert = Alert { description: long(), facts, ..Alert::event(Severity::Warning, long()) };

        assert!(serde_json::to_string(&kept(&alert)).unwrap().len() < 300_000);
    }
}
