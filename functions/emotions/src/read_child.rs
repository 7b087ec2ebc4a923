//! `GET /v1/children/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kimochi_api::{ApiError, ETag, PathId, Problem, SignedIn};
use kimochi_domain::ChildId;
use kimochi_store::audit::Subject;
use kimochi_store::children;

use crate::child::ChildView;
use crate::{App, child};

/// Reads one child.
///
/// 200 with the child; 404 when the family has none with that id.
#[utoipa::path(
    get,
    path = "/v1/children/{id}",
    operation_id = "read_child",
    tag = "children",
    params(PathId<ChildId>),
    responses((status = 200, body = ChildView, headers(("etag" = ETag)))),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<ChildId>,
) -> Result<Response, ApiError> {
    let family = app.database.reader(&caller, (app.clock)());
    let Some(found) = children::find(&family, id).await? else {
        family.refuse(Subject::Child(id)).await?;
        return Err(Problem::not_found("child").into());
    };

    Ok(child::respond(found))
}
