//! `GET /v1/children`: the family's children.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use kimochi_api::{ApiError, SignedIn};
use kimochi_store::children;

use crate::App;
use crate::child::ChildView;
use crate::page::Page;

/// 200 with all of them, in the order in which they were entered.
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
) -> Result<impl IntoResponse, ApiError> {
    let family = app.database.family(&caller, (app.clock)()).await?;
    let children = children::list(&family).await?;
    family.commit().await?;

    let page = Page::whole(children.into_iter().map(ChildView::from));
    Ok(([(CACHE_CONTROL, "no-store")], Json(page)))
}
