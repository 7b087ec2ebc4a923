//! Each finished day of the audit log gets its seal.

use kimochi_retention::{Limits, seal_days};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{App, Run};

pub(super) async fn run(app: &App, run: &Run<'_>) -> Result<Value, Failure> {
    if run.request.dry_run {
        // Nothing goes: there is nothing to rehearse.
        return Ok(json!({}));
    }
    let limits = Limits::new(run.until, app.clock);
    Ok(json!(seal_days(&app.database, &limits).await?))
}
