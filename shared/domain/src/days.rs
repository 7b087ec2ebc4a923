//! Calendar days of the app's time zone, as the moments between which they lie.

use std::ops::Range;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// The most days that one question may span: a leap year.
pub const MAX_DAYS: i32 = 366;

/// Days that follow one another, the last included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    first: Date,
    last: Date,
}

/// Days that do not follow one another, or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDays {
    /// The last is before the first.
    #[error("must not be before from")]
    Backwards,
    /// More than [`MAX_DAYS`].
    #[error("must be at most {MAX_DAYS} days, from included")]
    TooMany,
}

impl Days {
    /// From `first` to `last`, both included.
    ///
    /// # Errors
    /// When they are in the wrong order or too far apart.
    pub fn new(first: Date, last: Date) -> Result<Self, InvalidDays> {
        let count = first.until(last).map_or(i32::MAX, |span| span.get_days()).saturating_add(1);
        match count {
            ..=0 => Err(InvalidDays::Backwards),
            1..=MAX_DAYS => Ok(Self { first, last }),
            _ => Err(InvalidDays::TooMany),
        }
    }

    /// The first day.
    pub const fn first(self) -> Date {
        self.first
    }

    /// The last day.
    pub const fn last(self) -> Date {
        self.last
    }

    /// Each of them, in order.
    pub fn iter(self) -> impl Iterator<Item = Date> {
        self.first.series(1.day()).take_while(move |day| *day <= self.last)
    }
}

/// A day in the calendar, as clients write it: within the years that both calendar and database know well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, utoipa::ToSchema)]
#[schema(value_type = String, format = Date, pattern = "^(19|[2-9][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$")]
pub struct Day(Date);

/// A text that is no day of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a day from 1900 to 9998, as YYYY-MM-DD")]
pub struct InvalidDay;

impl Day {
    /// The day.
    pub const fn date(self) -> Date {
        self.0
    }
}

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        let day: Date = text.parse().map_err(|_| InvalidDay)?;
        if text.len() == "YYYY-MM-DD".len() && (1900..=9998).contains(&day.year()) {
            Ok(Self(day))
        } else {
            Err(InvalidDay)
        }
    }
}

/// From the first moment of `day` in `zone` to the first of the next day; a day may have 23 or 25 hours.
///
/// # Errors
/// At the ends of what a calendar can tell.
pub fn moments_of(day: Date, zone: &TimeZone) -> Result<Range<Timestamp>, jiff::Error> {
    let start = day.to_zoned(zone.clone())?.timestamp();
    let end = day.tomorrow()?.to_zoned(zone.clone())?.timestamp();
    Ok(start..end)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_question_spans_at_most_a_leap_year() {
        assert!(Days::new(date(2024, 1, 1), date(2024, 12, 31)).is_ok());
        assert_eq!(Days::new(date(2024, 1, 1), date(2025, 1, 1)), Err(InvalidDays::TooMany));
        assert_eq!(Days::new(date(2024, 1, 2), date(2024, 1, 1)), Err(InvalidDays::Backwards));
        assert_eq!(Days::new(date(-9999, 1, 1), date(9999, 12, 31)), Err(InvalidDays::TooMany));
    }

    #[test]
    fn a_day_is_written_in_one_way() {
        assert_eq!("2026-04-01".parse(), Ok(Day(date(2026, 4, 1))));
        for text in [
            "",
            "2026-4-1",
            "20260401",
            "2026-02-30",
            "1899-12-31",
            "9999-01-01",
            "2026-04-01T00:00",
            "あした",
        ] {
            assert_eq!(text.parse::<Day>(), Err(InvalidDay), "{text}");
        }
    }

    #[test]
    fn every_day_comes_once() {
        let days = Days::new(date(2026, 2, 27), date(2026, 3, 1)).unwrap();
        assert_eq!(days.iter().collect::<Vec<_>>(), [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]);
    }

    #[test]
    fn a_day_in_tokyo_begins_the_evening_before_in_utc() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let moments = moments_of(date(2026, 4, 1), &zone).unwrap();
        assert_eq!(moments.start.to_string(), "2026-03-31T15:00:00Z");
        assert_eq!(moments.end.to_string(), "2026-04-01T15:00:00Z");
    }

    #[test]
    fn the_day_on_which_clocks_change_is_shorter() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let moments = moments_of(date(2026, 3, 29), &zone).unwrap();
        assert_eq!(moments.end.duration_since(moments.start).as_hours(), 23);
    }
}
