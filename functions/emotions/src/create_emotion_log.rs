//! `POST /v1/emotion-logs`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use kimochi_api::openapi::{Conflict, NotFound};
use kimochi_api::{ApiError, ETag, FieldError, IdempotencyKey, JsonBody, Problem, SignedIn, WholeNumber};
use kimochi_domain::{ChildId, EmotionName, FeltAt, Intensity, Note, RecordingId};
use kimochi_store::emotion_logs::{self, Insertion, NewLog};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::emotion_log::{EmotionLogView, etag, refusal};
use crate::{App, idempotent};

/// What a child felt.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "child_id": "019d4640-9840-7000-8000-0000000000b1",
    "emotion": "ureshii",
    "intensity": 3,
    "recording_id": "019d4640-9840-7000-8000-0000000000c1",
})))]
pub(crate) struct EmotionLogRequest {
    child_id: ChildId,
    #[schema(value_type = EmotionName)]
    emotion: String,
    #[schema(value_type = Intensity)]
    intensity: WholeNumber,
    #[schema(value_type = Option<Note>)]
    note: Option<String>,
    /// One that no other log has.
    recording_id: Option<RecordingId>,
    /// Now, if left out; from 1900 on, and at most a day ahead.
    felt_at: Option<Timestamp>,
}

/// Writes down what a child felt.
///
/// 201 with the log; 404 when the family has no such child or recording; 422 when a field cannot be taken.
#[utoipa::path(
    post,
    path = "/v1/emotion-logs",
    operation_id = "create_emotion_log",
    tag = "feelings",
    params(IdempotencyKey),
    request_body = EmotionLogRequest,
    responses(
        (
            status = 201,
            body = EmotionLogView,
            headers(("etag" = ETag), ("location" = String, description = "The log's path.")),
            links(
                ("read" = (operation_id = "read_emotion_log", parameters(("id" = "$response.body#/id")))),
                ("update" = (operation_id = "update_emotion_log", parameters(("id" = "$response.body#/id")))),
                ("delete" = (operation_id = "delete_emotion_log", parameters(("id" = "$response.body#/id")))),
            ),
        ),
        Conflict,
        NotFound,
    ),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    key: IdempotencyKey,
    JsonBody(request): JsonBody<EmotionLogRequest>,
) -> Result<Response, ApiError> {
    let now = (app.clock)();
    let keyed = idempotent::keyed(&key, "POST /v1/emotion-logs", &request);
    let new = parse(&request, now)?;

    let family = app.database.family(&caller, now).await?;
    match emotion_logs::insert(&family, &new, keyed.as_ref(), now).await? {
        Insertion::Created(log) => {
            let (location, etag) = (format!("/v1/emotion-logs/{}", log.id), etag(&log));
            let view = EmotionLogView::from(*log);
            idempotent::created(family, keyed.as_ref(), location, &etag, &view).await
        }
        Insertion::KeyTaken => idempotent::repeated(family, keyed.as_ref()).await,
        Insertion::Refused(refused) => {
            // The attempt may have been noted.
            family.commit().await?;
            Err(refusal(refused).into())
        }
    }
}

fn parse(request: &EmotionLogRequest, now: Timestamp) -> Result<NewLog, Problem> {
    let emotion = request.emotion.parse::<EmotionName>();
    let intensity = Intensity::try_from(request.intensity.0);
    let note = request.note.as_deref().map(str::parse::<Note>).transpose();
    let felt_at = FeltAt::new(request.felt_at.unwrap_or(now), now);
    match (emotion, intensity, note, felt_at) {
        (Ok(emotion), Ok(intensity), Ok(note), Ok(felt_at)) => Ok(NewLog {
            child_id: request.child_id,
            emotion,
            intensity,
            note,
            recording_id: request.recording_id,
            felt_at,
        }),
        (emotion, intensity, note, felt_at) => Err(Problem::of_fields([
            FieldError::of("emotion", emotion),
            FieldError::of("intensity", intensity),
            FieldError::of("note", note),
            FieldError::of("felt_at", felt_at),
        ])),
    }
}
