//! A recording as clients see it.

use jiff::Timestamp;
use kimochi_domain::{Failure, MediaType, Quality, Recording, RecordingId, RecordingStatus, Transcript};
use serde::Serialize;

/// A recording as clients see it: no storage key, no family id. What is not known yet is `null`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordingView {
    id: RecordingId,
    status: RecordingStatus,
    content_type: MediaType,
    size_bytes: i64,
    created_at: Timestamp,
    uploaded_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    duration_ms: Option<i64>,
    transcript: Option<Transcript>,
    /// Why `partial` is partial: `ends_early`, `damaged`, `too_long` or `deadline`.
    partial_reason: Option<String>,
    quality: Option<Quality>,
    confidence: Option<f32>,
    language: Option<String>,
    failure: Option<FailureView>,
}

/// Why there is no transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FailureView {
    /// Stable, for programs.
    code: Failure,
    /// Japanese, for the parent.
    message: &'static str,
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
