//! Rows of logs that are old enough go to the bucket, and then out of the database.

use jiff::SignedDuration;
use kimochi_retention::{Limits, archive_audit_logs, archive_job_runs, due_audit_logs, due_job_runs};
use kimochi_store::archives::Due;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::watch::tell_once;
use crate::{App, Run, notices, tell};

/// Rows that should have gone so long ago are a backlog: the runs do not keep up.
const BACKLOG_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);

pub(super) async fn run(app: &App, run: &Run<'_>) -> Result<Value, Failure> {
    let audit_logs = due_audit_logs(&app.database, (app.clock)(), app.audit_logs_kept).await?;
    let job_runs = due_job_runs(&app.database, (app.clock)(), app.job_runs_kept).await?;
    if run.request.dry_run {
        return Ok(json!({"would_go": {"audit_logs": audit_logs, "job_runs": job_runs}}));
    }
    if !run.request.allow_large {
        check(app, "audit_logs", audit_logs)?;
        check(app, "job_runs", job_runs)?;
    }

    let limits = Limits::new(run.until, app.clock);
    let audit_logs = archive_audit_logs(&app.database, &app.bucket, &limits, app.audit_logs_kept).await?;
    if let Some(last) = audit_logs.broken_days.last() {
        // It stays as it is: only another such day is news.
        let notice = notices::audit_log_differs(run.request.task, &audit_logs.broken_days, run.context);
        tell_once(app, &format!("audit_log_changed/{last}"), &notice, run.context).await;
    }
    let job_runs = archive_job_runs(&app.database, &app.bucket, &limits, app.job_runs_kept).await?;
    let is_behind = !audit_logs.complete && audit_logs.broken_days.is_empty() || !job_runs.complete;
    if is_behind {
        tell_of_backlog(app, run).await?;
    }
    let complete = audit_logs.complete && job_runs.complete;
    Ok(json!({"audit_logs": audit_logs, "job_runs": job_runs, "complete": complete}))
}

fn check(app: &App, what: &'static str, due: Due) -> Result<(), Failure> {
    if app.fuse.blows(due.rows, due.of) {
        return Err(Failure::FuseBlown { what, doomed: due.rows, all: due.of });
    }
    Ok(())
}

async fn tell_of_backlog(app: &App, run: &Run<'_>) -> Result<(), Failure> {
    let now = (app.clock)();
    let audit_logs = due_audit_logs(&app.database, now, app.audit_logs_kept + BACKLOG_AFTER).await?;
    let job_runs = due_job_runs(&app.database, now, app.job_runs_kept + BACKLOG_AFTER).await?;
    let rows = audit_logs.rows + job_runs.rows;
    if rows > 0 {
        tell(app, &notices::retention_behind(rows, run.context)).await;
    }
    Ok(())
}
