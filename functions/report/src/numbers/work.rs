//! What functions did on their own, what waits, and who did what.

use std::collections::{BTreeMap, BTreeSet};

use kimochi_store::reports::{Deeds, Reader};
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

/// Whether somebody does it far more than usual.
pub(crate) fn is_unusual(reader: &Reader) -> bool {
    reader.deeds as f64 > reader.usually.max(USUALLY_AT_LEAST) * UNUSUAL_TIMES
}

/// How many they are: somebody may stand there for several things.
pub(crate) fn people(readers: &[Reader]) -> usize {
    readers.iter().map(|reader| (&reader.actor_kind, &reader.actor)).collect::<BTreeSet<_>>().len()
}

/// How often something was refused, all in all.
pub(crate) fn refused(deeds: &[Deeds]) -> i64 {
    deeds.iter().filter(|deed| deed.outcome == "refused").map(|deed| deed.deeds).sum()
}

/// How often something was done.
pub(crate) fn done(deeds: &[Deeds], action: &str) -> i64 {
    let of_it = deeds.iter().filter(|deed| deed.action == action && deed.outcome == "done");
    of_it.map(|deed| deed.deeds).sum()
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
            let reader = reader("a", deeds, usually);
            assert_eq!(super::is_unusual(&reader), is_unusual, "{deeds} {usually}");
        }
    }

    #[test]
    fn who_stands_there_twice_is_one() {
        assert_eq!(people(&[reader("a", 40, 0.0), reader("a", 50, 0.0), reader("b", 60, 0.0)]), 2);
    }

    fn reader(actor: &str, deeds: i64, usually: f64) -> Reader {
        let [actor_kind, actor, action, outcome] =
            ["parent", actor, "recording.play", "done"].map(str::to_owned);
        Reader { actor_kind, actor, action, outcome, deeds, usually }
    }
}
