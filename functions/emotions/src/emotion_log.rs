//! An emotion log as clients see it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use kimochi_api::{ETag, FieldError, Problem, RecordingView};
use kimochi_domain::{ChildId, EmotionLogId, EmotionName, Intensity, Note};
use kimochi_store::emotion_logs::{EmotionLog, Refused};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A log as clients see it, with its recording.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EmotionLog, examples(EmotionLogView::example))]
pub(crate) struct EmotionLogView {
    id: EmotionLogId,
    child_id: ChildId,
    emotion: EmotionName,
    intensity: Intensity,
    #[schema(required)]
    note: Option<Note>,
    felt_at: Timestamp,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(required)]
    recording: Option<RecordingView>,
}

impl From<EmotionLog> for EmotionLogView {
    fn from(log: EmotionLog) -> Self {
        Self {
            id: log.id,
            child_id: log.child_id,
            emotion: log.emotion,
            intensity: log.intensity,
            note: log.note,
            felt_at: log.felt_at,
            created_at: log.created_at,
            updated_at: log.updated_at,
            recording: log.recording.map(RecordingView::from),
        }
    }
}

impl EmotionLogView {
    /// One in the OpenAPI document.
    pub(crate) fn example() -> Value {
        json!({
            "id": "019d4640-9840-7000-8000-0000000000d1",
            "child_id": "019d4640-9840-7000-8000-0000000000b1",
            "emotion": "ureshii",
            "intensity": 3,
            "note": null,
            "felt_at": "2026-03-31T23:30:00Z",
            "created_at": "2026-03-31T23:30:05Z",
            "updated_at": "2026-03-31T23:30:05Z",
            "recording": RecordingView::example(),
        })
    }
}

/// The validator of the log's present state, which its recording is a part of.
pub(crate) fn etag(log: &EmotionLog) -> ETag {
    let recording = log.recording.as_ref().map_or(0, |recording| recording.updated_at.as_microsecond());
    ETag::of(&[i64::from(log.version), recording])
}

/// 200 with the log and its `ETag`.
pub(crate) fn respond(log: EmotionLog) -> Response {
    let etag = HeaderValue::from(etag(&log));
    let headers = [(ETAG, etag), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::OK, headers, Json(EmotionLogView::from(log))).into_response()
}

/// The answer to a log that names what it cannot have: 404 for what the family has not, 422 for what nobody can have.
pub(crate) fn refusal(refused: Refused) -> Problem {
    match refused {
        Refused::Child => missing("child_id", "child"),
        Refused::Recording => missing("recording_id", "recording"),
        Refused::Emotion => unprocessable("emotion", "must be one of the cards of GET /v1/emotions"),
        Refused::RecordingInUse => unprocessable("recording_id", "belongs to another log"),
    }
}

fn missing(field: &str, what: &str) -> Problem {
    Problem::not_found(what).with_errors(vec![FieldError::new(field, "does not exist")])
}

fn unprocessable(field: &str, detail: &str) -> Problem {
    Problem::unprocessable(vec![FieldError::new(field, detail)])
}
