//! Whether the audit log is as it was written, from the first archive to the last seal.
//!
//! A rehearsal compares the same and tells nobody but who asked for it: `make verify-audit`.

use jiff::civil::Date;
use kimochi_retention::{Limits, verify_audit};
use kimochi_store::scheduled_runs;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{App, Run, Task, notices, tell};

/// Where an earlier run left off.
#[derive(Deserialize)]
struct Earlier {
    next_day: Option<Date>,
}

pub(super) async fn run(app: &App, run: &Run<'_>) -> Result<Value, Failure> {
    let from = match (run.request.from, run.request.dry_run) {
        (None, false) => left_off(app).await?,
        (from, _) => from,
    };
    let limits = Limits::new(run.until, app.clock);
    let report = verify_audit(&app.database, &app.bucket, &limits, from).await?;
    if !report.problems.is_empty() && !run.request.dry_run {
        tell(app, &notices::audit_log_not_as_written(&report, run.context)).await;
    }
    if from.is_some() && report.next_day == from {
        // It would stand there for ever.
        return Err(Failure::OutOfTime);
    }
    Ok(json!(report))
}

async fn left_off(app: &App) -> Result<Option<Date>, Failure> {
    let earlier = scheduled_runs::latest(&app.database, Task::Verify.kind(), (app.clock)()).await?;
    let earlier = earlier.and_then(|(_, details)| serde_json::from_value::<Earlier>(details).ok());
    Ok(earlier.and_then(|earlier| earlier.next_day))
}
