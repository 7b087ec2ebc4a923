//! `GET /v1/admin/emotions/{name}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kimochi_api::{ApiError, ETag, PathName, Problem, SignedIn};
use kimochi_domain::EmotionName;
use kimochi_store::emotions;

use crate::App;
use crate::card::{CardView, respond};

/// Reads a card.
///
/// 200 with the card, in the choice or retired; 404 when there is none of that name.
#[utoipa::path(
    get,
    path = "/v1/admin/emotions/{name}",
    operation_id = "read_emotion",
    tag = "administration",
    security(("Operator" = [])),
    params(PathName<EmotionName>),
    responses((status = 200, body = CardView, headers(("etag" = ETag)))),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathName(name): PathName<EmotionName>,
) -> Result<Response, ApiError> {
    let operator = app.database.operator(&caller, (app.clock)()).await?;
    let card = emotions::find(&operator, &name).await?;
    operator.commit().await?;

    Ok(respond(card.ok_or_else(|| Problem::not_found("card"))?))
}
