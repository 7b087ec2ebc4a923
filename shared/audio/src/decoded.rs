//! What a decoded voice note is.

use std::fmt;

use crate::{Container, SAMPLE_RATE};

/// The sound of a voice note.
#[derive(Clone, PartialEq)]
pub struct Decoded {
    /// Mono samples at [`SAMPLE_RATE`], each finite and within -1 to 1. Never empty.
    pub samples: Vec<f32>,
    /// The file format the sound came in, told from the content.
    pub container: Container,
    /// Why this is less than what was recorded; `None` when nothing is missing.
    pub truncated: Option<Truncated>,
}

impl Decoded {
    /// The length of [`Decoded::samples`] in milliseconds.
    #[must_use]
    pub fn duration_ms(&self) -> u64 {
        self.samples.len() as u64 * 1000 / u64::from(SAMPLE_RATE)
    }
}

/// Says how much sound there is and never what it is: a child's voice has no place in a log.
impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded")
            .field("duration_ms", &self.duration_ms())
            .field("container", &self.container)
            .field("truncated", &self.truncated)
            .finish_non_exhaustive()
    }
}

/// Why fewer samples came out than the file promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truncated {
    /// The file stops before its own end: cut off in transfer, or a header that lies.
    EndsEarly {
        /// The length that the file announces; `None` when it does not say, as a WebM of
        /// `MediaRecorder` never does.
        expected_ms: Option<u64>,
        /// Where the sound ends.
        decoded_ms: u64,
    },
    /// Packets inside the recording could not be decoded; the sound around them is kept.
    Damaged {
        /// How many packets are missing.
        lost_packets: u32,
    },
    /// The recording goes on after the limit that the caller set; the rest was not decoded.
    TooLong {
        /// The limit.
        limit_ms: u64,
    },
}

impl Truncated {
    /// A stable snake_case name for storing and for clients to choose words by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EndsEarly { .. } => "ends_early",
            Self::Damaged { .. } => "damaged",
            Self::TooLong { .. } => "too_long",
        }
    }
}

impl fmt::Display for Truncated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndsEarly { expected_ms: Some(expected_ms), decoded_ms } => {
                write!(f, "the recording ends at {decoded_ms} ms of {expected_ms} ms")
            }
            Self::EndsEarly { expected_ms: None, decoded_ms } => {
                write!(f, "the recording breaks off at {decoded_ms} ms")
            }
            Self::Damaged { lost_packets } => {
                write!(f, "{lost_packets} packets of the recording are damaged")
            }
            Self::TooLong { limit_ms } => {
                write!(f, "the recording is longer than {limit_ms} ms")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_note_shows_no_sound() {
        let decoded = Decoded { samples: vec![0.125; 32_000], container: Container::Wav, truncated: None };

        let printed = format!("{decoded:?}");

        assert_eq!(printed, "Decoded { duration_ms: 2000, container: Wav, truncated: None, .. }");
    }
}
