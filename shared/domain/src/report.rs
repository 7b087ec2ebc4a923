//! Reports to the operators: for which days one is, and where it lies in the bucket.
//!
//! ```text
//! archive/reports/daily/{YYYY}/{MM}/report_daily_{YYYY-MM-DD}.{md|json|svg}
//! archive/reports/weekly/{YYYY}/{MM}/report_weekly_{YYYY}-W{week}.{md|json|svg}
//! archive/reports/monthly/{YYYY}/{MM}/report_monthly_{YYYY-MM}.{md|json|svg}
//! ```
//!
//! Weeks are those of ISO 8601, from Monday on; the folder is that of the first day.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::text_enum::text_enum;
use crate::{InvalidKey, JobKind};

/// `2026-W13`, without the year and its hyphen.
const WEEK: &str = "-W";
/// The years of which we tell; a calendar has more.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=9998;

text_enum! {
    /// How often a report is made.
    pub enum ReportKind as "report" {
        /// The state of the service on one day.
        Daily = "daily",
        /// Performance and security of one week.
        Weekly = "weekly",
        /// Trends, cost and suggestions of one month.
        Monthly = "monthly",
    }
}

text_enum! {
    /// The form of a report.
    pub enum ReportFormat as "report format" {
        /// For people.
        Markdown = "md",
        /// For programs: the numbers.
        Json = "json",
        /// The chart that the Markdown shows.
        Svg = "svg",
    }
}

/// The days that a report is about: one, seven, or a month of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReportPeriod {
    kind: ReportKind,
    first: Date,
}

/// A text that names no period of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a day (2026-03-31), a week (2026-W13) or a month (2026-03), as the report is")]
pub struct InvalidPeriod;

/// Where a report lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReportKey {
    /// What it is about.
    pub period: ReportPeriod,
    /// Its form.
    pub format: ReportFormat,
}

impl ReportKind {
    /// As `job_runs` calls it.
    pub const fn job_kind(self) -> JobKind {
        match self {
            Self::Daily => JobKind::ReportDaily,
            Self::Weekly => JobKind::ReportWeekly,
            Self::Monthly => JobKind::ReportMonthly,
        }
    }
}

impl ReportPeriod {
    /// The latest one that was over when `today` began.
    ///
    /// # Errors
    /// At the ends of what a calendar can tell.
    pub fn ended_before(kind: ReportKind, today: Date) -> Result<Self, jiff::Error> {
        Self { kind, first: begin(kind, today) }.before()
    }

    /// Reads what [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    /// When it names no period of the kind.
    pub fn parse(kind: ReportKind, text: &str) -> Result<Self, InvalidPeriod> {
        let first = match kind {
            ReportKind::Daily => text.parse().ok(),
            ReportKind::Weekly => text.split_once(WEEK).and_then(|(year, week)| {
                let day = ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok()?;
                Some(day.date())
            }),
            ReportKind::Monthly => format!("{text}-01").parse().ok(),
        };
        let period =
            first.filter(|first: &Date| YEARS.contains(&first.year())).map(|first| Self { kind, first });
        period.filter(|period| period.to_string() == text).ok_or(InvalidPeriod)
    }

    /// How often it comes.
    pub const fn kind(self) -> ReportKind {
        self.kind
    }

    /// Its first day.
    pub const fn first(self) -> Date {
        self.first
    }

    /// The first day after it.
    fn next_first(self) -> Result<Date, jiff::Error> {
        self.first.checked_add(match self.kind {
            ReportKind::Daily => 1.day(),
            ReportKind::Weekly => 7.days(),
            ReportKind::Monthly => 1.month(),
        })
    }

    /// Its last day.
    ///
    /// # Errors
    /// At the ends of what a calendar can tell.
    pub fn last(self) -> Result<Date, jiff::Error> {
        self.next_first()?.yesterday()
    }

    /// The period before it.
    ///
    /// # Errors
    /// At the ends of what a calendar can tell.
    pub fn before(self) -> Result<Self, jiff::Error> {
        let Self { kind, first } = self;
        Ok(Self { kind, first: begin(kind, first.yesterday()?) })
    }

    /// From its first moment in `zone` to the first one after it.
    ///
    /// # Errors
    /// At the ends of what a calendar can tell.
    pub fn moments(self, zone: &TimeZone) -> Result<Range<Timestamp>, jiff::Error> {
        let start = self.first.to_zoned(zone.clone())?.timestamp();
        let end = self.next_first()?.to_zoned(zone.clone())?.timestamp();
        Ok(start..end)
    }
}

/// The first day of the period that `day` is of.
fn begin(kind: ReportKind, day: Date) -> Date {
    match kind {
        ReportKind::Daily => day,
        ReportKind::Weekly => {
            let week = day.iso_week_date();
            ISOWeekDate::new(week.year(), week.week(), Weekday::Monday).map_or(day, ISOWeekDate::date)
        }
        ReportKind::Monthly => day.first_of_month(),
    }
}

impl fmt::Display for ReportPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ReportKind::Daily => write!(f, "{}", self.first),
            ReportKind::Weekly => {
                let week = self.first.iso_week_date();
                write!(f, "{}{WEEK}{:02}", week.year(), week.week())
            }
            ReportKind::Monthly => write!(f, "{}", self.first.strftime("%Y-%m")),
        }
    }
}

impl serde::Serialize for ReportPeriod {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for ReportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { period, format } = self;
        let (kind, folder) = (period.kind, period.first.strftime("%Y/%m"));
        write!(f, "archive/reports/{kind}/{folder}/report_{kind}_{period}.{format}")
    }
}

impl FromStr for ReportKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let key = parse(text).filter(|key| key.to_string() == text);
        key.ok_or(InvalidKey { expected: "a report key" })
    }
}

/// Lenient: what does not print as the same text is refused afterwards.
fn parse(text: &str) -> Option<ReportKey> {
    let (name, format) = text.rsplit('/').next()?.rsplit_once('.')?;
    let (kind, period) = name.strip_prefix("report_")?.split_once('_')?;
    let period = ReportPeriod::parse(kind.parse().ok()?, period).ok()?;
    Some(ReportKey { period, format: format.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const KEYS: [&str; 3] = [
        "archive/reports/daily/2026/03/report_daily_2026-03-31.md",
        "archive/reports/weekly/2025/12/report_weekly_2026-W01.svg",
        "archive/reports/monthly/2026/03/report_monthly_2026-03.json",
    ];

    #[test]
    fn the_period_that_ended_is_that_of_the_day_before() {
        for (kind, today, period, last) in [
            (ReportKind::Daily, date(2026, 4, 1), "2026-03-31", date(2026, 3, 31)),
            // A Wednesday: the week from Monday the 23rd to Sunday the 29th.
            (ReportKind::Weekly, date(2026, 4, 1), "2026-W13", date(2026, 3, 29)),
            (ReportKind::Weekly, date(2026, 3, 30), "2026-W13", date(2026, 3, 29)),
            (ReportKind::Weekly, date(2026, 1, 5), "2026-W01", date(2026, 1, 4)),
            (ReportKind::Monthly, date(2026, 3, 31), "2026-02", date(2026, 2, 28)),
            (ReportKind::Monthly, date(2026, 1, 1), "2025-12", date(2025, 12, 31)),
        ] {
            let ended = ReportPeriod::ended_before(kind, today).unwrap();
            assert_eq!((ended.to_string().as_str(), ended.last().unwrap()), (period, last), "{kind} {today}");
        }
    }

    #[test]
    fn a_month_in_tokyo_begins_in_the_evening_of_the_month_before() {
        let month = ReportPeriod::parse(ReportKind::Monthly, "2026-02").unwrap();
        let moments = month.moments(&TimeZone::get("Asia/Tokyo").unwrap()).unwrap();
        assert_eq!(moments.start.to_string(), "2026-01-31T15:00:00Z");
        assert_eq!(moments.end.to_string(), "2026-02-28T15:00:00Z");
        assert_eq!(month.before().unwrap().to_string(), "2026-01");
    }

    #[test]
    fn a_period_is_written_in_one_way() {
        for (kind, text) in [
            (ReportKind::Daily, "2026-3-31"),
            (ReportKind::Daily, "2026-02-30"),
            (ReportKind::Daily, "2026-W13"),
            (ReportKind::Weekly, "2026-W54"),
            (ReportKind::Weekly, "2026-W00"),
            (ReportKind::Weekly, "2026-W1"),
            (ReportKind::Weekly, "-1-W13"),
            (ReportKind::Monthly, "2026-13"),
            (ReportKind::Monthly, "2026-03-01"),
            (ReportKind::Monthly, "1999-12"),
            (ReportKind::Monthly, ""),
            (ReportKind::Daily, "先月"),
        ] {
            assert_eq!(ReportPeriod::parse(kind, text), Err(InvalidPeriod), "{kind} {text}");
        }
        assert!(ReportPeriod::parse(ReportKind::Weekly, "2026-W53").is_ok(), "a long year");
    }

    #[test]
    fn a_key_survives_a_round_trip_and_everything_else_is_rejected() {
        for key in KEYS {
            assert_eq!(key.parse::<ReportKey>().unwrap().to_string(), key);
            for wrong in [
                key.to_uppercase(),
                key.replace("/reports/", "/report/"),
                key.replace("report_", "report__"),
                key.replace("2026", "2027"),
                key.replace("/03/", "/3/").replace("/12/", "/13/"),
                key.replace("daily", "yearly").replace("weekly/", "daily/").replace("monthly/", "daily/"),
                format!("{key}.gz"),
                format!("/{key}"),
                format!("{key}\n"),
            ] {
                let refused = wrong.parse::<ReportKey>().is_err();
                assert!(refused || wrong == key.replace("2026", "2027"), "{wrong:?}");
            }
        }
    }
}
