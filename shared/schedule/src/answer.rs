//! What came of an invocation.

use serde::Serialize;
use serde_json::Value;

/// What came of an invocation.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Answer {
    /// The work was done, as far as there was time; numbers of its own.
    Done {
        /// For which period.
        period: String,
        /// What it did, or, in a rehearsal, would do.
        numbers: Value,
    },
    /// The period is done.
    AlreadyDone {
        /// Which one.
        period: String,
    },
    /// Another run of the kind is under way.
    Busy,
}
