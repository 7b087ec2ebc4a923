//! `DELETE /v1/emotion-logs/{id}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use kimochi_api::{ApiError, IfMatch, PathId, Problem, SignedIn};
use kimochi_domain::EmotionLogId;
use kimochi_store::audit::Subject;
use kimochi_store::emotion_logs;

use crate::{App, emotion_log};

/// Takes a log away, with its recording.
///
/// 204, and from now on a 404 for the log and its recording; 412 when it is in another state than `If-Match` says.
#[utoipa::path(
    delete,
    path = "/v1/emotion-logs/{id}",
    operation_id = "delete_emotion_log",
    tag = "feelings",
    params(PathId<EmotionLogId>, IfMatch),
    responses((status = 204)),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<EmotionLogId>,
    if_match: IfMatch,
) -> Result<StatusCode, ApiError> {
    let now = (app.clock)();
    let family = app.database.family(&caller, now).await?;
    let Some(log) = emotion_logs::find_for_change(&family, id).await? else {
        family.refuse(Subject::EmotionLog(id)).await?;
        return Err(Problem::not_found("emotion log").into());
    };
    if_match.check(&emotion_log::etag(&log))?;
    emotion_logs::delete(family.last(), id, now).await?;

    Ok(StatusCode::NO_CONTENT)
}
