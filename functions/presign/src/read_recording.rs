//! `GET /v1/recordings/{id}`: what became of a recording.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kimochi_api::{ApiError, Caller, PathId, Problem};
use kimochi_domain::RecordingId;
use kimochi_store::recordings;

use crate::App;
use crate::recording_view::RecordingView;

/// 200 with the recording; 404 when there is none of this family with that id.
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    PathId(id): PathId<RecordingId>,
) -> Result<Json<RecordingView>, ApiError> {
    let family = app.database.family(&identity, (app.clock)()).await?;
    let recording = recordings::find(&family, id).await?;
    family.commit().await?;

    let recording = recording.ok_or_else(|| Problem::not_found("recording"))?;
    Ok(Json(recording.into()))
}
