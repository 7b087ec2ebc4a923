//! `GET /v1/me`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use kimochi_api::{ApiError, SignedIn};
use kimochi_domain::UserId;
use kimochi_store::users;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;

/// What we know of a parent: nothing personal, the identity provider keeps that.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({"id": "019d4640-9840-7000-8000-0000000000aa", "created_at": "2026-03-31T23:30:00Z"})))]
pub(crate) struct Profile {
    id: UserId,
    created_at: Timestamp,
}

/// Reads the caller's profile.
///
/// It is made at their first call, whatever that is.
#[utoipa::path(
    get,
    path = "/v1/me",
    operation_id = "read_me",
    tag = "account",
    responses((status = 200, body = Profile)),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Profile>, ApiError> {
    let user = users::read(&app.database.reader(&caller, (app.clock)())).await?;
    Ok(Json(Profile { id: user.id, created_at: user.created_at }))
}
