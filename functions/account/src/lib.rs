//! Who is calling ([`read_me`]), a copy of what we hold about them ([`export_family`]), how they leave ([`withdraw`]), and
//! whether the service stands ([`check_health`]).

mod check_health;
mod config;
mod export_family;
mod export_file;
mod read_me;
mod spool;
mod withdraw;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kimochi_blob::{MediaBucket, UrlSigner};
use kimochi_store::Database;
use utoipa::openapi::OpenApi;

pub use config::Config;

/// What the handlers share.
pub struct App {
    /// Connects as the API role.
    pub database: Database,
    /// Where recordings and copies are kept.
    pub bucket: MediaBucket,
    /// Signs URLs into it.
    pub urls: UrlSigner,
    /// In which storage keys are stamped.
    pub time_zone: TimeZone,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

/// What the routes take and answer.
pub fn openapi() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(paths(read_me::handle, export_family::handle, withdraw::handle, check_health::handle))]
    struct Routes;

    kimochi_api::openapi::complete(<Routes as utoipa::OpenApi>::openapi())
}

/// The function's routes, as the template names them.
pub fn routes(app: App) -> Router {
    Router::new()
        .route("/v1/me", get(read_me::handle).delete(withdraw::handle))
        .route("/v1/me/export", get(export_family::handle))
        .route("/v1/health", get(check_health::handle))
        .with_state(Arc::new(app))
}
