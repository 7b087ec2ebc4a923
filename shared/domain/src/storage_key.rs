//! Where objects lie in the bucket: one type prints and parses each kind of key, and rejects everything else.
//!
//! ```text
//! audio/{user_id}/audio_{YYYYMMDD}_{HHMMSS}_{unique_id}.{wav|webm|m4a}
//! text/{user_id}/text_{YYYYMMDD}_{HHMMSS}_{unique_id}.txt
//! export/{user_id}/export_{YYYYMMDD}_{HHMMSS}_{unique_id}.json
//! images/emotions/{name}.webp
//! ```
//!
//! The stamp is in the app's time zone. Parsing is strict: what is accepted prints as the same text.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::{EmotionName, MediaType, UserId};

const STAMP_FORMAT: &str = "%Y%m%d_%H%M%S";
const STAMP_LENGTH: usize = "YYYYMMDD_HHMMSS".len();

/// The part of a key that nobody can guess: 122 random bits as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UniqueId(Uuid);

impl UniqueId {
    /// A new one from the system's random numbers.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// The key of a voice note.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AudioKey {
    stem: Stem,
    media_type: MediaType,
}

/// The key of a transcript: same family, stamp and id as its audio.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TextKey {
    stem: Stem,
}

/// The key of the copy of everything that a family has with us. S3 throws it away within a few days.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExportKey {
    stem: Stem,
}

/// The key of a feeling card's picture: `images/emotions/{name}.webp`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PictureKey {
    name: EmotionName,
}

impl PictureKey {
    /// The key of the picture of the card called `name`.
    pub fn new(name: EmotionName) -> Self {
        Self { name }
    }
}

impl std::fmt::Display for PictureKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "images/emotions/{}.webp", self.name)
    }
}

impl FromStr for PictureKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let name = text.strip_prefix("images/emotions/").and_then(|rest| rest.strip_suffix(".webp"));
        let name = name.and_then(|name| name.parse().ok());
        name.map(Self::new).ok_or(InvalidKey { expected: "images/emotions/{name}.webp" })
    }
}

/// What the keys of a family's objects share; an audio key and its text key have the same one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Stem {
    user_id: UserId,
    stamp: DateTime,
    unique_id: UniqueId,
}

/// A text that is no key of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct InvalidKey {
    pub(crate) expected: &'static str,
}

impl AudioKey {
    /// The key of a note of `user_id`, requested at `at`; `zone` is the app's time zone.
    pub fn new(
        user_id: UserId,
        at: Timestamp,
        zone: &TimeZone,
        unique_id: UniqueId,
        media_type: MediaType,
    ) -> Self {
        Self { stem: Stem::new(user_id, at, zone, unique_id), media_type }
    }

    /// Whose note it is.
    pub fn user_id(&self) -> UserId {
        self.stem.user_id
    }

    /// The part of the key that only this note (and its transcript) has.
    pub fn unique_id(&self) -> UniqueId {
        self.stem.unique_id
    }

    /// What kind of file it is meant to be.
    pub fn media_type(&self) -> MediaType {
        self.media_type
    }

    /// Where its transcript belongs.
    pub fn text_key(&self) -> TextKey {
        TextKey { stem: self.stem.clone() }
    }
}

impl TextKey {
    /// Whose transcript it is.
    pub fn user_id(&self) -> UserId {
        self.stem.user_id
    }
}

impl ExportKey {
    /// The key of a copy for `user_id`, made at `at`; `zone` is the app's time zone.
    pub fn new(user_id: UserId, at: Timestamp, zone: &TimeZone, unique_id: UniqueId) -> Self {
        Self { stem: Stem::new(user_id, at, zone, unique_id) }
    }

    /// Whose copy it is.
    pub fn user_id(&self) -> UserId {
        self.stem.user_id
    }
}

/// The folders with everything that a family has in the bucket, each with a slash at its end.
pub fn family_folders(user_id: UserId) -> [String; 3] {
    ["audio", "text", "export"].map(|kind| folder(kind, user_id))
}

/// What the audio key of the recording begins with to which an object belongs, as note or as transcript: all but the kind
/// of file. `None` for a key that no recording has.
pub fn recording_prefix(key: &str) -> Option<String> {
    let stem = match (key.parse::<AudioKey>(), key.parse::<TextKey>()) {
        (Ok(audio), _) => audio.stem,
        (_, Ok(text)) => text.stem,
        _ => return None,
    };
    let key = AudioKey { stem, media_type: MediaType::Wav }.to_string();
    key.strip_suffix(MediaType::Wav.extension()).map(str::to_owned)
}

/// The one of them with the copies of its data.
pub fn export_folder(user_id: UserId) -> String {
    folder("export", user_id)
}

fn folder(kind: &str, user_id: UserId) -> String {
    format!("{kind}/{user_id}/")
}

impl fmt::Display for AudioKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stem.print("audio", self.media_type.extension(), f)
    }
}

impl fmt::Display for TextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stem.print("text", "txt", f)
    }
}

impl fmt::Display for ExportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stem.print("export", "json", f)
    }
}

impl FromStr for AudioKey {
    type Err = InvalidKey;

    fn from_str(key: &str) -> Result<Self, InvalidKey> {
        let invalid = InvalidKey { expected: "an audio key" };
        let (stem, extension) = Stem::parse("audio", key).ok_or(invalid)?;
        let media_type = MediaType::from_extension(extension).ok_or(invalid)?;
        Ok(Self { stem, media_type })
    }
}

impl FromStr for TextKey {
    type Err = InvalidKey;

    fn from_str(key: &str) -> Result<Self, InvalidKey> {
        match Stem::parse("text", key) {
            Some((stem, "txt")) => Ok(Self { stem }),
            _ => Err(InvalidKey { expected: "a text key" }),
        }
    }
}

impl FromStr for ExportKey {
    type Err = InvalidKey;

    fn from_str(key: &str) -> Result<Self, InvalidKey> {
        match Stem::parse("export", key) {
            Some((stem, "json")) => Ok(Self { stem }),
            _ => Err(InvalidKey { expected: "an export key" }),
        }
    }
}

impl Stem {
    fn new(user_id: UserId, at: Timestamp, zone: &TimeZone, unique_id: UniqueId) -> Self {
        let stamp = zone.to_datetime(at);
        let stamp = stamp.with().subsec_nanosecond(0).build().unwrap_or(stamp);
        Self { user_id, stamp, unique_id }
    }

    fn print(&self, kind: &str, extension: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user_id, stamp, unique_id } = self;
        let stamp = stamp.strftime(STAMP_FORMAT);
        write!(f, "{kind}/{user_id}/{kind}_{stamp}_{unique_id}.{extension}")
    }

    /// Takes a key of `kind` apart; gives the stem and the extension.
    fn parse<'a>(kind: &str, key: &'a str) -> Option<(Self, &'a str)> {
        let (folder, file) = key.strip_prefix(kind)?.strip_prefix('/')?.split_once('/')?;
        let user_id = UserId(lower_case_uuid(folder, Uuid::try_parse, |id| id.hyphenated().to_string())?);
        let rest = file.strip_prefix(kind)?.strip_prefix('_')?;
        let (stamp, rest) = rest.split_at_checked(STAMP_LENGTH)?;
        let stamp = canonical_stamp(stamp)?;
        let (unique, extension) = rest.strip_prefix('_')?.split_once('.')?;
        let unique = lower_case_uuid(unique, Uuid::try_parse, |id| id.simple().to_string())?;
        Some((Self { user_id, stamp, unique_id: UniqueId(unique) }, extension))
    }
}

/// Accepts a UUID only in the one form that we print.
fn lower_case_uuid(
    text: &str,
    parse: impl Fn(&str) -> Result<Uuid, uuid::Error>,
    print: impl Fn(Uuid) -> String,
) -> Option<Uuid> {
    parse(text).ok().filter(|id| print(*id) == text)
}

fn canonical_stamp(text: &str) -> Option<DateTime> {
    // By hand: a page of logs has fifty of them, and a general parser and printer took 6 % of its instructions.
    let digits_and_bar =
        text.bytes().enumerate().all(|(i, byte)| if i == 8 { byte == b'_' } else { byte.is_ascii_digit() });
    if !digits_and_bar {
        return None;
    }
    let number = |digits: Range<usize>| text.get(digits)?.parse::<i8>().ok();
    let year = text.get(0..4)?.parse().ok()?;
    let (month, day) = (number(4..6)?, number(6..8)?);
    let (hour, minute, second) = (number(9..11)?, number(11..13)?, number(13..15)?);
    DateTime::new(year, month, day, hour, minute, second, 0).ok().filter(|_| text.len() == 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "audio/01940b4e-7c00-7000-8000-000000000001/audio_20260401_235959_0123456789abcdef0123456789abcdef.webm";

    #[test]
    fn a_key_survives_a_round_trip() {
        let key: AudioKey = KEY.parse().unwrap();

        assert_eq!(key.to_string(), KEY);
        assert_eq!(key.media_type(), MediaType::Webm);
        assert_eq!(key.user_id().to_string(), "01940b4e-7c00-7000-8000-000000000001");
    }

    #[test]
    fn the_transcript_has_the_same_stamp_and_id() {
        let text = KEY.parse::<AudioKey>().unwrap().text_key();

        let expected = KEY.replace("audio", "text").replace(".webm", ".txt");
        assert_eq!(text.to_string(), expected);
        assert_eq!(expected.parse(), Ok(text));
    }

    #[test]
    fn the_stamp_is_in_the_time_zone_of_the_app() {
        let at: Timestamp = "2026-03-31T15:00:00.5Z".parse().unwrap();
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
        let user_id = UserId::new();

        let key = AudioKey::new(user_id, at, &tokyo, UniqueId::random(), MediaType::Wav);

        assert!(key.to_string().starts_with(&format!("audio/{user_id}/audio_20260401_000000_")));
        assert_eq!(key.to_string().parse(), Ok(key));
    }

    #[test]
    fn all_that_a_family_has_lies_in_its_folders() {
        let audio: AudioKey = KEY.parse().unwrap();
        let export =
            ExportKey::new(audio.user_id(), Timestamp::UNIX_EPOCH, &TimeZone::UTC, UniqueId::random());
        assert_eq!(export.to_string().parse(), Ok(export.clone()));

        let folders = family_folders(audio.user_id());
        let keys = [audio.to_string(), audio.text_key().to_string(), export.to_string()];
        for (folder, key) in folders.iter().zip(keys) {
            assert!(key.starts_with(folder), "{key}");
        }
    }

    #[test]
    fn note_and_transcript_lead_to_the_same_recording() {
        let audio: AudioKey = KEY.parse().unwrap();
        let prefix = KEY.strip_suffix("webm").map(str::to_owned);

        assert_eq!(recording_prefix(KEY), prefix);
        assert_eq!(recording_prefix(&audio.text_key().to_string()), prefix);
        for key in ["", "audio/", "text/x.txt", &KEY.replace("audio", "export")] {
            assert_eq!(recording_prefix(key), None, "{key}");
        }
    }

    #[test]
    fn everything_else_is_rejected() {
        let wrong = [
            "",
            "audio/",
            "/audio/x",
            &KEY.to_uppercase(),
            &KEY.replace("audio/", "text/"),
            &KEY.replace("/audio_", "/text_"),
            &KEY.replace(".webm", ".mp3"),
            &KEY.replace(".webm", ".webm.exe"),
            &KEY.replace(".webm", ""),
            &KEY.replace("20260401", "20260431"),
            &KEY.replace("235959", "246000"),
            &KEY.replace("235959", "235960"),
            &KEY.replace("abcdef", "ABCDEF"),
            &KEY.replace("0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"),
            &KEY.replace("01940b4e-7c00-7000-8000-000000000001", "01940b4e7c0070008000000000000001"),
            &KEY.replace("01940b4e-7c00-7000-8000-000000000001", "../../etc"),
            &KEY.replace("audio_2026", "audio_+026"),
            &format!(" {KEY}"),
            &format!("{KEY}\n"),
        ];

        for key in wrong {
            assert!(key.parse::<AudioKey>().is_err(), "{key:?}");
        }
    }
}
