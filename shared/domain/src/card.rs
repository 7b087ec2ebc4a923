//! What operators decide about a feeling card.

use std::str::FromStr;

/// The colour of a card, as `#rrggbb` in small letters.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(pattern = "^#[0-9a-f]{6}$")]
pub struct CardColor(String);

/// A text that is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a colour such as #ffc72e, in small letters")]
pub struct InvalidCardColor;

impl CardColor {
    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CardColor {
    type Err = InvalidCardColor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').ok_or(InvalidCardColor)?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits.len() == 6 && digits.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidCardColor)
        }
    }
}

/// The place of a card among the others, 1 to 1,000; cards with the same place stand in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(minimum = 1, maximum = 1000)]
pub struct CardPosition(i16);

/// A place outside 1 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be from 1 to 1000")]
pub struct InvalidCardPosition;

impl CardPosition {
    /// The place.
    pub const fn number(self) -> i16 {
        self.0
    }

    /// A place that was checked before it was stored.
    pub const fn from_stored(place: i16) -> Self {
        Self(place)
    }
}

impl TryFrom<i64> for CardPosition {
    type Error = InvalidCardPosition;

    fn try_from(place: i64) -> Result<Self, Self::Error> {
        match place {
            1..=1000 => Ok(Self(place as i16)),
            _ => Err(InvalidCardPosition),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_six_small_hexadecimal_digits() {
        assert_eq!("#ffc72e".parse::<CardColor>().unwrap().as_str(), "#ffc72e");
        for text in ["", "#", "ffc72e", "#FFC72E", "#ffc72", "#ffc72e0", "#ffc72g", " #ffc72e", "#あい"] {
            assert_eq!(text.parse::<CardColor>(), Err(InvalidCardColor), "{text}");
        }
    }

    #[test]
    fn there_are_a_thousand_places() {
        for (place, exists) in
            [(0, false), (1, true), (1000, true), (1001, false), (65_537, false), (i64::MIN, false)]
        {
            assert_eq!(CardPosition::try_from(place).is_ok(), exists, "{place}");
        }
    }
}
