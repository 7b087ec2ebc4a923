//! A job run as operators see it.

use jiff::Timestamp;
use kimochi_domain::{JobName, JobRunId, JobStatus, RecordingId, UserId};
use kimochi_store::job_runs::JobRun;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::Logs;

/// One attempt at a piece of work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobRun, examples(JobRunView::example))]
pub(crate) struct JobRunView {
    id: JobRunId,
    kind: JobName,
    /// What was worked on: a storage key, or the period of a schedule.
    subject: String,
    /// The family it was for; `null` when for none, or when that is unknown.
    #[schema(required)]
    user_id: Option<UserId>,
    /// The recording it was about; `null` when about none.
    #[schema(required)]
    recording_id: Option<RecordingId>,
    status: JobStatus,
    /// Which attempt, from 1; from 1 again after a retry.
    #[schema(minimum = 1)]
    attempt: i16,
    /// Lambda's request id: finds it in the log.
    #[schema(required)]
    request_id: Option<String>,
    started_at: Timestamp,
    #[schema(required)]
    finished_at: Option<Timestamp>,
    /// Why it failed: a code, then detail for engineers.
    #[schema(required)]
    error: Option<String>,
    /// Numbers of it, by kind of work.
    #[schema(required, value_type = Option<Object>)]
    details: Option<Value>,
    /// CloudWatch Logs Insights, narrowed to its time and request; `null` when its log is unknown.
    #[schema(required)]
    logs_url: Option<String>,
}

impl JobRunView {
    pub(crate) fn new(run: JobRun, logs: &Logs) -> Self {
        let logs_url = logs.url(&run);
        Self {
            id: run.id,
            kind: run.kind,
            subject: run.subject,
            user_id: run.user_id,
            recording_id: run.recording_id,
            status: run.status,
            attempt: run.attempt,
            request_id: run.request_id,
            started_at: run.started_at,
            finished_at: run.finished_at,
            error: run.error,
            details: run.details,
            logs_url,
        }
    }

    /// One in the OpenAPI document.
    pub(crate) fn example() -> Value {
        json!({
            "id": "019d4640-9840-7000-8000-0000000000e1",
            "kind": "transcribe",
            "subject": "audio/019d4640-9840-7000-8000-0000000000aa/audio_20260401_083000_0190a6d2c4f04b8e9c3d.webm",
            "user_id": "019d4640-9840-7000-8000-0000000000aa",
            "recording_id": "019d4640-9840-7000-8000-0000000000c1",
            "status": "failed",
            "attempt": 3,
            "request_id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            "started_at": "2026-03-31T23:30:02Z",
            "finished_at": "2026-03-31T23:30:03Z",
            "error": "s3: the bucket is away",
            "details": null,
            "logs_url": "https://ap-northeast-1.console.aws.amazon.com/cloudwatch/home?region=ap-northeast-1#logsV2:logs-insights",
        })
    }
}
