//! How much one run may do, and what it leaves alone.

use jiff::{SignedDuration, Timestamp};
use kimochi_store::purge::Batch;

/// How long after it was deleted something is left alone, unless a function is told otherwise. An upload URL lives for
/// three minutes, and nobody gets one for what is deleted: what it stores has arrived by then.
pub const QUIET_TIME: SignedDuration = SignedDuration::from_mins(10);

/// How long after it was deleted a recording is left alone for which nothing has arrived: S3 checks the URL when an upload
/// begins, and 10 MiB take an hour at 24 kbit/s.
pub const UPLOAD_TIME: SignedDuration = SignedDuration::from_hours(1);

/// How much one run may do.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// At most so many rows of a table in a transaction, and families and recordings at a time.
    pub batch: i64,
    /// How long after it was deleted something is left alone: [`QUIET_TIME`].
    pub quiet_time: SignedDuration,
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
    pub fn batch(&self) -> Batch {
        let now = self.now();
        Batch {
            marked_before: now - self.quiet_time,
            unarrived_marked_before: now - self.quiet_time.max(UPLOAD_TIME),
            now,
            limit: self.batch,
        }
    }
}
