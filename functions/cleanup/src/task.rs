//! What is done on a schedule, and how often.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_domain::JobKind;
use serde::Deserialize;

/// What the function is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Which task.
    pub task: Task,
    /// Say what would be done, and do nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Do it although it is more than the fuse lets through.
    #[serde(default)]
    pub allow_large: bool,
    /// The day (UTC) with which [`Task::Verify`] begins; from the first seal on, or where a run left off, when it is `None`.
    #[serde(default)]
    pub from: Option<Date>,
}

/// What is done on a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// What was deleted goes for good, and families that left.
    Purge,
    /// What got stuck moves on.
    Stale,
    /// Objects without a recording, and recordings without an object.
    Orphans,
    /// Each finished day of the audit log gets its seal.
    Seal,
    /// Old rows of logs go to the bucket, and then out of the database.
    Retention,
    /// Whether the audit log is as it was written.
    Verify,
    /// How full the bucket is, how fast it fills, and when it will be full.
    Capacity,
    /// Who did unusually much of what may be a sign of misuse.
    Misuse,
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 8] = [
        Self::Purge,
        Self::Stale,
        Self::Orphans,
        Self::Seal,
        Self::Retention,
        Self::Verify,
        Self::Capacity,
        Self::Misuse,
    ];

    /// As `job_runs` calls it.
    pub const fn kind(self) -> JobKind {
        match self {
            Self::Purge => JobKind::Purge,
            Self::Stale => JobKind::Stale,
            Self::Orphans => JobKind::Orphans,
            Self::Seal => JobKind::Seal,
            Self::Retention => JobKind::Retention,
            Self::Verify => JobKind::Verify,
            Self::Capacity => JobKind::Capacity,
            Self::Misuse => JobKind::Misuse,
        }
    }

    /// How often it is done; the template's schedules say the same, and a test compares them.
    pub const fn every(self) -> SignedDuration {
        match self {
            Self::Purge => SignedDuration::from_mins(15),
            Self::Stale | Self::Misuse => SignedDuration::from_hours(1),
            Self::Orphans | Self::Seal | Self::Retention | Self::Capacity => SignedDuration::from_hours(24),
            Self::Verify => SignedDuration::from_hours(7 * 24),
        }
    }

    /// The period that a run at this time is for: no two runs share one. A quarter of an hour or an hour of UTC, a calendar
    /// day of `zone`.
    pub fn period(self, now: Timestamp, zone: &TimeZone) -> String {
        let every = self.every();
        if every >= SignedDuration::from_hours(24) {
            return now.to_zoned(zone.clone()).date().to_string();
        }
        let begun = now.as_second() - now.as_second().rem_euclid(every.as_secs());
        let begun = Timestamp::from_second(begun).unwrap_or(now);
        begun.strftime("%Y-%m-%dT%H:%MZ").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_a_quarter_or_an_hour_of_utc_or_a_day_of_the_zone() {
        let at = |text: &str| text.parse().unwrap();
        for (task, now, period) in [
            (Task::Purge, "2026-03-31T15:14:59Z", "2026-03-31T15:00Z"),
            (Task::Purge, "2026-03-31T15:15:00Z", "2026-03-31T15:15Z"),
            (Task::Stale, "2026-03-31T15:59:59Z", "2026-03-31T15:00Z"),
            (Task::Capacity, "2026-03-31T14:59:59Z", "2026-03-31"),
            (Task::Capacity, "2026-03-31T15:00:00Z", "2026-04-01"),
        ] {
            let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
            assert_eq!(task.period(at(now), &tokyo), period, "{task:?} {now}");
        }
    }

    #[test]
    fn an_unknown_task_or_field_is_refused() {
        for json in [r#"{"task": "burn"}"#, r#"{"task": "purge", "force": true}"#, "{}", r#"{"task": 1}"#] {
            assert!(serde_json::from_str::<Request>(json).is_err(), "{json}");
        }
        let request: Request = serde_json::from_str(r#"{"task": "purge"}"#).unwrap();
        assert_eq!(request, Request { task: Task::Purge, dry_run: false, allow_large: false, from: None });
    }
}
