//! What people enter as text: trimmed, counted as they count it, and without characters that nobody can see.

use std::ops::RangeInclusive;

use unicode_segmentation::UnicodeSegmentation as _;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

/// A nickname has at most so many characters, as people count them: 👨‍👩‍👧 is one.
const MAX_NICKNAME: usize = 30;
const MAX_CARD_LABEL: usize = 20;
const MAX_GENDER: usize = 30;
const MAX_NOTE: usize = 2_000;
/// Less is no reason, but a word.
const SUPPORT_REASON: RangeInclusive<usize> = 10..=500;

/// No text of ours needs more code points for a character than a family emoji; so much per character, spaces around it
/// included, bounds what a text takes in the database, whatever marks are piled upon a letter.
const MAX_CODE_POINTS_EACH: usize = 10;

/// For regular expressions: what [`str::trim`] takes away, what [`char::is_control`] means, and that without the
/// controls that lines are made with.
const SPACES: &str = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
const CONTROLS: &str = r"\x00-\x1f\x7f-\x9f";
const CONTROLS_OF_A_LINE: &str = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f";

/// A text that cannot be stored as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing is left after trimming.
    #[error("must not be empty")]
    Empty,
    /// Too few characters.
    #[error("must have at least {least} characters")]
    TooShort {
        /// How many it must have.
        least: usize,
    },
    /// Too many characters.
    #[error("must have at most {limit} characters")]
    TooLong {
        /// How many it may have.
        limit: usize,
    },
    /// A control character, such as NUL.
    #[error("must not contain control characters")]
    ControlCharacter,
}

macro_rules! text {
    ($(#[doc = $doc:literal])+ $name:ident, $characters:expr, $controls:expr, $is_allowed:expr) => {
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A text that was checked before it was stored.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, InvalidText> {
                checked(text, $characters, $is_allowed).map(Self)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                schema(concat!($($doc),+), $characters, $controls)
            }
        }

        impl utoipa::ToSchema for $name {}

        /// Shows the length only, so that no log can hold it by accident.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }
    };
}

text! {
    /// What a child is called at home: 1 to 30 characters in any script, emoji included.
    Nickname, 1..=MAX_NICKNAME, CONTROLS, |_| false
}
text! {
    /// A child's gender in the parent's own words: 1 to 30 characters.
    Gender, 1..=MAX_GENDER, CONTROLS, |_| false
}
text! {
    /// What is written on a feeling card: 1 to 20 characters.
    CardLabel, 1..=MAX_CARD_LABEL, CONTROLS, |_| false
}
text! {
    /// What is added to an emotion log in writing: 1 to 2,000 characters, over several lines if need be.
    Note, 1..=MAX_NOTE, CONTROLS_OF_A_LINE, |control| matches!(control, '\n' | '\r' | '\t')
}

text! {
    /// Why an operator looks at a family: 10 to 500 characters, for whoever asks later.
    SupportReason, SUPPORT_REASON, CONTROLS, |_| false
}

fn checked(
    text: &str,
    characters: RangeInclusive<usize>,
    is_allowed: fn(char) -> bool,
) -> Result<String, InvalidText> {
    let (least, limit) = characters.into_inner();
    if text.chars().nth(limit * MAX_CODE_POINTS_EACH).is_some() {
        return Err(InvalidText::TooLong { limit });
    }
    let text = text.trim();
    if text.chars().any(|character| character.is_control() && !is_allowed(character)) {
        return Err(InvalidText::ControlCharacter);
    }
    match text.graphemes(true).take(limit + 1).count() {
        0 => Err(InvalidText::Empty),
        count if count < least => Err(InvalidText::TooShort { least }),
        count if count > limit => Err(InvalidText::TooLong { limit }),
        _ => Ok(text.to_owned()),
    }
}

/// What [`checked`] takes, as far as a schema can say it: JSON Schema counts code points.
fn schema(description: &str, characters: RangeInclusive<usize>, controls: &str) -> RefOr<Schema> {
    let (least, limit) = characters.into_inner();
    let within = format!("([^{controls}]*[^{controls}{SPACES}])?");
    let pattern = format!("^[{SPACES}]*[^{controls}{SPACES}]{within}[{SPACES}]*$");
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description.trim()))
        .min_length(Some(least))
        .max_length(Some(limit * MAX_CODE_POINTS_EACH))
        .pattern(Some(pattern))
        .into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_nickname_may_be_in_any_script() {
        for name in ["みか", "Léa", "美香ちゃん🌸", "👨‍👩‍👧", "محمد", "O'Neil; DROP TABLE"]
        {
            assert_eq!(name.parse::<Nickname>().map(|n| n.as_str().to_owned()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn characters_are_counted_as_people_count_them() {
        assert!("👨‍👩‍👧".repeat(30).parse::<Nickname>().is_ok());
        assert_eq!("👨‍👩‍👧".repeat(31).parse::<Nickname>(), Err(InvalidText::TooLong { limit: 30 }));
        assert!("が".repeat(30).parse::<Nickname>().is_ok(), "か with a combining mark is one, too");
        let piled = format!("a{}", "\u{301}".repeat(400));
        assert_eq!(piled.parse::<Nickname>(), Err(InvalidText::TooLong { limit: 30 }));
    }

    #[test]
    fn spaces_around_a_text_do_not_count() {
        assert_eq!("\u{3000} みか \n".parse::<Nickname>().map(|n| n.0), Ok("みか".to_owned()));
        for blank in ["", "   ", "\u{3000}\t\n"] {
            assert_eq!(blank.parse::<Nickname>(), Err(InvalidText::Empty));
        }
    }

    #[test]
    fn a_reason_is_more_than_a_word() {
        assert!("問い合わせ #123 の調査".parse::<SupportReason>().is_ok());
        for blank in ["", " \u{3000} "] {
            assert_eq!(blank.parse::<SupportReason>(), Err(InvalidText::Empty));
        }
        assert_eq!("調査     ".parse::<SupportReason>(), Err(InvalidText::TooShort { least: 10 }));
        assert_eq!("あ".repeat(501).parse::<SupportReason>(), Err(InvalidText::TooLong { limit: 500 }));
    }

    #[test]
    fn control_characters_are_refused_except_lines_in_a_note() {
        for text in ["a\0b", "a\u{7}b", "a\nb"] {
            assert_eq!(text.parse::<Nickname>(), Err(InvalidText::ControlCharacter), "{text:?}");
        }
        assert!("line\nline\tline".parse::<Note>().is_ok());
        assert_eq!("a\0b".parse::<Note>(), Err(InvalidText::ControlCharacter));
    }

    #[test]
    fn debug_output_holds_no_text() {
        assert_eq!(format!("{:?}", "みか".parse::<Nickname>().unwrap()), "Nickname(6 bytes)");
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_accepted_again_and_fits_its_column(text in any::<String>()) {
            if let Ok(name) = text.parse::<Nickname>() {
                prop_assert_eq!(name.as_str().parse::<Nickname>(), Ok(name.clone()));
                prop_assert!((1..=300).contains(&name.as_str().chars().count()));
            }
            if let Ok(note) = text.parse::<Note>() {
                prop_assert_eq!(note.as_str().parse::<Note>(), Ok(note.clone()));
                prop_assert!((1..=20_000).contains(&note.as_str().chars().count()));
            }
        }
    }
}
