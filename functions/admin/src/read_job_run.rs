//! `GET /v1/admin/job-runs/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use kimochi_api::{ApiError, PathId, Problem, SignedIn};
use kimochi_domain::JobRunId;
use kimochi_store::job_runs;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::job_run::JobRunView;

/// A run among all attempts at the same work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({"run": JobRunView::example(), "attempts": [JobRunView::example()]})))]
pub(crate) struct JobRunAmongAttempts {
    run: JobRunView,
    /// All attempts at the same recording or, about none, of the same kind at the same subject, in the order in which they
    /// began, this one included; the latest hundred.
    attempts: Vec<JobRunView>,
}

/// Reads one run, with all attempts at the same work.
///
/// 200 with the run; 404 when there is none of that id.
#[utoipa::path(
    get,
    path = "/v1/admin/job-runs/{id}",
    operation_id = "read_job_run",
    tag = "administration",
    security(("Operator" = [])),
    params(PathId<JobRunId>),
    responses((status = 200, body = JobRunAmongAttempts)),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<JobRunId>,
) -> Result<impl IntoResponse, ApiError> {
    let operator = app.database.operator(&caller, (app.clock)()).await?;
    let run = job_runs::find(&operator, id).await?.ok_or_else(|| Problem::not_found("job run"))?;
    let attempts = job_runs::attempts(&operator, &run).await?;
    operator.commit().await?;

    let answer = JobRunAmongAttempts {
        run: JobRunView::new(run, &app.logs),
        attempts: attempts.into_iter().map(|run| JobRunView::new(run, &app.logs)).collect(),
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)))
}
