//! What a run would take, for a rehearsal and for fuses.

use jiff::{SignedDuration, Timestamp};
use kimochi_store::Database;
use kimochi_store::archives::{self, Due};

use crate::Error;
use crate::limits::utc_day;

/// How many audit rows [`archive_audit_logs`](crate::archive_audit_logs) would take now.
///
/// # Errors
/// When the database is away.
pub async fn due_audit_logs(database: &Database, now: Timestamp, keep: SignedDuration) -> Result<Due, Error> {
    Ok(archives::due_audit_logs(database, utc_day(now - keep)).await?)
}

/// How many job runs [`archive_job_runs`](crate::archive_job_runs) would take now.
///
/// # Errors
/// When the database is away.
pub async fn due_job_runs(database: &Database, now: Timestamp, keep: SignedDuration) -> Result<Due, Error> {
    Ok(archives::due_job_runs(database, now - keep).await?)
}
