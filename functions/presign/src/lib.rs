//! Voice notes come in and go out through URLs that this function signs.
//!
//! A client asks for an upload ([`create_upload`]) and gets a recording and a URL that can store that one file
//! once. It sends the file straight to S3, which tells `transcribe`, and then asks what became of it
//! ([`read_recording`]), or plays it ([`play_recording`]). No sound ever passes through this function.

mod config;
mod create_upload;
mod play_recording;
mod read_recording;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kimochi_blob::UrlSigner;
use kimochi_store::Database;
use utoipa::openapi::OpenApi;

pub use config::Config;

/// What the handlers share.
pub struct App {
    /// Connects as the API role.
    pub database: Database,
    /// Signs URLs to where recordings are kept.
    pub urls: UrlSigner,
    /// In which storage keys are stamped.
    pub time_zone: TimeZone,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

/// What the routes take and answer.
pub fn openapi() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(paths(create_upload::handle, read_recording::handle, play_recording::handle))]
    struct Routes;

    kimochi_api::openapi::complete(<Routes as utoipa::OpenApi>::openapi())
}

/// The function's routes, as the template names them.
pub fn routes(app: App) -> Router {
    Router::new()
        .route("/v1/uploads", post(create_upload::handle))
        .route("/v1/recordings/{id}", get(read_recording::handle))
        .route("/v1/recordings/{id}/audio", get(play_recording::handle))
        .with_state(Arc::new(app))
}
