//! What operators do: they keep the feeling cards.
//!
//! A card's picture comes with a release; an operator makes the card to it ([`create_emotion`]), gives it another face
//! ([`replace_emotion`]), and takes it out of the choice ([`remove_emotion`]). What they do is noted under their name.

mod card;
mod config;
mod create_emotion;
mod list_all_emotions;
mod read_emotion;
mod remove_emotion;
mod replace_emotion;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use kimochi_blob::MediaBucket;
use kimochi_store::Database;
use utoipa::openapi::OpenApi;

pub use config::Config;

/// What the handlers share.
pub struct App {
    /// Connects as the operators' role.
    pub database: Database,
    /// Where the cards' pictures are kept.
    pub bucket: MediaBucket,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

/// What the routes take and answer.
pub fn openapi() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(paths(
        list_all_emotions::handle,
        read_emotion::handle,
        create_emotion::handle,
        replace_emotion::handle,
        remove_emotion::handle,
    ))]
    struct Routes;

    kimochi_api::openapi::complete(<Routes as utoipa::OpenApi>::openapi())
}

/// The function's routes, as the template names them.
pub fn routes(app: App) -> Router {
    Router::new()
        .route("/v1/admin/emotions", get(list_all_emotions::handle))
        .route(
            "/v1/admin/emotions/{name}",
            get(read_emotion::handle)
                .post(create_emotion::handle)
                .put(replace_emotion::handle)
                .delete(remove_emotion::handle),
        )
        .with_state(Arc::new(app))
}
