//! When a child was born.

use jiff::civil::{Date, date};

const EARLIEST: Date = date(1900, 1, 1);

/// A day in the past, from 1900 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct BirthDate(Date);

/// A day on which no child of ours can have been born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a day in the past, from 1900-01-01 on")]
pub struct InvalidBirthDate;

impl BirthDate {
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
}
