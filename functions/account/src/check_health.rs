//! `GET /v1/health`: whether the service stands, for health checks and load balancers; no sign-in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;

use crate::App;

/// How the service is.
#[derive(Debug, Serialize)]
pub(crate) struct Health {
    /// `ok` or `unavailable`.
    status: &'static str,
    /// `ok` or `unreachable`.
    database: &'static str,
    /// The release that answers.
    version: &'static str,
}

/// 200 when the database answers, otherwise 503.
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
