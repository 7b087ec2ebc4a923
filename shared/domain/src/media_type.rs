//! The kinds of voice note that we take.

use serde::{Serialize, Serializer};

/// A kind of voice note. Browsers record WebM (Chrome, Firefox) or MP4 (Safari); WAV comes from native clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, utoipa::ToSchema)]
pub enum MediaType {
    /// `audio/wav`
    #[schema(rename = "audio/wav")]
    Wav,
    /// `audio/webm`, with Opus inside
    #[schema(rename = "audio/webm")]
    Webm,
    /// `audio/mp4`, with AAC inside
    #[schema(rename = "audio/mp4")]
    Mp4,
}

/// A media type that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not supported; use audio/wav, audio/webm or audio/mp4")]
pub struct UnsupportedMediaType {
    /// The type as it was given.
    pub found: String,
}

impl MediaType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Wav, Self::Webm, Self::Mp4];

    /// Reads a `Content-Type` value. Parameters such as `;codecs=opus` are allowed and ignored: what the
    /// file holds is found out when it is decoded.
    ///
    /// # Errors
    /// When the type is none of ours.
    pub fn parse(content_type: &str) -> Result<Self, UnsupportedMediaType> {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => Ok(Self::Wav),
            "audio/webm" => Ok(Self::Webm),
            "audio/mp4" | "audio/x-m4a" | "audio/m4a" => Ok(Self::Mp4),
            _ => Err(UnsupportedMediaType { found: content_type.chars().take(100).collect() }),
        }
    }

    /// The canonical name: what is signed, stored and sent back.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Webm => "audio/webm",
            Self::Mp4 => "audio/mp4",
        }
    }

    /// The file extension in storage keys.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Webm => "webm",
            Self::Mp4 => "m4a",
        }
    }

    /// The type that an extension in a storage key stands for.
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.extension() == extension)
    }
}

impl std::fmt::Display for MediaType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for MediaType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_matter() {
        for text in ["audio/webm", "audio/webm;codecs=opus", "Audio/WebM ; codecs=\"opus\""] {
            assert_eq!(MediaType::parse(text), Ok(MediaType::Webm), "{text}");
        }
    }

    #[test]
    fn other_types_are_refused_with_their_name() {
        for text in ["", "audio", "video/webm", "audio/mpeg", "audio/webmx", ";audio/wav"] {
            assert_eq!(MediaType::parse(text).unwrap_err().found, text);
        }
    }

    #[test]
    fn an_extension_names_the_same_type_as_the_canonical_name() {
        for kind in MediaType::ALL {
            assert_eq!(MediaType::parse(kind.as_str()), Ok(kind));
            assert_eq!(MediaType::from_extension(kind.extension()), Some(kind));
        }
    }
}
