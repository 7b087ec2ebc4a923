//! `DELETE /v1/me`: leaves the service.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use jiff::Timestamp;
use kimochi_api::{ApiError, Problem, SignedIn};
use kimochi_domain::UserId;
use kimochi_store::users;
use serde::Serialize;

use crate::App;

/// A family that is leaving.
#[derive(Debug, Serialize)]
pub(crate) struct WithdrawalView {
    id: UserId,
    /// From then on nothing of the family's can be reached.
    left_at: Timestamp,
}

/// 202: every later call of the family is a 410, and what it had is going to be removed. 404 for who never called before;
/// 410 for who has left already.
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
) -> Result<(StatusCode, Json<WithdrawalView>), ApiError> {
    let withdrawal = users::withdraw(&app.database, &caller, (app.clock)()).await?;

    let withdrawal = withdrawal.ok_or_else(|| Problem::not_found("family"))?;
    if withdrawal.repeated {
        return Err(Problem::gone().into());
    }
    let view = WithdrawalView { id: withdrawal.user_id, left_at: withdrawal.at };
    Ok((StatusCode::ACCEPTED, Json(view)))
}
