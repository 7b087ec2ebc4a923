//! `GET /v1/emotion-logs/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kimochi_api::{ApiError, ETag, PathId, Problem, SignedIn};
use kimochi_domain::EmotionLogId;
use kimochi_store::audit::Subject;
use kimochi_store::emotion_logs;

use crate::emotion_log::EmotionLogView;
use crate::{App, emotion_log};

/// Reads one log, with its recording.
///
/// 200 with the log; 404 when the family has none with that id.
#[utoipa::path(
    get,
    path = "/v1/emotion-logs/{id}",
    operation_id = "read_emotion_log",
    tag = "feelings",
    params(PathId<EmotionLogId>),
    responses((status = 200, body = EmotionLogView, headers(("etag" = ETag)))),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<EmotionLogId>,
) -> Result<Response, ApiError> {
    let family = app.database.reader(&caller, (app.clock)());
    let Some(log) = emotion_logs::find(&family, id).await? else {
        family.refuse(Subject::EmotionLog(id)).await?;
        return Err(Problem::not_found("emotion log").into());
    };

    Ok(emotion_log::respond(log))
}
