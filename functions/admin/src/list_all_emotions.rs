//! `GET /v1/admin/emotions`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use kimochi_api::{ApiError, Page, SignedIn};
use kimochi_store::emotions;

use crate::App;
use crate::card::CardView;

/// Lists all cards.
///
/// 200 with the cards in their order, retired ones too.
#[utoipa::path(
    get,
    path = "/v1/admin/emotions",
    operation_id = "list_all_emotions",
    tag = "administration",
    security(("Operator" = [])),
    responses((
        status = 200,
        body = Page<CardView>,
        example = json!({"items": [CardView::example()], "next_cursor": null}),
    )),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
) -> Result<impl IntoResponse, ApiError> {
    let operator = app.database.operator(&caller, (app.clock)()).await?;
    let cards = emotions::list_all(&operator).await?;
    operator.commit().await?;

    Ok(([(CACHE_CONTROL, "no-store")], Json(Page::whole(cards.into_iter().map(CardView::from)))))
}
