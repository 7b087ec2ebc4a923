//! `GET /v1/admin/job-runs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use kimochi_api::openapi::NotFound;
use kimochi_api::{ApiError, Cursor, Limit, Page, Parameters, Problem, QueryOf, SignedIn};
use kimochi_domain::{JobName, JobRunId, JobStatus, Moment, RecordingId, UserId};
use kimochi_store::job_runs::{self, Filter, JobRun, Position};
use kimochi_store::support::View;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::job_run::JobRunView;
use crate::reason::ReasonIfAny;
use crate::{App, look};

/// Which runs to list: texts, so that each mistake can be named with its parameter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only this kind of work, such as `transcribe`.
    #[param(value_type = Option<JobName>)]
    kind: Option<String>,
    /// Only those that stand so.
    #[param(value_type = Option<JobStatus>)]
    status: Option<String>,
    /// Only this family's: a look at a family, which needs `x-support-reason`.
    #[param(value_type = Option<UserId>)]
    user_id: Option<String>,
    /// Only those about this recording.
    #[param(value_type = Option<RecordingId>)]
    recording_id: Option<String>,
    /// Begun at this time or later.
    #[param(inline, value_type = Option<Moment>)]
    from: Option<String>,
    /// Begun before this time.
    #[param(inline, value_type = Option<Moment>)]
    to: Option<String>,
    /// How many on a page.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{32}$")]
    cursor: Option<String>,
}

/// Lists what functions worked on, page by page.
///
/// 200 with the runs, the latest begun first; 404 when there is no such family; 422 when a parameter cannot be understood,
/// and when a family is named without a reason.
#[utoipa::path(
    get,
    path = "/v1/admin/job-runs",
    operation_id = "list_job_runs",
    tag = "administration",
    security(("Operator" = [])),
    params(ListQuery, ReasonIfAny),
    responses(
        (
            status = 200,
            body = Page<JobRunView>,
            links(("read" = (operation_id = "read_job_run", parameters(("id" = "$response.body#/items/0/id"))))),
            example = json!({
                "items": [JobRunView::example()],
                "next_cursor": "AAZOW-V1wsABnUZAmEBwAIAAAAAAAADR",
            }),
        ),
        NotFound,
    ),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    reason: ReasonIfAny,
) -> Result<impl IntoResponse, ApiError> {
    let (filter, after, limit) = parse(&query)?;
    let look = filter.user_id.map(|id| reason.needed().map(|reason| (id, reason))).transpose()?;

    let mut operator = app.database.operator(&caller, (app.clock)()).await?;
    if let Some((id, reason)) = look {
        (operator, _) = look::at(operator, id, View::JobRuns, &reason).await?;
    }
    let runs = job_runs::list(&operator, &filter, after, limit.and_one()).await?;
    operator.commit().await?;

    let page = Page::cut(runs, limit, place, |run| JobRunView::new(run, &app.logs));
    Ok(([(CACHE_CONTROL, "no-store")], Json(page)))
}

fn place(run: &JobRun) -> Cursor {
    Cursor { at: run.started_at, id: run.id.0 }
}

fn parse(query: &ListQuery) -> Result<(Filter, Option<Position>, Limit), Problem> {
    let mut parameters = Parameters::default();
    let filter = Filter {
        kind: parameters.read("kind", query.kind.as_deref()),
        status: parameters.read("status", query.status.as_deref()),
        user_id: parameters.read_id("user_id", query.user_id.as_deref()),
        recording_id: parameters.read_id("recording_id", query.recording_id.as_deref()),
        from: parameters.read("from", query.from.as_deref()).map(Moment::timestamp),
        until: parameters.read("to", query.to.as_deref()).map(Moment::timestamp),
    };
    let (limit, cursor) = parameters.read_page(query.limit.as_deref(), query.cursor.as_deref());
    parameters.check()?;
    Ok((filter, cursor.map(|end| Position { started_at: end.at, id: JobRunId(end.id) }), limit))
}
