//! When a child was born.

use jiff::civil::{Date, date};

use crate::Day;

const EARLIEST: Date = date(1900, 1, 1);

/// A day in the past, from 1900 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Date, pattern = "^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$")]
pub struct BirthDate(Date);

/// A day on which no child of ours can have been born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a day in the past, from 1900-01-01 on, as YYYY-MM-DD")]
pub struct InvalidBirthDate;

impl BirthDate {
    /// Reads `YYYY-MM-DD`, as [`BirthDate::new`] takes it.
    ///
    /// # Errors
    /// For any other text, and as [`BirthDate::new`] does.
    pub fn parse(text: &str, today: Date) -> Result<Self, InvalidBirthDate> {
        text.parse::<Day>().map_err(|_| InvalidBirthDate).and_then(|day| Self::new(day.date(), today))
    }

    /// Checks `day` against `today`, the calendar day in the app's time zone.
    ///
    /// # Errors
    /// When it is not before today, or before 1900.
    pub fn new(day: Date, today: Date) -> Result<Self, InvalidBirthDate> {
        if (EARLIEST..today).contains(&day) { Ok(Self(day)) } else { Err(InvalidBirthDate) }
    }

    /// A day that was checked before it was stored.
    pub const fn from_stored(day: Date) -> Self {
        Self(day)
    }

    /// The day.
    pub const fn date(self) -> Date {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_was_born_before_today_and_not_before_1900() {
        let today = date(2026, 4, 1);
        for (day, fits) in [
            (date(2026, 3, 31), true),
            (date(2026, 4, 1), false),
            (date(9999, 12, 31), false),
            (date(1900, 1, 1), true),
            (date(1899, 12, 31), false),
        ] {
            assert_eq!(BirthDate::new(day, today).is_ok(), fits, "{day}");
        }
    }

    #[test]
    fn a_birth_date_is_written_in_one_way() {
        let today = date(2026, 4, 1);

        assert_eq!(BirthDate::parse("2021-05-05", today), Ok(BirthDate(date(2021, 5, 5))));
        for text in ["2021-05-05T00:00", "20210505", "2021-5-5", "2021-02-30", "2026-04-01", ""] {
            assert_eq!(BirthDate::parse(text, today), Err(InvalidBirthDate), "{text}");
        }
    }
}
