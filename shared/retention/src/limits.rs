//! How much one run may do at a time, and for how long things are kept.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_store::Exclusive;

/// How long job runs stay in the database, unless a function is told otherwise.
pub const JOB_RUNS_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long audit rows stay in the database, unless a function is told otherwise.
pub const AUDIT_LOGS_KEPT: SignedDuration = SignedDuration::from_hours(180 * 24);

/// How long after its end a day is sealed. A row has the time at which its request began, and a request ends within 15
/// minutes, the most that Lambda allows; the rest is for clocks that differ. What comes later still is not lost, but late:
/// the next day's seal covers it.
pub const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// The most rows of one archive. They are compared and removed in one statement, which has five seconds and needs less than
/// one (0.5 s for 20,000 rows, measured on two busy processors).
pub const PART_ROWS: usize = 5_000;

/// The most bytes of one archive's lines, before compression; it is in memory as a whole, compressed, twice.
pub const PART_BYTES: usize = 4 * 1024 * 1024;

/// Clocks that differ by more are worth a warning.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// How much one run may do.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// So many rows are read with one statement. `part_rows` is a multiple of it, or what is over is read again.
    pub batch: i64,
    /// At most so many rows in an archive: [`PART_ROWS`].
    pub part_rows: usize,
    /// About so many bytes of lines in an archive: [`PART_BYTES`].
    pub part_bytes: usize,
    /// After this time no further step begins. The one under way, an archive on its way to S3 and back, takes some
    /// seconds.
    pub until: Timestamp,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

impl Limits {
    /// The usual limits, for a run that ends at `until`.
    pub fn new(until: Timestamp, clock: fn() -> Timestamp) -> Self {
        Self { batch: 2_500, part_rows: PART_ROWS, part_bytes: PART_BYTES, until, clock }
    }

    pub(crate) fn time_is_up(&self) -> bool {
        (self.clock)() >= self.until
    }

    /// The time now, or that of the server if it is earlier: who is ahead must not remove or seal what is too young.
    pub(crate) fn now(&self, session: &Exclusive) -> Timestamp {
        let (ours, servers) = ((self.clock)(), session.opened_at());
        if ours.duration_since(servers) > CLOCKS_DIFFER {
            tracing::warn!(%ours, %servers, "our clock is ahead of the database's; the earlier time is taken");
        }
        ours.min(servers)
    }
}

/// The day of a moment in UTC.
pub(crate) fn utc_day(moment: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(moment).date()
}
