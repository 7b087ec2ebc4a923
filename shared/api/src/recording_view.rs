//! A recording as clients see it.

use jiff::Timestamp;
use kimochi_domain::{
    Failure, MediaType, Quality, Recording, RecordingId, RecordingStatus, Transcript, UploadSize,
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A recording as clients see it: no storage key, no family id. What is not known yet is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Recording, examples(RecordingView::example))]
pub struct RecordingView {
    id: RecordingId,
    status: RecordingStatus,
    content_type: MediaType,
    #[schema(value_type = UploadSize)]
    size_bytes: i64,
    created_at: Timestamp,
    /// When its file arrived.
    #[schema(required)]
    uploaded_at: Option<Timestamp>,
    /// When it was done with, well or badly.
    #[schema(required)]
    finished_at: Option<Timestamp>,
    /// Length of the sound.
    #[schema(required, minimum = 0)]
    duration_ms: Option<i64>,
    /// Empty when nobody speaks.
    #[schema(required)]
    transcript: Option<Transcript>,
    /// Why `partial` is partial: `ends_early`, `damaged`, `too_long` or `deadline`.
    #[schema(required)]
    partial_reason: Option<String>,
    #[schema(required)]
    quality: Option<Quality>,
    /// The engine's own estimate.
    #[schema(required, minimum = 0, maximum = 1)]
    confidence: Option<f32>,
    /// ISO 639-1 code.
    #[schema(required)]
    language: Option<String>,
    #[schema(required)]
    failure: Option<FailureView>,
}

/// Why there is no transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RecordingFailure)]
struct FailureView {
    /// Stable, for programs.
    code: Failure,
    /// Japanese, for the parent.
    message: &'static str,
}

impl RecordingView {
    /// One in the OpenAPI document: a note that became text.
    pub fn example() -> Value {
        json!({
            "id": "019d4640-9840-7000-8000-0000000000c1",
            "status": "transcribed",
            "content_type": "audio/webm",
            "size_bytes": 14_664,
            "created_at": "2026-03-31T23:30:00Z",
            "uploaded_at": "2026-03-31T23:30:02Z",
            "finished_at": "2026-03-31T23:30:03.25Z",
            "duration_ms": 3_120,
            "transcript": "きょうはともだちとあそんだからうれしかった",
            "partial_reason": null,
            "quality": "ok",
            "confidence": 0.93,
            "language": "ja",
            "failure": null,
        })
    }
}

impl From<Recording> for RecordingView {
    fn from(recording: Recording) -> Self {
        Self {
            id: recording.id,
            status: recording.status,
            content_type: recording.media_type,
            size_bytes: recording.size_bytes,
            created_at: recording.created_at,
            uploaded_at: recording.uploaded_at,
            finished_at: recording.finished_at,
            duration_ms: recording.duration_ms,
            transcript: recording.transcript,
            partial_reason: recording.partial_reason,
            quality: recording.quality,
            confidence: recording.confidence,
            language: recording.language,
            failure: recording.failure.map(|code| FailureView { code, message: code.message() }),
        }
    }
}
