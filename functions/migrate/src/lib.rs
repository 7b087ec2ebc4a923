//! Brings the database up to date, as a step of every deploy.
//!
//! A deploy invokes it and waits for its answer. The migrations are part of this binary, so that code and
//! tables of one release travel together, and the database needs no way in from where the deploy runs.

mod config;

use kimochi_store::Database;
use kimochi_store::migrations::{self, Report};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::Deserialize;

pub use config::Config;

/// What it is asked: nothing but to do it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {}

/// Applies what is missing, and says what that was.
///
/// # Errors
/// With the whole story: whoever deploys reads it in the answer.
pub async fn handle(database: &Database, _: LambdaEvent<Request>) -> Result<Report, Diagnostic> {
    match migrations::migrate(database).await {
        Ok(report) => {
            let applied = report.applied.join(", ");
            tracing::info!(version = report.version, applied, "the database is up to date");
            Ok(report)
        }
        Err(error) => {
            let story = format!("{:#}", anyhow::Error::from(error));
            tracing::error!(error = story, "the database could not be brought up to date");
            Err(Diagnostic { error_type: "MigrationFailed".to_owned(), error_message: story })
        }
    }
}
