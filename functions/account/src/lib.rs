//! Who is calling ([`read_me`]), how they leave ([`withdraw`]), and whether the service stands ([`check_health`]).

mod check_health;
mod config;
mod read_me;
mod withdraw;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use kimochi_store::Database;

pub use config::Config;

/// What the handlers share.
pub struct App {
    /// Connects as the API role.
    pub database: Database,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

/// The function's routes, as the template names them.
pub fn routes(app: App) -> Router {
    Router::new()
        .route("/v1/me", get(read_me::handle).delete(withdraw::handle))
        .route("/v1/health", get(check_health::handle))
        .with_state(Arc::new(app))
}
