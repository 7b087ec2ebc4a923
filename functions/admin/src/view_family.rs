//! `GET /v1/admin/users/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use kimochi_api::{ApiError, PathId, SignedIn};
use kimochi_domain::{Failure, JobRunId, RecordingId, RecordingStatus, UserId};
use kimochi_store::support::{self, SeenRecording, Summary, View};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::reason::Reason;
use crate::{App, look};

/// So many of the latest recordings are shown.
const RECORDINGS: i64 = 20;

/// A family as operators see it: nothing that it entered or said, and nothing of who it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Family, examples(FamilyView::example))]
pub(crate) struct FamilyView {
    id: UserId,
    /// When the parent first called.
    created_at: Timestamp,
    /// When they left the service; `null` while they use it.
    #[schema(required)]
    left_at: Option<Timestamp>,
    /// When the last of what they had was removed.
    #[schema(required)]
    gone_at: Option<Timestamp>,
    /// The latest time of which we know that they did something; reading leaves no trace.
    last_activity_at: Timestamp,
    counts: Counts,
    /// The latest 20, the last asked for first, deleted ones included until they are removed.
    recordings: Vec<SeenRecordingView>,
}

/// How much a family has, without what it deleted.
#[derive(Debug, Serialize, ToSchema)]
struct Counts {
    #[schema(minimum = 0)]
    children: i64,
    #[schema(minimum = 0)]
    emotion_logs: i64,
    /// By those statuses that there are.
    recordings: Vec<RecordingCount>,
}

#[derive(Debug, Serialize, ToSchema)]
struct RecordingCount {
    status: RecordingStatus,
    #[schema(minimum = 1)]
    count: i64,
}

/// A recording of which nothing is told that was said in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeenRecording)]
struct SeenRecordingView {
    id: RecordingId,
    status: RecordingStatus,
    created_at: Timestamp,
    /// When its file arrived.
    #[schema(required)]
    uploaded_at: Option<Timestamp>,
    /// When it was done with, well or badly.
    #[schema(required)]
    finished_at: Option<Timestamp>,
    /// When the family deleted it, or left.
    #[schema(required)]
    deleted_at: Option<Timestamp>,
    /// Why `partial` is partial.
    #[schema(required)]
    partial_reason: Option<String>,
    /// Why there is no transcript.
    #[schema(required)]
    failure: Option<Failure>,
    /// All attempts at it, in their order.
    job_run_ids: Vec<JobRunId>,
}

/// Looks at a family.
///
/// 200 with counts, times, and the latest recordings with their status; 404 when there is no such family; 422 without a
/// reason. Every look is noted in the audit log with its reason, the one at a family that does not exist as refused.
#[utoipa::path(
    get,
    path = "/v1/admin/users/{id}",
    operation_id = "view_family",
    tag = "administration",
    security(("Operator" = [])),
    params(PathId<UserId>, Reason),
    responses((status = 200, body = FamilyView)),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<UserId>,
    Reason(reason): Reason,
) -> Result<impl IntoResponse, ApiError> {
    let operator = app.database.operator(&caller, (app.clock)()).await?;
    let (operator, family) = look::at(operator, id, View::Family, &reason).await?;
    let summary = support::summarise(&operator, family).await?;
    let recordings = support::latest_recordings(&operator, family, RECORDINGS).await?;
    operator.commit().await?;

    Ok(([(CACHE_CONTROL, "no-store")], Json(FamilyView::new(id, summary, recordings))))
}

impl FamilyView {
    fn new(id: UserId, summary: Summary, recordings: Vec<SeenRecording>) -> Self {
        let by_status = summary.recordings.into_iter();
        Self {
            id,
            created_at: summary.created_at,
            left_at: summary.left_at,
            gone_at: summary.gone_at,
            last_activity_at: summary.last_activity_at,
            counts: Counts {
                children: summary.children,
                emotion_logs: summary.emotion_logs,
                recordings: by_status.map(|(status, count)| RecordingCount { status, count }).collect(),
            },
            recordings: recordings.into_iter().map(SeenRecordingView::from).collect(),
        }
    }

    /// One in the OpenAPI document.
    fn example() -> Value {
        json!({
            "id": "019d4640-9840-7000-8000-0000000000aa",
            "created_at": "2026-03-31T23:30:00Z",
            "left_at": null,
            "gone_at": null,
            "last_activity_at": "2026-03-31T23:35:00Z",
            "counts": {
                "children": 1,
                "emotion_logs": 12,
                "recordings": [{"status": "failed", "count": 1}, {"status": "transcribed", "count": 11}],
            },
            "recordings": [{
                "id": "019d4640-9840-7000-8000-0000000000c1",
                "status": "failed",
                "created_at": "2026-03-31T23:30:00Z",
                "uploaded_at": "2026-03-31T23:30:02Z",
                "finished_at": "2026-03-31T23:30:03.25Z",
                "deleted_at": null,
                "partial_reason": null,
                "failure": "attempts_exhausted",
                "job_run_ids": ["019d4640-9840-7000-8000-0000000000e1"],
            }],
        })
    }
}

impl From<SeenRecording> for SeenRecordingView {
    fn from(recording: SeenRecording) -> Self {
        Self {
            id: recording.id,
            status: recording.status,
            created_at: recording.created_at,
            uploaded_at: recording.uploaded_at,
            finished_at: recording.finished_at,
            deleted_at: recording.deleted_at,
            partial_reason: recording.partial_reason,
            failure: recording.failure,
            job_run_ids: recording.job_run_ids,
        }
    }
}
