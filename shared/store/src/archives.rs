//! `archives`: what was exported to the bucket, verified, and removed here in the transaction that says so.

use jiff::Timestamp;
use jiff::civil::Date;
use kimochi_domain::{ArchiveKey, ArchivedTable};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::audit_seals::{Digest, digest};
use crate::columns::parsed;
use crate::log_lines::Place;
use crate::{Connection, Database, Result};

/// Rows that lie in the bucket, as they were found there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Where.
    pub key: ArchiveKey,
    /// How many.
    pub rows: i64,
    /// The first of them.
    pub first: Place,
    /// The last of them.
    pub last: Place,
    /// Size of the object.
    pub bytes: i64,
    /// Of the object.
    pub sha256: Digest,
    /// Size of the lines, before compression.
    pub content_bytes: i64,
    /// Of the lines, before compression.
    pub content_sha256: Digest,
    /// When it was read back and found to be right.
    pub verified_at: Timestamp,
}

/// A row that goes, and the SHA-256 of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchivedRow {
    /// Which.
    pub place: Place,
    /// As the archive has it.
    pub digest: Digest,
}

/// A day whose rows are sealed and not all archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueDay {
    /// The day.
    pub day: Date,
    /// How many rows the seal covers.
    pub rows: i64,
    /// How many of them, the first ones, are archived.
    pub archived: i64,
    /// The last one that is.
    pub after: Option<Place>,
}

/// How many rows a run would take, and of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Due {
    /// What is old enough.
    pub rows: i64,
    /// What there is: of `audit_logs` only what is sealed.
    pub of: i64,
}

/// Writes an archive down and removes its rows, both or neither. Gives how many rows were there to be removed: of
/// `audit_logs` all of them, and each as the archive has it.
///
/// # Errors
/// When the database cannot be reached, or a row is not what the archive holds; nothing was removed then.
pub async fn remove(connection: &Connection, archive: &Archive, rows: &[ArchivedRow]) -> Result<i64> {
    const AUDIT_LOGS: &str = "\
-- archives::remove_audit_logs
SELECT remove_archived_audit_logs(
    ROW($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $4)::archives, $14, $15, $16)";
    const JOB_RUNS: &str = "\
-- archives::remove_job_runs
SELECT remove_archived_job_runs(
    ROW($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $4)::archives, $14, $15, $16)";

    let sql = match archive.key.table() {
        ArchivedTable::AuditLogs => AUDIT_LOGS,
        ArchivedTable::JobRuns => JOB_RUNS,
    };
    let statement = connection.prepare_cached(sql).await?;
    let Archive { key, rows: count, first, last, bytes, sha256, content_bytes, content_sha256, verified_at } =
        archive;
    let ats: Vec<Timestamp> = rows.iter().map(|row| row.place.at).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.place.id).collect();
    let digests: Vec<&[u8]> = rows.iter().map(|row| row.digest.as_slice()).collect();
    let row = connection
        .query_one(
            &statement,
            &[
                &key.to_string(),
                &key.table().as_str(),
                &key.day(),
                count,
                &first.at,
                &first.id,
                &last.at,
                &last.id,
                bytes,
                &sha256.as_slice(),
                content_bytes,
                &content_sha256.as_slice(),
                verified_at,
                &ats,
                &ids,
                &digests,
            ],
        )
        .await?;
    Ok(row.try_get(0)?)
}

/// The archives with the rows that a seal covers, in the order of the rows, from after a place on.
///
/// # Errors
/// When the database cannot be reached.
pub async fn of_audit_day(
    connection: &Connection,
    day: Date,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Archive>> {
    const SQL: &str = "\
-- archives::of_audit_day
SELECT key, rows, first_at, first_id, last_at, last_id, bytes, sha256, content_bytes, content_sha256, verified_at
FROM archives
WHERE table_name = 'audit_logs' AND day = $1
    AND (first_at, first_id) > (COALESCE($2, '-infinity'::timestamptz),
        COALESCE($3, '00000000-0000-0000-0000-000000000000'::uuid))
ORDER BY first_at, first_id
LIMIT $4";

    let statement = connection.prepare_cached(SQL).await?;
    let (at, id) = (after.map(|place| place.at), after.map(|place| place.id));
    connection.query(&statement, &[&day, &at, &id, &limit]).await?.iter().map(from_row).collect()
}

/// The first day before `before` and after `after` whose rows are sealed and not all archived.
///
/// # Errors
/// When the database cannot be reached.
pub async fn next_due_day(
    connection: &Connection,
    before: Date,
    after: Option<Date>,
) -> Result<Option<DueDay>> {
    const SQL: &str = "\
-- archives::next_due_day
SELECT s.day, s.rows, COALESCE(a.rows, 0)::bigint AS archived, last_at, last_id
FROM audit_seals s
LEFT JOIN LATERAL (SELECT sum(rows) AS rows FROM archives WHERE table_name = 'audit_logs' AND day = s.day) a ON true
LEFT JOIN LATERAL (
    SELECT last_at, last_id FROM archives WHERE table_name = 'audit_logs' AND day = s.day
    ORDER BY last_at DESC, last_id DESC
    LIMIT 1) l ON true
WHERE s.day < $1 AND s.day > COALESCE($2, '-infinity'::date) AND s.rows > COALESCE(a.rows, 0)
ORDER BY s.day
LIMIT 1";

    let statement = connection.prepare_cached(SQL).await?;
    let Some(row) = connection.query_opt(&statement, &[&before, &after]).await? else {
        return Ok(None);
    };
    let (at, id): (Option<Timestamp>, Option<Uuid>) = (row.try_get("last_at")?, row.try_get("last_id")?);
    Ok(Some(DueDay {
        day: row.try_get("day")?,
        rows: row.try_get("rows")?,
        archived: row.try_get("archived")?,
        after: at.zip(id).map(|(at, id)| Place { at, id }),
    }))
}

/// How many audit rows of days before `before` an archive would take.
///
/// # Errors
/// When the database cannot be reached.
pub async fn due_audit_logs(db: &Database, before: Date) -> Result<Due> {
    const SQL: &str = "\
-- archives::due_audit_logs
SELECT COALESCE(sum(s.rows - a.rows) FILTER (WHERE s.day < $1), 0)::bigint AS due,
    COALESCE(sum(s.rows - a.rows), 0)::bigint AS total
FROM audit_seals s
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(rows), 0) AS rows FROM archives WHERE table_name = 'audit_logs' AND day = s.day) a";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    due(&client.query_one(&statement, &[&before]).await?)
}

/// How many job runs that ended before `before` an archive would take.
///
/// # Errors
/// When the database cannot be reached.
pub async fn due_job_runs(db: &Database, before: Timestamp) -> Result<Due> {
    const SQL: &str = "\
-- archives::due_job_runs
SELECT due, total FROM due_job_runs($1)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    due(&client.query_one(&statement, &[&before]).await?)
}

/// Drops the partitions of `audit_logs` that are empty and whose month was over before `until`, unless somebody uses the
/// table right now; gives how many.
///
/// # Errors
/// When the database cannot be reached.
pub async fn drop_empty_audit_months(connection: &Connection, until: Date) -> Result<i32> {
    const SQL: &str = "\
-- archives::drop_empty_audit_months
SELECT drop_empty_audit_months($1)";

    Ok(connection.query_one(SQL, &[&until]).await?.try_get(0)?)
}

fn due(row: &Row) -> Result<Due> {
    Ok(Due { rows: row.try_get("due")?, of: row.try_get("total")? })
}

fn from_row(row: &Row) -> Result<Archive> {
    Ok(Archive {
        key: parsed(row, "key")?,
        rows: row.try_get("rows")?,
        first: Place { at: row.try_get("first_at")?, id: row.try_get("first_id")? },
        last: Place { at: row.try_get("last_at")?, id: row.try_get("last_id")? },
        bytes: row.try_get("bytes")?,
        sha256: digest(row.try_get("sha256")?, "sha256")?,
        content_bytes: row.try_get("content_bytes")?,
        content_sha256: digest(row.try_get("content_sha256")?, "content_sha256")?,
        verified_at: row.try_get("verified_at")?,
    })
}
