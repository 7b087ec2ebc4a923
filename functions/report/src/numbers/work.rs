//! What functions did on their own, what waits, and who did what.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// Somebody's reading is worth a look if it is more than so many times what they usually do …
const UNUSUAL_TIMES: f64 = 3.0;
/// … where who has done nothing so far, or next to nothing, counts as somebody who usually does it so often.
const USUALLY_AT_LEAST: f64 = 10.0;

/// How runs of one kind went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KindOfWork {
    /// What was done.
    pub kind: String,
    /// Runs that did what they were for.
    pub succeeded: i64,
    /// Runs that did not.
    pub failed: i64,
    /// Runs that have not ended.
    pub running: i64,
    /// Codes of errors, and how many runs each ended.
    pub codes: BTreeMap<String, i64>,
}

/// What waits at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// What it is.
    pub what: String,
    /// How many.
    pub waiting: i64,
    /// Since when the oldest does.
    pub since: Option<Timestamp>,
}

/// So often something was done or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deed {
    /// What, such as `recording.play`.
    pub action: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// `parent`, `operator` or `function`.
    pub actor_kind: String,
    /// How often.
    pub deeds: i64,
    /// By how many.
    pub actors: i64,
}

/// Somebody who read or was refused often.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reader {
    /// `parent` or `operator`.
    pub actor_kind: String,
    /// A family's id, or the `sub` of an operator's token.
    pub actor: String,
    /// What they did.
    pub action: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// How often.
    pub deeds: i64,
    /// The median of the four periods before.
    pub usually: f64,
    /// Whether that is far more than usual.
    pub is_unusual: bool,
}

impl Reader {
    /// Whether so many are far more than usual.
    pub(crate) fn is_unusual(deeds: i64, usually: f64) -> bool {
        deeds as f64 > usually.max(USUALLY_AT_LEAST) * UNUSUAL_TIMES
    }
}

impl Deed {
    /// How often something was refused, all in all.
    pub fn refused(deeds: &[Self]) -> i64 {
        deeds.iter().filter(|deed| deed.outcome == "refused").map(|deed| deed.deeds).sum()
    }

    /// How often something was done.
    pub fn done(deeds: &[Self], action: &str) -> i64 {
        let of_it = deeds.iter().filter(|deed| deed.action == action && deed.outcome == "done");
        of_it.map(|deed| deed.deeds).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusual_is_what_is_both_often_and_far_more_than_before() {
        for (deeds, usually, is_unusual) in [
            (30, 0.0, false),
            (31, 0.0, true),
            (30, 10.0, false),
            (31, 10.0, true),
            (60, 20.0, false),
            (61, 20.0, true),
        ] {
            assert_eq!(Reader::is_unusual(deeds, usually), is_unusual, "{deeds} {usually}");
        }
    }
}
