//! `GET /v1/recordings/{id}/audio`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::{CACHE_CONTROL, LOCATION};
use kimochi_api::{ApiError, PathId, Problem, SignedIn};
use kimochi_domain::{RecordingId, RecordingStatus};
use kimochi_store::audit::{self, Subject};
use kimochi_store::recordings;

use crate::App;

/// Long enough to start playing and to seek in a note; short enough that a leaked URL is soon worthless.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Plays a recording.
///
/// 302 to S3; 404 when there is no such recording of this family, or nothing has arrived for it.
#[utoipa::path(
    get,
    path = "/v1/recordings/{id}/audio",
    operation_id = "play_recording",
    tag = "recordings",
    params(PathId<RecordingId>),
    responses((
        status = 302,
        headers(("location" = String, description = "Where the file can be read for five minutes.")),
    )),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<RecordingId>,
) -> Result<impl IntoResponse, ApiError> {
    let family = app.database.family(&caller, (app.clock)()).await?;
    let Some(recording) = recordings::find(&family, id).await? else {
        family.refuse(Subject::Recording(id)).await?;
        return Err(Problem::not_found("recording").into());
    };
    if matches!(recording.status, RecordingStatus::Requested | RecordingStatus::Expired) {
        return Err(
            Problem::new(StatusCode::NOT_FOUND, "Nothing has been uploaded for this recording.").into()
        );
    }
    audit::note_access(family.last(), "recording.play", Subject::Recording(id)).await?;

    let download = app.urls.download(&recording.audio_key, LIFETIME).await?;
    Ok((StatusCode::FOUND, [(LOCATION, download.url), (CACHE_CONTROL, "no-store".to_owned())]))
}
