//! What so many families ask for.

use super::Inputs;
use super::measured::Times;

/// Transactions that write, for a note: the upload is asked for, the log, transcribe's claim, what came of it.
const WRITES_A_NOTE: f64 = 4.0;

/// Of one family in a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Traffic {
    pub(super) notes: f64,
    pub(super) playbacks: f64,
    /// Pages of 50 logs.
    pub(super) lists: f64,
    /// Requests, by the function that answers.
    pub(super) presign: f64,
    pub(super) emotions: f64,
    pub(super) account: f64,
}

impl Traffic {
    pub(super) fn of(inputs: &Inputs) -> Self {
        let usage = &inputs.usage;
        let [notes, playbacks, openings] =
            [usage.notes, usage.playbacks, usage.openings].map(|a_day| a_day * usage.hours / 24.0);
        Self {
            notes,
            playbacks,
            lists: openings,
            presign: notes * (1.0 + usage.polls) + playbacks,
            emotions: notes + openings * (1.0 + usage.other_requests),
            account: openings,
        }
    }

    pub(super) fn requests(&self) -> f64 {
        self.presign + self.emotions + self.account
    }

    /// Requests to each function that answers HTTP, with its times.
    pub(super) fn http(&self, inputs: &Inputs) -> [(f64, Times); 3] {
        let measured = &inputs.measured;
        [
            (self.presign, measured.presign),
            (self.emotions, measured.emotions),
            (self.account, measured.account),
        ]
    }

    /// What the database works for it, in milliseconds, of which the second part may be read from a replica.
    pub(super) fn database_ms(&self, inputs: &Inputs) -> (f64, f64) {
        let measured = &inputs.measured;
        let [list, read, write] =
            [measured.list.waiting(), measured.account.waiting(), measured.presign.waiting()];
        let reads = self.presign + self.account - self.notes;
        let readable = self.lists * list + (self.emotions - self.notes - self.lists) * read;
        (self.notes * WRITES_A_NOTE * write + reads * read + readable, readable)
    }
}

/// Requests that run at once in the busiest minute, on average: to presign, emotions and account.
pub(super) fn http_at_once(families: f64, inputs: &Inputs) -> [f64; 3] {
    let usage = &inputs.usage;
    Traffic::of(inputs).http(inputs).map(|(requests, times)| {
        usage.per_second(families * requests) * times.billed_ms(usage) / 1_000.0 * usage.peak
    })
}

/// Notes that are in work at once in the busiest minute, on average.
pub(super) fn notes_at_once(families: f64, inputs: &Inputs) -> f64 {
    let usage = &inputs.usage;
    let notes = usage.per_second(families * Traffic::of(inputs).notes);
    notes * inputs.measured.note_ms(usage) / 1_000.0 * usage.note_peak
}

/// How many sandboxes serve this many requests at once on average: requests do not arrive evenly, so three standard
/// deviations more.
pub(super) fn sandboxes(average: f64) -> f64 {
    (average + 3.0 * average.sqrt()).ceil()
}

/// How many sandboxes of those that answer HTTP are busy in the busiest minute.
pub(super) fn http_sandboxes(families: f64, inputs: &Inputs) -> f64 {
    http_at_once(families, inputs).map(sandboxes).iter().sum()
}

/// The most families for which this does not exceed the limit; it grows with them.
pub(super) fn most_families(limit: f64, of: impl Fn(f64) -> f64) -> f64 {
    let (mut kept, mut exceeded) = (0_u64, 1_u64 << 40);
    while exceeded - kept > 1 {
        let middle = u64::midpoint(kept, exceeded);
        if of(middle as f64) <= limit { kept = middle } else { exceeded = middle }
    }
    kept as f64
}
