//! `DELETE /v1/me`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use jiff::Timestamp;
use kimochi_api::openapi::NotFound;
use kimochi_api::{ApiError, Problem, SignedIn};
use kimochi_domain::UserId;
use kimochi_store::users;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;

/// A family that is leaving.
#[derive(Debug, Serialize, ToSchema)]
#[schema(
    as = Withdrawal,
    examples(json!({"id": "019d4640-9840-7000-8000-0000000000aa", "left_at": "2026-03-31T23:30:00Z"})),
)]
pub(crate) struct WithdrawalView {
    id: UserId,
    /// From then on the API gives out nothing of the family's.
    left_at: Timestamp,
}

/// Leaves the service.
///
/// 202: every later call of the family is a 410, and what it had is going to be removed. 404 for who never called before;
/// 410 for who has left already.
#[utoipa::path(
    delete,
    path = "/v1/me",
    operation_id = "withdraw",
    tag = "account",
    responses((status = 202, body = WithdrawalView), NotFound),
)]
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
