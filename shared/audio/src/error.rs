//! Why a file gave no sound at all.

use crate::Container;

/// The file is no voice note that can be decoded. Trying again will not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Zero bytes.
    #[error("the file is empty")]
    Empty,
    /// The content is none of the known containers, whatever the name says.
    #[error("the file is neither WAV nor WebM nor MP4")]
    UnknownContainer,
    /// The container's own structure cannot be read.
    #[error("the {container} file is damaged: {reason}")]
    Malformed {
        /// What the file begins like.
        container: Container,
        /// What is wrong with it, for the log.
        reason: String,
    },
    /// A sound container with nothing to hear in it, such as a video track only.
    #[error("the {container} file has no audio track that can be read")]
    NoAudioTrack {
        /// What the file is.
        container: Container,
    },
    /// The audio is coded in a way that is not supported.
    #[error("the audio is coded as {codec}, which is not supported")]
    UnsupportedCodec {
        /// The codec, or the variant of it.
        codec: String,
    },
    /// The structure is sound, but not one sample came out of it.
    #[error("the {container} file holds no audio")]
    NoAudio {
        /// What the file is.
        container: Container,
    },
}

impl DecodeError {
    /// A stable snake_case name for storing and for clients to choose words by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::UnknownContainer => "unknown_container",
            Self::Malformed { .. } => "malformed_file",
            Self::NoAudioTrack { .. } => "no_audio_track",
            Self::UnsupportedCodec { .. } => "unsupported_codec",
            Self::NoAudio { .. } => "no_audio",
        }
    }
}
