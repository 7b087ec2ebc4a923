//! What operators do: they answer parents' questions, and keep the feeling cards.
//!
//! Why has a note no text? Every attempt is a job run, found by kind, status, time, family or recording
//! ([`list_job_runs`]) and told with all attempts at the same work and the way into its log ([`read_job_run`]). When what
//! made it fail is mended, an operator has it tried again ([`retry_job_run`]). Who did what stands in the audit log
//! ([`list_audit_logs`]). How one family is tells [`view_family`]: counts, times and statuses, nothing that it entered or
//! said. Whoever looks at a family says why ([`reason`]), and that is noted with the look ([`look`]).
//!
//! A card's picture comes with a release; an operator makes the card to it ([`create_emotion`]), gives it another face
//! ([`replace_emotion`]), and takes it out of the choice ([`remove_emotion`]). What they do is noted under their name.

mod card;
mod config;
mod create_emotion;
mod job_run;
mod list_all_emotions;
mod list_audit_logs;
mod list_job_runs;
mod logs;
mod look;
mod read_emotion;
mod read_job_run;
mod reason;
mod remove_emotion;
mod replace_emotion;
mod retry_job_run;
mod view_family;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use jiff::Timestamp;
use kimochi_blob::MediaBucket;
use kimochi_queue::TranscribeQueue;
use kimochi_store::Database;
use utoipa::openapi::OpenApi;

pub use config::Config;
pub use logs::Logs;

/// What the handlers share.
pub struct App {
    /// Connects as the operators' role.
    pub database: Database,
    /// Where the cards' pictures are kept, and the recordings.
    pub bucket: MediaBucket,
    /// Where transcribe is told what to work on.
    pub queue: TranscribeQueue,
    /// Where functions leave their traces.
    pub logs: Logs,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

/// What the routes take and answer.
pub fn openapi() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(paths(
        list_job_runs::handle,
        read_job_run::handle,
        retry_job_run::handle,
        list_audit_logs::handle,
        view_family::handle,
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
        .route("/v1/admin/job-runs", get(list_job_runs::handle))
        .route("/v1/admin/job-runs/{id}", get(read_job_run::handle))
        .route("/v1/admin/job-runs/{id}/retry", post(retry_job_run::handle))
        .route("/v1/admin/audit-logs", get(list_audit_logs::handle))
        .route("/v1/admin/users/{id}", get(view_family::handle))
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
