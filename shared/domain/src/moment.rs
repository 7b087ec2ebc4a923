//! A moment, within the years that both calendar and database know well.

use std::str::FromStr;

use jiff::Timestamp;

/// A moment as clients write it, in RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Moment(Timestamp);

/// A text that is no moment of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a time from 1900 to 9998 in RFC 3339, such as 2026-04-01T00:00:00Z")]
pub struct InvalidMoment;

impl Moment {
    /// 1900-01-01T00:00:00Z: nothing of ours is older.
    pub const EARLIEST: Timestamp = Timestamp::constant(-2_208_988_800, 0);

    /// 9999-01-01T00:00:00Z, after everything that will ever be.
    pub const END: Timestamp = Timestamp::constant(253_370_764_800, 0);

    /// The moment.
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl TryFrom<Timestamp> for Moment {
    type Error = InvalidMoment;

    fn try_from(at: Timestamp) -> Result<Self, InvalidMoment> {
        if (Self::EARLIEST..Self::END).contains(&at) { Ok(Self(at)) } else { Err(InvalidMoment) }
    }
}

impl FromStr for Moment {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        text.parse::<Timestamp>().map_err(|_| InvalidMoment)?.try_into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_its_distance_from_utc() {
        let utc: Moment = "2026-03-31T23:30:00Z".parse().unwrap();
        assert_eq!("2026-04-01T08:30:00+09:00".parse(), Ok(utc));
        for text in [
            "",
            "2026-04-01",
            "2026-04-01T08:30:00",
            "1899-12-31T23:59:59Z",
            "9999-01-01T00:00:00Z",
            "きのう",
        ] {
            assert_eq!(text.parse::<Moment>(), Err(InvalidMoment), "{text}");
        }
    }
}
