//! What a type takes, its schema takes: nothing is refused in the document that is accepted in fact.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::str::FromStr;
use std::sync::LazyLock;

use jsonschema::Validator;
use kimochi_domain::{Day, EmotionName, Gender, Intensity, Nickname, Note, Sha256Digest, UploadSize};
use proptest::prelude::*;
use serde_json::{Value, json};
use utoipa::PartialSchema;

static NICKNAME: LazyLock<Validator> = LazyLock::new(validator::<Nickname>);
static GENDER: LazyLock<Validator> = LazyLock::new(validator::<Gender>);
static NOTE: LazyLock<Validator> = LazyLock::new(validator::<Note>);
static EMOTION_NAME: LazyLock<Validator> = LazyLock::new(validator::<EmotionName>);

/// Letters, and what can surround them: spaces of all kinds, controls, and a mark that joins the letter before it.
const ODD: &str = "[\\x00-\\x20\\x7f-\\xa0\u{2009}\u{2028}\u{3000}\u{feff}\u{301}abあ]{0,12}";
const LONG: &str = "[ a\u{301}]{290,310}";

fn validator<T: PartialSchema>() -> Validator {
    jsonschema::options().should_validate_formats(true).build(&json!(T::schema())).unwrap()
}

fn takes<T: FromStr>(text: &str) -> bool {
    text.parse::<T>().is_ok()
}

proptest! {
    #[test]
    fn what_a_schema_refuses_is_refused(text in prop_oneof![ODD, LONG, any::<String>()]) {
        let value = Value::from(text.clone());
        for (schema, taken) in [
            (&NICKNAME, takes::<Nickname>(&text)),
            (&GENDER, takes::<Gender>(&text)),
            (&NOTE, takes::<Note>(&text)),
            (&EMOTION_NAME, takes::<EmotionName>(&text)),
        ] {
            prop_assert!(schema.is_valid(&value) || !taken, "{text:?}");
        }
    }

    #[test]
    fn a_schema_says_all_about_a_short_text(text in ODD) {
        let value = Value::from(text.clone());
        prop_assert_eq!(NICKNAME.is_valid(&value), takes::<Nickname>(&text), "{:?}", text);
        prop_assert_eq!(NOTE.is_valid(&value), takes::<Note>(&text), "{:?}", text);
    }
}

#[test]
fn ranges_end_where_their_schemas_end() {
    let (intensity, size) = (validator::<Intensity>(), validator::<UploadSize>());
    for number in [-1, 0, 1, 2, 3, 4, 10 * 1024 * 1024, 10 * 1024 * 1024 + 1] {
        assert_eq!(intensity.is_valid(&json!(number)), Intensity::try_from(number).is_ok(), "{number}");
        assert_eq!(size.is_valid(&json!(number)), UploadSize::try_from(number).is_ok(), "{number}");
    }
}

#[test]
fn days_and_digests_are_written_as_their_schemas_say() {
    let (day, digest) = (validator::<Day>(), validator::<Sha256Digest>());
    for text in
        ["2026-04-01", "1900-01-01", "1899-12-31", "9998-12-31", "2026-4-1", "20260401", "2026-02-30", ""]
    {
        assert_eq!(day.is_valid(&json!(text)), takes::<Day>(text), "{text}");
    }
    for text in ["0a".repeat(32), "0A".repeat(32), "0a".repeat(31), "0g".repeat(32), String::new()] {
        assert_eq!(digest.is_valid(&json!(text)), takes::<Sha256Digest>(&text), "{text}");
    }
}
