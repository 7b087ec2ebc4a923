//! `GET /v1/children`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use kimochi_api::{ApiError, Page, SignedIn};
use kimochi_store::children;

use crate::App;
use crate::child::ChildView;

/// Lists the family's children.
///
/// 200 with all of them, in the order in which they were entered.
#[utoipa::path(
    get,
    path = "/v1/children",
    operation_id = "list_children",
    tag = "children",
    responses((
        status = 200,
        body = Page<ChildView>,
        example = json!({"items": [ChildView::example()], "next_cursor": null}),
    )),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
) -> Result<impl IntoResponse, ApiError> {
    let family = app.database.reader(&caller, (app.clock)());
    let children = children::list(&family).await?;

    let page = Page::whole(children.into_iter().map(ChildView::from));
    Ok(([(CACHE_CONTROL, "no-store")], Json(page)))
}
