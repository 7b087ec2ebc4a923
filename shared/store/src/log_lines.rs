//! Rows of logs in their one written form, which seals are computed from and archives hold: see `archive_line` in
//! `V17__retention.sql` and `V22__quicker_archives.sql`.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{Connection, Result};

/// Where a row stands among the others: by time, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// `at` of an audit row, `finished_at` of a job run.
    pub at: Timestamp,
    /// The row's id.
    pub id: Uuid,
}

/// A row as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub place: Place,
    /// JSON, without a line feed.
    pub text: String,
}

/// The audit rows that belong to the seal of a day and are (still) in the table, from after a place on.
///
/// # Errors
/// When the database cannot be reached.
pub async fn of_audit_day(
    connection: &Connection,
    day: Date,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Line>> {
    const SQL: &str = "\
-- log_lines::of_audit_day
SELECT at, id, line
FROM audit_lines($1, COALESCE($2, '-infinity'::timestamptz),
    COALESCE($3, '00000000-0000-0000-0000-000000000000'::uuid), $4)";

    let statement = connection.prepare_cached(SQL).await?;
    let (at, id) = (after.map(|place| place.at), after.map(|place| place.id));
    connection.query(&statement, &[&day, &at, &id, &limit]).await?.iter().map(from_row).collect()
}

/// The job runs that ended before, the earliest first, from after a place on.
///
/// # Errors
/// When the database cannot be reached.
pub async fn of_job_runs(
    connection: &Connection,
    finished_before: Timestamp,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Line>> {
    const SQL: &str = "\
-- log_lines::of_job_runs
SELECT at, id, line
FROM job_run_lines($1, COALESCE($2, '-infinity'::timestamptz),
    COALESCE($3, '00000000-0000-0000-0000-000000000000'::uuid), $4)";

    let statement = connection.prepare_cached(SQL).await?;
    let (at, id) = (after.map(|place| place.at), after.map(|place| place.id));
    connection.query(&statement, &[&finished_before, &at, &id, &limit]).await?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<Line> {
    let place = Place { at: row.try_get("at")?, id: row.try_get("id")? };
    Ok(Line { place, text: row.try_get("line")? })
}
