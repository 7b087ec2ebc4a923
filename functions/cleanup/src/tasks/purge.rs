//! What was deleted goes for good, and families that left: objects, rows, and in the end the tombstone.

use kimochi_erasure::{Limits, QUIET_TIME, erase_deleted, erase_families_that_left, erase_old_answers};
use kimochi_store::purge::{Planned, planned};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{App, Run};

/// So many rows in a transaction: with the objects of so many recordings it stays far below the role's five seconds.
const BATCH: i64 = 200;

pub(super) async fn run(app: &App, run: &Run<'_>) -> Result<Value, Failure> {
    let limits = Limits { batch: BATCH, quiet_time: QUIET_TIME, until: run.until, clock: app.clock };
    let plan = planned(&app.database, limits.batch()).await?;
    if run.request.dry_run {
        return Ok(json!({"would_go": plan}));
    }
    if !run.request.allow_large {
        check(app, &plan)?;
    }

    let families = erase_families_that_left(&app.database, &app.bucket, &limits).await?;
    let deleted = erase_deleted(&app.database, &app.bucket, &limits).await?;
    let answers = erase_old_answers(&app.database, &limits).await?;

    let numbers = json!({"families_that_left": families, "deleted": deleted, "old_answers": answers});
    match families.failed + deleted.failed {
        0 => Ok(numbers),
        failed => Err(Failure::Incomplete { failed, numbers }),
    }
}

fn check(app: &App, plan: &Planned) -> Result<(), Failure> {
    for (what, doomed, all) in
        [("recordings", plan.recordings, plan.all_recordings), ("families", plan.families, plan.all_families)]
    {
        if app.fuse.blows(doomed, all) {
            return Err(Failure::FuseBlown { what, doomed, all });
        }
    }
    Ok(())
}
