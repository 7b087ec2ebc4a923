//! `DELETE /v1/children/{id}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use kimochi_api::{ApiError, IfMatch, PathId, Problem, SignedIn};
use kimochi_domain::ChildId;
use kimochi_store::audit::Subject;
use kimochi_store::children;

use crate::{App, child};

/// Takes a child away, with its logs and recordings.
///
/// 204, and from now on a 404 for the child and all that was its; 412 when it is in another state than `If-Match` says.
#[utoipa::path(
    delete,
    path = "/v1/children/{id}",
    operation_id = "delete_child",
    tag = "children",
    params(PathId<ChildId>, IfMatch),
    responses((status = 204)),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<ChildId>,
    if_match: IfMatch,
) -> Result<StatusCode, ApiError> {
    let now = (app.clock)();
    let family = app.database.family(&caller, now).await?;
    let Some(found) = children::find_for_change(&family, id).await? else {
        family.refuse(Subject::Child(id)).await?;
        return Err(Problem::not_found("child").into());
    };
    if_match.check(&child::etag(&found))?;
    children::delete(family.last(), id, now).await?;

    Ok(StatusCode::NO_CONTENT)
}
