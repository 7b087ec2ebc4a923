//! `POST /v1/admin/job-runs/{id}/retry`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use kimochi_api::openapi::Conflict;
use kimochi_api::{ApiError, PathId, Problem, SignedIn};
use kimochi_blob::notification::ObjectCreated;
use kimochi_domain::{JobKind, JobRunId, JobStatus, RecordingId, RecordingStatus};
use kimochi_store::job_runs::{self, JobRun};
use kimochi_store::transcription::{self, Object, Retry};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;

/// A recording that waits to be transcribed again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Retry, examples(json!({
    "recording_id": "019d4640-9840-7000-8000-0000000000c1",
    "status": "uploaded",
})))]
pub(crate) struct RetryView {
    recording_id: RecordingId,
    status: RecordingStatus,
}

/// Has a failed transcription tried again.
///
/// 202: the recording waits for transcribe with all its attempts before it; a new run will show in the list. The same for a
/// request that is repeated while it waits. 404 when there is no such run; 409 when it did not fail or is no transcription,
/// when the recording is being worked on or has its text, and when the family deleted it or left.
#[utoipa::path(
    post,
    path = "/v1/admin/job-runs/{id}/retry",
    operation_id = "retry_job_run",
    tag = "administration",
    security(("Operator" = [])),
    params(PathId<JobRunId>),
    responses((status = 202, body = RetryView), Conflict),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<JobRunId>,
) -> Result<impl IntoResponse, ApiError> {
    let now = (app.clock)();
    let operator = app.database.operator(&caller, now).await?;
    let run = job_runs::find(&operator, id).await?.ok_or_else(|| Problem::not_found("job run"))?;
    let recording_id = failed_recording(&run)?;
    let retried = transcription::retry(&operator, recording_id, id, now).await?;
    operator.commit().await?;

    // The row first: a message that finds the recording failed would be put away. Without a message it waits, and whoever
    // repeats the request sends one.
    let object = waiting(retried)?;
    app.queue.send(&arrival(object, app.bucket.name())).await?;

    Ok((StatusCode::ACCEPTED, Json(RetryView { recording_id, status: RecordingStatus::Uploaded })))
}

/// The recording that the run failed to transcribe.
fn failed_recording(run: &JobRun) -> Result<RecordingId, Problem> {
    if run.kind.as_str() != JobKind::Transcribe.as_str() {
        return Err(conflict("Only a transcription can be retried; a schedule repeats this work by itself."));
    }
    match (run.status, run.recording_id) {
        (JobStatus::Running, _) => Err(conflict("This attempt is still running; wait until it has ended.")),
        (JobStatus::Succeeded, _) => Err(conflict("This attempt did not fail; there is nothing to retry.")),
        (JobStatus::Failed, None) => {
            Err(conflict("Nobody asked for this object; there is no recording to retry."))
        }
        (JobStatus::Failed, Some(recording_id)) => Ok(recording_id),
    }
}

fn waiting(retried: Option<Retry>) -> Result<Object, Problem> {
    match retried {
        Some(Retry::Waiting(object)) => Ok(object),
        Some(Retry::Deleted) => Err(conflict(
            "The family has deleted this recording or left the service; nobody listens to it any more.",
        )),
        Some(Retry::Refused(RecordingStatus::Transcribing)) => {
            Err(conflict("The recording is being transcribed, or its next attempt follows by itself."))
        }
        Some(Retry::Refused(status)) => {
            Err(conflict(&format!("A later attempt did not fail: the recording is {status}.")))
        }
        None => Err(Problem::not_found("recording")),
    }
}

fn arrival(object: Object, bucket: &str) -> ObjectCreated {
    ObjectCreated {
        bucket: bucket.to_owned(),
        key: object.audio_key.to_string(),
        size_bytes: object.size_bytes,
        created_at: object.uploaded_at,
        sequencer: object.sequencer,
    }
}

fn conflict(detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, detail)
}
