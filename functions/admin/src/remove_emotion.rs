//! `DELETE /v1/admin/emotions/{name}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kimochi_api::{ApiError, IfMatch, PathName, Problem, SignedIn};
use kimochi_domain::EmotionName;
use kimochi_store::emotions::{self, Removal};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::card::etag;

/// What became of a card that was to go.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Removal, examples(json!({"name": "nemui", "outcome": "retired"})))]
pub(crate) struct RemovalView {
    name: EmotionName,
    outcome: Outcome,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// No log names it: it is gone.
    Deleted,
    /// Logs name it: they keep it, and it cannot be chosen any more.
    Retired,
}

/// Takes a card out of the choice.
///
/// 200: a card that logs name is retired, any other one is deleted. 404 when there is none of that name; 412 when it is in
/// another state than `If-Match` says.
#[utoipa::path(
    delete,
    path = "/v1/admin/emotions/{name}",
    operation_id = "remove_emotion",
    tag = "administration",
    security(("Operator" = [])),
    params(PathName<EmotionName>, IfMatch),
    responses((status = 200, body = RemovalView)),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathName(name): PathName<EmotionName>,
    if_match: IfMatch,
) -> Result<Json<RemovalView>, ApiError> {
    let now = (app.clock)();
    let operator = app.database.operator(&caller, now).await?;
    let found = emotions::find_for_change(&operator, &name).await?;
    let found = found.ok_or_else(|| Problem::not_found("card"))?;
    if_match.check(&etag(&found))?;
    let outcome = match emotions::remove(&operator, &name, now).await? {
        Removal::Deleted => Outcome::Deleted,
        Removal::Retired => Outcome::Retired,
    };
    operator.commit().await?;

    Ok(Json(RemovalView { name, outcome }))
}
