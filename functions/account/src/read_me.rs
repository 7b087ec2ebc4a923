//! `GET /v1/me`: the caller's profile, which is made at their first call.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use kimochi_api::{ApiError, SignedIn};
use kimochi_domain::UserId;
use serde::Serialize;

use crate::App;

/// What we know of a parent: nothing personal, the identity provider keeps that.
#[derive(Debug, Serialize)]
pub(crate) struct Profile {
    id: UserId,
    created_at: Timestamp,
}

/// 200 with the profile.
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Profile>, ApiError> {
    let family = app.database.family(&caller, (app.clock)()).await?;
    let user = *family.user();
    family.commit().await?;

    Ok(Json(Profile { id: user.id, created_at: user.created_at }))
}
