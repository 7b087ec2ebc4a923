//! How much one run may do.

use jiff::{SignedDuration, Timestamp};
use kimochi_store::purge::Batch;

/// How long after it was deleted something is left alone. An upload URL lives for three minutes, and a slow upload that
/// began in time may end some minutes later: its object would come after we looked.
pub const QUIET_TIME: SignedDuration = SignedDuration::from_mins(10);

/// How much one run may do.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// At most so many families in a run, and rows of a table in a transaction.
    pub batch: i64,
    /// After this time no further step begins.
    pub until: Timestamp,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

impl Limits {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn time_is_up(&self) -> bool {
        self.now() >= self.until
    }

    /// A batch that begins now.
    pub(crate) fn batch(&self) -> Batch {
        let now = self.now();
        Batch { marked_before: now - QUIET_TIME, now, limit: self.batch }
    }
}
