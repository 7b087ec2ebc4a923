//! `PATCH /v1/emotion-logs/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use kimochi_api::{
    ApiError, ETag, FieldError, IfMatch, JsonBody, PathId, Problem, SignedIn, WholeNumber, given, present,
};
use kimochi_domain::{EmotionLogId, EmotionName, FeltAt, Intensity, Note, RecordingId};
use kimochi_store::audit::Subject;
use kimochi_store::emotion_logs::{self, Changed, Changes};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::emotion_log::EmotionLogView;
use crate::{App, emotion_log};

/// What is to change; a field that is left out stays, `null` empties note and recording.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"intensity": 2, "note": "ブランコ"})))]
pub(crate) struct EmotionLogPatch {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = EmotionName)]
    emotion: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Intensity)]
    intensity: Option<WholeNumber>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Note>)]
    note: Option<Option<String>>,
    /// One that no other log has.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<RecordingId>)]
    recording_id: Option<Option<RecordingId>>,
    /// From 1900 on, and at most a day ahead.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Timestamp)]
    felt_at: Option<Timestamp>,
}

/// Changes a log. Whose it is cannot be changed.
///
/// 200 with the log as it is now; 404 when the family has none with that id, or no such recording; 412 when it is in
/// another state than `If-Match` says; 422 when a field cannot be taken.
#[utoipa::path(
    patch,
    path = "/v1/emotion-logs/{id}",
    operation_id = "update_emotion_log",
    tag = "feelings",
    params(PathId<EmotionLogId>, IfMatch),
    request_body = EmotionLogPatch,
    responses((status = 200, body = EmotionLogView, headers(("etag" = ETag)))),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<EmotionLogId>,
    if_match: IfMatch,
    JsonBody(patch): JsonBody<EmotionLogPatch>,
) -> Result<Response, ApiError> {
    let now = (app.clock)();
    let changes = parse(&patch, now)?;

    let family = app.database.family(&caller, now).await?;
    let Some(log) = emotion_logs::find_for_change(&family, id).await? else {
        family.refuse(Subject::EmotionLog(id)).await?;
        return Err(Problem::not_found("emotion log").into());
    };
    if_match.check(&emotion_log::etag(&log))?;
    match emotion_logs::update(family.last(), &log, &changes, now).await? {
        Changed::Log(log) => Ok(emotion_log::respond(*log)),
        Changed::Refused(refused) => Err(emotion_log::refusal(refused).into()),
    }
}

fn parse(patch: &EmotionLogPatch, now: Timestamp) -> Result<Changes, Problem> {
    let emotion = patch.emotion.as_deref().map(str::parse::<EmotionName>).transpose();
    let intensity = patch.intensity.map(|level| Intensity::try_from(level.0)).transpose();
    let note =
        patch.note.as_ref().map(|note| note.as_deref().map(str::parse::<Note>).transpose()).transpose();
    let felt_at = patch.felt_at.map(|at| FeltAt::new(at, now)).transpose();
    match (emotion, intensity, note, felt_at) {
        (Ok(emotion), Ok(intensity), Ok(note), Ok(felt_at)) => {
            Ok(Changes { emotion, intensity, note, recording_id: patch.recording_id, felt_at })
        }
        (emotion, intensity, note, felt_at) => Err(Problem::of_fields([
            FieldError::of("emotion", emotion),
            FieldError::of("intensity", intensity),
            FieldError::of("note", note),
            FieldError::of("felt_at", felt_at),
        ])),
    }
}
