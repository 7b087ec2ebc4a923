//! Feeling cards and strengths.

use std::str::FromStr;

use jiff::{Span, Timestamp};

use crate::Moment;

/// How far ahead of us a client's clock may be.
const MAX_AHEAD_HOURS: i64 = 24;

/// The name of a feeling card: 1 to 32 letters from a to z. It is part of the key of the card's picture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(min_length = 1, max_length = 32, pattern = "^[a-z]{1,32}$")]
pub struct EmotionName(String);

/// A text that names no card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 32 letters from a to z")]
pub struct InvalidEmotionName;

impl EmotionName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmotionName {
    type Err = InvalidEmotionName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidEmotionName)
        }
    }
}

impl std::fmt::Display for EmotionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How strong a feeling is: 1 よわい, 2 ふつう, 3 つよい.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(minimum = 1, maximum = 3)]
pub struct Intensity(i16);

/// A strength that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1, 2 or 3")]
pub struct InvalidIntensity;

impl Intensity {
    /// 1 to 3.
    pub const fn level(self) -> i16 {
        self.0
    }
}

impl TryFrom<i64> for Intensity {
    type Error = InvalidIntensity;

    fn try_from(level: i64) -> Result<Self, Self::Error> {
        match level {
            1..=3 => Ok(Self(level as i16)),
            _ => Err(InvalidIntensity),
        }
    }
}

/// When something was felt: from 1900 on, and at most a day ahead, since a client's clock may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, utoipa::ToSchema)]
pub struct FeltAt(Timestamp);

/// A time at which nobody of ours can have felt anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be from 1900 on and at most a day ahead")]
pub struct InvalidFeltAt;

impl FeltAt {
    /// 1900-01-01T00:00:00Z: whoever says something was felt before that is mistaken.
    pub const EARLIEST: Timestamp = Moment::EARLIEST;

    /// 9999-01-01T00:00:00Z, after everything that was ever felt.
    pub const END: Timestamp = Moment::END;

    /// Checks `at`, rounded to the microseconds that the database keeps, against the time `now`.
    ///
    /// # Errors
    /// When it lies too far ahead or in another age.
    pub fn new(at: Timestamp, now: Timestamp) -> Result<Self, InvalidFeltAt> {
        let at = Timestamp::from_microsecond(at.as_microsecond()).map_err(|_| InvalidFeltAt)?;
        let latest = now.checked_add(Span::new().hours(MAX_AHEAD_HOURS)).map_err(|_| InvalidFeltAt)?;
        if (Self::EARLIEST..=latest).contains(&at) { Ok(Self(at)) } else { Err(InvalidFeltAt) }
    }

    /// The time.
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_small_letters_only() {
        assert!("ureshii".parse::<EmotionName>().is_ok());
        for name in ["", "Ureshii", "u reshii", "../x", "うれしい", &"a".repeat(33)] {
            assert_eq!(name.parse::<EmotionName>(), Err(InvalidEmotionName), "{name}");
        }
    }

    #[test]
    fn there_are_three_strengths() {
        let valid: Vec<i64> = (-1..=5).filter(|level| Intensity::try_from(*level).is_ok()).collect();
        assert_eq!(valid, [1, 2, 3]);
        assert!(Intensity::try_from(i64::MAX).is_err());
    }

    #[test]
    fn something_may_be_felt_up_to_a_day_ahead() {
        let now: Timestamp = "2026-03-31T23:30:00Z".parse().unwrap();
        for (at, fits) in [
            ("2026-04-01T23:30:00Z", true),
            ("2026-04-01T23:30:00.000001Z", false),
            ("1900-01-01T00:00:00Z", true),
            ("1899-12-31T23:59:59Z", false),
            ("-009999-01-02T01:59:59Z", false),
        ] {
            assert_eq!(FeltAt::new(at.parse().unwrap(), now).is_ok(), fits, "{at}");
        }
    }
}
