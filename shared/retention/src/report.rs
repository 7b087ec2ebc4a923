//! What a run did, and what it found.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

/// Problems beyond this number are only counted.
const MAX_PROBLEMS: usize = 1_000;

/// What [`archive_audit_logs`](crate::archive_audit_logs) or [`archive_job_runs`](crate::archive_job_runs) did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ArchiveReport {
    /// Archives that were verified.
    pub archives: u64,
    /// Rows in them.
    pub rows: u64,
    /// Rows that were removed from the table: the same number, unless a family's erasure was quicker.
    pub removed: u64,
    /// Size of the archives.
    pub bytes: u64,
    /// Months of `audit_logs` whose empty partition was dropped.
    pub dropped_months: u64,
    /// Days whose rows are not those that were sealed: they stay in the table. Someone has to look, with
    /// [`verify_audit`](crate::verify_audit).
    pub broken_days: Vec<Date>,
    /// Whether nothing is left to do: `false` when time ended first, or a day is broken.
    pub complete: bool,
}

/// What [`seal_days`](crate::seal_days) did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SealReport {
    /// Days that were sealed.
    pub days: u64,
    /// Rows that their seals cover.
    pub rows: u64,
    /// How many of these had come too late for the seal of their own day.
    pub late_rows: u64,
    /// The last day that is sealed.
    pub last_day: Option<Date>,
    /// Its digest: in a log that nobody can write to it proves later that the chain up to here is still the same.
    pub last_digest: Option<String>,
    /// Whether all days are sealed that can be: `false` when time ended first, or somebody was still writing.
    pub complete: bool,
}

/// What [`verify_audit`](crate::verify_audit) found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Days that were compared with their seals.
    pub days: u64,
    /// Rows that were read, from archives and from the table.
    pub rows: u64,
    /// Archives that were read.
    pub archives: u64,
    /// The first of the days.
    pub first_day: Option<Date>,
    /// The last of the days.
    pub last_day: Option<Date>,
    /// The digest of the last day, to be compared with what [`SealReport::last_digest`] said then.
    pub last_digest: Option<String>,
    /// What is not as it was written, day by day; the first thousand.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub more_problems: u64,
    /// The day to go on from, when time ended first.
    pub next_day: Option<Date>,
}

impl VerifyReport {
    /// Whether everything up to the last seal was compared, and is as it was written.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty() && self.next_day.is_none()
    }

    pub(crate) fn add(&mut self, problem: Problem) {
        tracing::error!(?problem, "the audit log is not as it was written");
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.more_problems += 1;
        }
    }
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Problem {
    /// A row is there, but not as it was sealed.
    ChangedRow {
        /// The day whose seal covers it.
        day: Date,
        /// When it says that it happened.
        at: Timestamp,
        /// Which row.
        id: Uuid,
        /// `audit_logs`, or the key of the archive.
        found_in: String,
    },
    /// A row that was sealed is nowhere.
    MissingRow {
        /// The day whose seal covers it.
        day: Date,
        /// When it happened.
        at: Timestamp,
        /// Which row.
        id: Uuid,
    },
    /// A row is there that was never sealed.
    AddedRow {
        /// The day with which it would have been sealed.
        day: Date,
        /// When it says that it happened.
        at: Timestamp,
        /// Which row.
        id: Uuid,
        /// `audit_logs`, or the key of the archive.
        found_in: String,
    },
    /// The seal does not continue from the one of the day before.
    BrokenLink {
        /// The day of the seal.
        day: Date,
    },
    /// There is no seal of this day, although there are later ones.
    MissingSeal {
        /// The day.
        day: Date,
    },
    /// The rows are those that are listed with the seal, but it is not their digest.
    WrongSeal {
        /// The day of the seal.
        day: Date,
    },
    /// The rows are those of the seal, but others are listed with it.
    WrongRowList {
        /// The day of the seal.
        day: Date,
    },
    /// An archive is not in the bucket.
    MissingArchive {
        /// The day of its rows.
        day: Date,
        /// Its key.
        key: String,
    },
    /// An archive is not as it was when it was verified.
    DamagedArchive {
        /// The day of its rows.
        day: Date,
        /// Its key.
        key: String,
    },
    /// The manifest of an archive is not in the bucket.
    MissingManifest {
        /// The day of the rows.
        day: Date,
        /// The key of the archive.
        key: String,
    },
    /// The manifest says something else of the archive than what was verified.
    WrongManifest {
        /// The day of the rows.
        day: Date,
        /// The key of the archive.
        key: String,
    },
}
