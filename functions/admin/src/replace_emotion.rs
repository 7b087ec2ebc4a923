//! `PUT /v1/admin/emotions/{name}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kimochi_api::{ApiError, ETag, IfMatch, JsonBody, PathName, Problem, SignedIn};
use kimochi_domain::EmotionName;
use kimochi_store::emotions::{self, CardFace};

use crate::App;
use crate::card::{CardRequest, CardView, etag, respond};

/// Gives a card another face.
///
/// 200 with the card as it is now; one that was retired can be chosen again. 404 when there is none of that name; 412 when
/// it is in another state than `If-Match` says; 422 when a field cannot be taken.
#[utoipa::path(
    put,
    path = "/v1/admin/emotions/{name}",
    operation_id = "replace_emotion",
    tag = "administration",
    security(("Operator" = [])),
    params(PathName<EmotionName>, IfMatch),
    request_body = CardRequest,
    responses((status = 200, body = CardView, headers(("etag" = ETag)))),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathName(name): PathName<EmotionName>,
    if_match: IfMatch,
    JsonBody(request): JsonBody<CardRequest>,
) -> Result<Response, ApiError> {
    let now = (app.clock)();
    let face = CardFace::try_from(request)?;

    let operator = app.database.operator(&caller, now).await?;
    let found = emotions::find_for_change(&operator, &name).await?;
    let found = found.ok_or_else(|| Problem::not_found("card"))?;
    if_match.check(&etag(&found))?;
    let card = emotions::replace(&operator, &name, &face, now).await?;
    operator.commit().await?;

    Ok(respond(card))
}
