//! What got stuck is closed: uploads that were asked for and never came.

use kimochi_store::stale;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{App, Run};

/// So many rows in a statement.
const BATCH: i64 = 500;

pub(super) async fn run(app: &App, run: &Run<'_>) -> Result<Value, Failure> {
    let now = (app.clock)();
    if run.request.dry_run {
        let uploads = stale::uploads_to_expire(&app.database, now).await?;
        return Ok(json!({"would_expire": uploads}));
    }
    let mut expired = 0;
    while (app.clock)() < run.until {
        let closed = stale::expire_uploads(&app.database, now, BATCH).await?;
        expired += closed;
        if closed == 0 {
            break;
        }
    }
    Ok(json!({"expired": expired}))
}
