//! The life of a recording and what we think of its transcript.

use crate::text_enum::text_enum;

text_enum! {
    /// Where a recording stands. The database enforces the same arrows as [`RecordingStatus::may_become`].
    pub enum RecordingStatus as "recording status" {
        /// A URL was issued, nothing has arrived.
        Requested = "requested",
        /// S3 has the object.
        Uploaded = "uploaded",
        /// An attempt is under way, or the last one ended in something that may pass.
        Transcribing = "transcribing",
        /// The whole note became text.
        Transcribed = "transcribed",
        /// The note holds nothing that can be understood as speech.
        NoSpeech = "no_speech",
        /// A part of the note became text: it was cut off, or time ran out.
        Partial = "partial",
        /// No text, and no further attempt; the failure says why.
        Failed = "failed",
        /// Nothing arrived within a day of the request.
        Expired = "expired",
    }
}

impl RecordingStatus {
    /// The statuses that may follow this one.
    pub const fn successors(self) -> &'static [Self] {
        match self {
            Self::Requested => &[Self::Uploaded, Self::Expired],
            Self::Uploaded => &[Self::Transcribing],
            Self::Transcribing => &[Self::Transcribed, Self::NoSpeech, Self::Partial, Self::Failed],
            Self::Transcribed | Self::NoSpeech | Self::Partial | Self::Failed | Self::Expired => &[],
        }
    }

    /// Whether `next` may follow this status.
    pub fn may_become(self, next: Self) -> bool {
        self.successors().contains(&next)
    }

    /// Whether nothing will change any more.
    pub const fn is_final(self) -> bool {
        self.successors().is_empty()
    }
}

text_enum! {
    /// How far a transcript can be trusted.
    pub enum Quality as "quality" {
        /// Nothing speaks against it.
        Ok = "ok",
        /// The engine was unsure; a person should listen before relying on it.
        LowConfidence = "low_confidence",
        /// There was no speech; the transcript is empty.
        NoSpeech = "no_speech",
        /// It looks like something the engine made up; kept for a person to judge.
        Suspect = "suspect",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_status_never_changes() {
        for status in RecordingStatus::ALL.iter().filter(|status| status.is_final()) {
            for next in RecordingStatus::ALL {
                assert!(!status.may_become(*next), "{status} -> {next}");
            }
        }
    }

    #[test]
    fn every_status_but_the_first_can_be_reached() {
        for status in RecordingStatus::ALL.iter().filter(|s| **s != RecordingStatus::Requested) {
            assert!(RecordingStatus::ALL.iter().any(|from| from.may_become(*status)), "{status}");
        }
    }

    #[test]
    fn names_survive_a_round_trip() {
        for status in RecordingStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
        }
        assert!("Transcribed".parse::<RecordingStatus>().is_err());
    }
}
