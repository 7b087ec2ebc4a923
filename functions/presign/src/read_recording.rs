//! `GET /v1/recordings/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kimochi_api::{ApiError, PathId, Problem, RecordingView, SignedIn};
use kimochi_domain::RecordingId;
use kimochi_store::audit::Subject;
use kimochi_store::recordings;

use crate::App;

/// Says what became of a recording.
///
/// 200 with the recording; 404 when there is none of this family with that id.
#[utoipa::path(
    get,
    path = "/v1/recordings/{id}",
    operation_id = "read_recording",
    tag = "recordings",
    params(PathId<RecordingId>),
    responses((
        status = 200,
        body = RecordingView,
        links(("play" = (operation_id = "play_recording", parameters(("id" = "$response.body#/id"))))),
    )),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<RecordingId>,
) -> Result<Json<RecordingView>, ApiError> {
    let family = app.database.reader(&caller, (app.clock)());
    let Some(recording) = recordings::find(&family, id).await? else {
        family.refuse(Subject::Recording(id)).await?;
        return Err(Problem::not_found("recording").into());
    };

    Ok(Json(recording.into()))
}
