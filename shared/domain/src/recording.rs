//! The life of a recording and what we think of its transcript.

use jiff::Timestamp;

use crate::text_enum::text_enum;
use crate::{AudioKey, Failure, MediaType, RecordingId, Sha256Digest, UserId};

text_enum! {
    /// Where a recording stands.
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
        /// No text, and no further attempt unless an operator has it tried again; the failure says why.
        Failed = "failed",
        /// Nothing arrived within a day of the request.
        Expired = "expired",
    }
}

impl RecordingStatus {
    /// The statuses that may follow this one. The database enforces the same arrows.
    ///
    /// Out of a settled status leads one arrow: an operator has a failed note tried again. All that is known then is that
    /// the object is there, so it goes on as it did after its arrival.
    pub const fn successors(self) -> &'static [Self] {
        match self {
            Self::Requested => &[Self::Uploaded, Self::Expired],
            Self::Uploaded => &[Self::Transcribing],
            Self::Transcribing => &[Self::Transcribed, Self::NoSpeech, Self::Partial, Self::Failed],
            Self::Failed => &[Self::Uploaded],
            Self::Transcribed | Self::NoSpeech | Self::Partial | Self::Expired => &[],
        }
    }

    /// Whether `next` may follow this status.
    pub fn may_become(self, next: Self) -> bool {
        self.successors().contains(&next)
    }

    /// Whether nothing that arrives changes it any more.
    pub const fn is_settled(self) -> bool {
        match self {
            Self::Requested | Self::Uploaded | Self::Transcribing => false,
            Self::Transcribed | Self::NoSpeech | Self::Partial | Self::Failed | Self::Expired => true,
        }
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

/// A voice note and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Its id.
    pub id: RecordingId,
    /// Whose it is.
    pub user_id: UserId,
    /// Where it stands.
    pub status: RecordingStatus,
    /// Where the note lies, or will.
    pub audio_key: AudioKey,
    /// What was signed for it.
    pub media_type: MediaType,
    /// The length that was signed, in bytes.
    pub size_bytes: i64,
    /// The digest that was signed; `None` when the client gave none.
    pub sha256: Option<Sha256Digest>,
    /// When the upload was asked for.
    pub created_at: Timestamp,
    /// When this row last changed.
    pub updated_at: Timestamp,
    /// When it arrived; `None` until we know of it.
    pub uploaded_at: Option<Timestamp>,
    /// When it reached a final status.
    pub finished_at: Option<Timestamp>,
    /// What the child said: empty without speech, `None` until there is an outcome and when it failed.
    pub transcript: Option<Transcript>,
    /// How far the transcript can be trusted.
    pub quality: Option<Quality>,
    /// Codes of what speaks against it.
    pub quality_reasons: Vec<String>,
    /// The engine's own estimate, 0 to 1.
    pub confidence: Option<f32>,
    /// ISO 639-1 code.
    pub language: Option<String>,
    /// Length of the decoded sound.
    pub duration_ms: Option<i64>,
    /// Code of why only a part became text.
    pub partial_reason: Option<String>,
    /// Why there is no transcript.
    pub failure: Option<Failure>,
}

/// What a child said.
#[derive(Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Transcript(pub String);

/// Shows the length only, so that no log can hold it by accident.
impl std::fmt::Debug for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transcript({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_a_settled_status_leads_only_the_way_of_another_try() {
        for status in RecordingStatus::ALL.iter().filter(|status| status.is_settled()) {
            for next in RecordingStatus::ALL.iter().filter(|next| status.may_become(**next)) {
                assert_eq!((*status, *next), (RecordingStatus::Failed, RecordingStatus::Uploaded));
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
