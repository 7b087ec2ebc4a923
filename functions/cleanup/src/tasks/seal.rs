//! Each finished day of the audit log gets its seal.

use kimochi_retention::{Limits, seal_days};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{App, Run};

pub(super) async fn run(app: &App, run: &Run<'_>) -> Result<Value, Failure> {
    if run.request.dry_run {
        // What a seal is computed from does not exist before it is made: nothing is lost by making it.
        return Ok(json!({}));
    }
    let limits = Limits::new(run.until, app.clock);
    Ok(json!(seal_days(&app.database, &limits).await?))
}
