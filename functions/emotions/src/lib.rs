//! What a family keeps: its children, and what they felt.
//!
//! A child picks a feeling card ([`list_emotions`]) and a strength ([`list_intensities`]) and says why; the client
//! writes that down ([`create_emotion_log`]). Later the parent reads it ([`list_emotion_logs`]), or how often which
//! feeling came ([`summarise_emotion_logs`]).

mod child;
mod config;
mod create_child;
mod create_emotion_log;
mod delete_child;
mod delete_emotion_log;
mod emotion_log;
mod idempotent;
mod list_children;
mod list_emotion_logs;
mod list_emotions;
mod list_intensities;
mod read_child;
mod read_emotion_log;
mod summarise_emotion_logs;
mod update_child;
mod update_emotion_log;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
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
    /// Signs URLs to where the cards' pictures are.
    pub urls: UrlSigner,
    /// Where clients find the pictures without asking the bucket; `None`: by short-lived URLs into it.
    pub image_base_url: Option<String>,
    /// Whose calendar days are meant.
    pub time_zone: TimeZone,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

/// What the routes take and answer.
pub fn openapi() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(paths(
        list_emotions::handle,
        list_intensities::handle,
        list_children::handle,
        create_child::handle,
        read_child::handle,
        update_child::handle,
        delete_child::handle,
        list_emotion_logs::handle,
        create_emotion_log::handle,
        summarise_emotion_logs::handle,
        read_emotion_log::handle,
        update_emotion_log::handle,
        delete_emotion_log::handle,
    ))]
    struct Routes;

    kimochi_api::openapi::complete(<Routes as utoipa::OpenApi>::openapi())
}

/// The function's routes, as the template names them.
pub fn routes(app: App) -> Router {
    Router::new()
        .route("/v1/emotions", get(list_emotions::handle))
        .route("/v1/intensities", get(list_intensities::handle))
        .route("/v1/children", get(list_children::handle).post(create_child::handle))
        .route(
            "/v1/children/{id}",
            get(read_child::handle).patch(update_child::handle).delete(delete_child::handle),
        )
        .route("/v1/emotion-logs", get(list_emotion_logs::handle).post(create_emotion_log::handle))
        .route("/v1/emotion-logs/summary", get(summarise_emotion_logs::handle))
        .route(
            "/v1/emotion-logs/{id}",
            get(read_emotion_log::handle)
                .patch(update_emotion_log::handle)
                .delete(delete_emotion_log::handle),
        )
        .with_state(Arc::new(app))
}
