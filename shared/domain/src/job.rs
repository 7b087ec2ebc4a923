//! Work that is recorded in `job_runs`.

use crate::text_enum::text_enum;

/// How often a piece of work is tried before it is given up (operations document, 2.2.2).
pub const MAX_ATTEMPTS: i16 = 3;

text_enum! {
    /// What kind of work a run does.
    pub enum JobKind as "job kind" {
        /// One voice note to text.
        Transcribe = "transcribe",
        /// Removal, for good, of what was deleted and of families that left.
        Purge = "purge",
        /// Moving on what got stuck: uploads that never came, attempts whose sandbox died.
        Stale = "stale",
        /// Objects without a recording, and recordings without an object.
        Orphans = "orphans",
        /// A digest of each day of the audit log, chained to that of the day before.
        Seal = "seal",
        /// Old rows of logs to the bucket, and then out of the database.
        Retention = "retention",
        /// Whether the audit log is as it was written.
        Verify = "verify",
        /// How full the bucket is, and how fast it fills.
        Capacity = "capacity",
        /// Counting who did unusually much of what may be a sign of misuse.
        Misuse = "misuse",
        /// The report of a day.
        ReportDaily = "report_daily",
        /// The report of a week.
        ReportWeekly = "report_weekly",
        /// The report of a month.
        ReportMonthly = "report_monthly",
        /// What another run finds missing, stuck or failed.
        Watch = "watch",
    }
}

text_enum! {
    /// How a run stands.
    pub enum JobStatus as "job status" {
        /// Under way, or its sandbox died without a word.
        Running = "running",
        /// Did what it was for.
        Succeeded = "succeeded",
        /// Ended with an error.
        Failed = "failed",
    }
}
