//! `GET /v1/health`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({"status": "ok", "database": "ok", "version": "0.1.0"})))]
pub(crate) struct Health {
    /// `ok` or `unavailable`.
    status: &'static str,
    /// `ok` or `unreachable`.
    database: &'static str,
    /// The release that answers.
    version: &'static str,
}

/// Says whether the service stands.
///
/// For health checks and load balancers, without sign-in: 200 when the database answers, otherwise 503.
#[utoipa::path(
    get,
    path = "/v1/health",
    operation_id = "check_health",
    tag = "account",
    security(()),
    responses(
        (status = 200, body = Health),
        (
            status = 503,
            body = Health,
            example = json!({"status": "unavailable", "database": "unreachable", "version": "0.1.0"}),
        ),
    ),
)]
pub(crate) async fn handle(State(app): State<Arc<App>>) -> (StatusCode, Json<Health>) {
    let version = env!("CARGO_PKG_VERSION");
    match app.database.ping().await {
        Ok(()) => (StatusCode::OK, Json(Health { status: "ok", database: "ok", version })),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            let health = Health { status: "unavailable", database: "unreachable", version };
            (StatusCode::SERVICE_UNAVAILABLE, Json(health))
        }
    }
}
