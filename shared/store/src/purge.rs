//! Removing rows for good: what families deleted, and all that families had who left.
//!
//! Rows go after objects, because a row is what finds the object again if the process dies in between; which comes when
//! is decided in `kimochi-erasure`. The role sees only what is marked (`V11__purge.sql`), and every statement takes a
//! bounded number of rows.

use jiff::Timestamp;
use kimochi_domain::{AudioKey, RecordingId, UserId};
use serde::Serialize;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::columns::parsed;
use crate::transaction::Transaction;
use crate::{Connection, Database, Result};

/// How much one step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Only what was marked earlier than this.
    pub marked_before: Timestamp,
    /// Of recordings for which nothing has arrived, only those marked earlier than this: the upload may be under way.
    pub unarrived_marked_before: Timestamp,
    /// The time now.
    pub now: Timestamp,
    /// At most so many rows of each table.
    pub limit: i64,
}

/// A recording whose objects and row are to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedRecording {
    /// Its id.
    pub id: RecordingId,
    /// Where its note lies; its transcript's key follows from it.
    pub audio_key: AudioKey,
}

/// What was removed from the bucket before the rows; it goes into the receipt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RemovedObjects {
    /// Versions and delete markers.
    pub versions: u64,
    /// Their size together.
    pub bytes: u64,
}

/// How many rows were removed, by table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RemovedRows {
    /// `emotion_logs`
    pub emotion_logs: u64,
    /// `job_runs`
    pub job_runs: u64,
    /// `recordings`
    pub recordings: u64,
    /// `children`
    pub children: u64,
    /// `idempotency_keys`
    pub idempotency_keys: u64,
}

impl RemovedRows {
    /// All of them.
    pub const fn total(self) -> u64 {
        self.emotion_logs + self.job_runs + self.recordings + self.children + self.idempotency_keys
    }
}

/// Families that left and are not gone yet, in the order of their ids, from after `after` on. A family has to wait whose
/// recording is being listened to, since the attempt may still write an object, or may still be on its way.
///
/// # Errors
/// When the database cannot be reached.
pub async fn families_that_left(db: &Database, batch: Batch, after: Option<UserId>) -> Result<Vec<UserId>> {
    const SQL: &str = "\
-- purge::families_that_left
SELECT id
FROM users
WHERE leaving_at < $1 AND gone_at IS NULL AND id > $5
    AND NOT EXISTS (
        SELECT FROM recordings
        WHERE user_id = users.id AND (lease_until >= $2 OR (uploaded_at IS NULL AND leaving_at >= $4)))
ORDER BY id
LIMIT $3";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let after = after.map_or(Uuid::nil(), |family| family.0);
    let Batch { marked_before, unarrived_marked_before, now, limit } = batch;
    let rows =
        client.query(&statement, &[&marked_before, &now, &limit, &unarrived_marked_before, &after]).await?;
    rows.iter().map(|row| Ok(UserId(row.try_get("id")?))).collect()
}

/// Families that stay and deleted something that can go, in the order of their ids, from after `after` on.
///
/// # Errors
/// When the database cannot be reached.
pub async fn families_that_deleted(
    db: &Database,
    batch: Batch,
    after: Option<UserId>,
) -> Result<Vec<UserId>> {
    const SQL: &str = "\
-- purge::families_that_deleted
SELECT user_id
FROM (
    SELECT user_id FROM recordings
    WHERE deleted_at < $1 AND (lease_until IS NULL OR lease_until < $2)
        AND (uploaded_at IS NOT NULL OR deleted_at < $4)
    UNION ALL
    SELECT user_id FROM emotion_logs WHERE deleted_at < $1 AND recording_id IS NULL
    UNION ALL
    SELECT user_id FROM children
    WHERE deleted_at < $1
        AND NOT EXISTS (SELECT FROM emotion_logs l WHERE l.user_id = children.user_id AND l.child_id = children.id)
) AS deleted
WHERE user_id > $5 AND NOT has_left(user_id)
GROUP BY user_id
ORDER BY user_id
LIMIT $3";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let after = after.map_or(Uuid::nil(), |family| family.0);
    let Batch { marked_before, unarrived_marked_before, now, limit } = batch;
    let rows =
        client.query(&statement, &[&marked_before, &now, &limit, &unarrived_marked_before, &after]).await?;
    rows.iter().map(|row| Ok(UserId(row.try_get("user_id")?))).collect()
}

/// The recordings that a family deleted, unless they are being listened to or may still be on their way.
///
/// # Errors
/// When the database cannot be reached.
pub async fn deleted_recordings(
    db: &Database,
    family: UserId,
    batch: Batch,
) -> Result<Vec<DeletedRecording>> {
    const SQL: &str = "\
-- purge::deleted_recordings
SELECT id, audio_key
FROM recordings
WHERE user_id = $1 AND deleted_at < $2 AND (lease_until IS NULL OR lease_until < $3)
    AND (uploaded_at IS NOT NULL OR deleted_at < $5)
ORDER BY deleted_at, id
LIMIT $4";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client
        .query(
            &statement,
            &[&family.0, &batch.marked_before, &batch.now, &batch.limit, &batch.unarrived_marked_before],
        )
        .await?;
    rows.iter().map(deleted_recording).collect()
}

/// Removes the rows of `recordings`, whose objects are gone, with the logs that had them; then deleted logs without a
/// recording and deleted children without a log. Writes a receipt.
///
/// # Errors
/// When the database cannot be reached; nothing was removed then.
pub async fn remove_deleted(
    db: &Database,
    family: UserId,
    recordings: &[DeletedRecording],
    objects: RemovedObjects,
    batch: Batch,
) -> Result<RemovedRows> {
    const LOGS_OF_RECORDINGS: &str = "\
-- purge::remove_logs_of_recordings
DELETE FROM emotion_logs WHERE user_id = $1 AND recording_id = ANY ($2)";
    const JOB_RUNS: &str = "\
-- purge::remove_job_runs_of_recordings
DELETE FROM job_runs WHERE recording_id = ANY ($1)";
    const RECORDINGS: &str = "\
-- purge::remove_recordings
DELETE FROM recordings WHERE user_id = $1 AND id = ANY ($2)";
    const LOGS: &str = "\
-- purge::remove_logs
DELETE FROM emotion_logs WHERE id IN (
    SELECT id FROM emotion_logs WHERE user_id = $1 AND deleted_at < $2 AND recording_id IS NULL LIMIT $3)";
    const CHILDREN: &str = "\
-- purge::remove_children
DELETE FROM children
WHERE user_id = $1 AND deleted_at < $2
    AND NOT EXISTS (SELECT FROM emotion_logs l WHERE l.user_id = children.user_id AND l.child_id = children.id)";

    let Batch { marked_before, now, limit, .. } = batch;
    let ids: Vec<_> = recordings.iter().map(|recording| recording.id.0).collect();
    let transaction = Transaction::new(db.client().await?);
    transaction.begin().await?;
    let rows = RemovedRows {
        emotion_logs: transaction.execute(LOGS_OF_RECORDINGS, &[&family.0, &ids]).await?
            + transaction.execute(LOGS, &[&family.0, &marked_before, &limit]).await?,
        job_runs: transaction.execute(JOB_RUNS, &[&ids]).await?,
        recordings: transaction.execute(RECORDINGS, &[&family.0, &ids]).await?,
        children: transaction.execute(CHILDREN, &[&family.0, &marked_before]).await?,
        idempotency_keys: 0,
    };
    write_receipt(&transaction, family, "family.purge_deleted", objects, rows, now).await?;
    transaction.commit().await?;
    Ok(rows)
}

/// Writes the receipt for objects that were removed of a family that left.
///
/// # Errors
/// When the database cannot be reached.
pub async fn note_removed_objects(
    db: &Database,
    family: UserId,
    objects: RemovedObjects,
    now: Timestamp,
) -> Result<()> {
    let client = db.client().await?;
    write_receipt(&client, family, "family.purge", objects, RemovedRows::default(), now).await
}

/// Removes rows of a family that left, whose objects are gone. Writes a receipt. To be called until nothing is removed
/// any more.
///
/// # Errors
/// When the database cannot be reached; nothing was removed then.
pub async fn remove_family(db: &Database, family: UserId, batch: Batch) -> Result<RemovedRows> {
    const IDEMPOTENCY_KEYS: &str = "\
-- purge::remove_familys_idempotency_keys
DELETE FROM idempotency_keys WHERE (user_id, key) IN (
    SELECT user_id, key FROM idempotency_keys WHERE user_id = $1 AND has_left($1) LIMIT $2)";
    const EMOTION_LOGS: &str = "\
-- purge::remove_familys_logs
DELETE FROM emotion_logs WHERE id IN (
    SELECT id FROM emotion_logs WHERE user_id = $1 AND has_left($1) LIMIT $2)";
    const JOB_RUNS: &str = "\
-- purge::remove_familys_job_runs
DELETE FROM job_runs WHERE id IN (
    SELECT id FROM job_runs WHERE user_id = $1 AND has_left($1) LIMIT $2)";
    // Only what nothing refers to any more: the rest comes with a later call.
    const RECORDINGS: &str = "\
-- purge::remove_familys_recordings
DELETE FROM recordings WHERE id IN (
    SELECT id FROM recordings
    WHERE user_id = $1 AND has_left($1)
        AND NOT EXISTS (SELECT FROM emotion_logs WHERE recording_id = recordings.id)
        AND NOT EXISTS (SELECT FROM job_runs WHERE recording_id = recordings.id)
    LIMIT $2)";
    const CHILDREN: &str = "\
-- purge::remove_familys_children
DELETE FROM children WHERE id IN (
    SELECT id FROM children
    WHERE user_id = $1 AND has_left($1)
        AND NOT EXISTS (SELECT FROM emotion_logs l WHERE l.user_id = children.user_id AND l.child_id = children.id)
    LIMIT $2)";

    let Batch { now, limit, .. } = batch;
    let transaction = Transaction::new(db.client().await?);
    transaction.begin().await?;
    let rows = RemovedRows {
        idempotency_keys: transaction.execute(IDEMPOTENCY_KEYS, &[&family.0, &limit]).await?,
        emotion_logs: transaction.execute(EMOTION_LOGS, &[&family.0, &limit]).await?,
        job_runs: transaction.execute(JOB_RUNS, &[&family.0, &limit]).await?,
        recordings: transaction.execute(RECORDINGS, &[&family.0, &limit]).await?,
        children: transaction.execute(CHILDREN, &[&family.0, &limit]).await?,
    };
    write_receipt(&transaction, family, "family.purge", RemovedObjects::default(), rows, now).await?;
    transaction.commit().await?;
    Ok(rows)
}

/// What a run would remove now, and how much there is: for a rehearsal, and to tell an accident from a day's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// Families that left and are not gone yet.
    pub families: i64,
    /// Recordings that are marked, those of such families included.
    pub recordings: i64,
    /// Emotion logs, likewise.
    pub emotion_logs: i64,
    /// Children, likewise.
    pub children: i64,
    /// When the longest waiting of them was marked.
    pub waiting_since: Option<Timestamp>,
    /// All recordings there are, roughly.
    #[serde(skip)]
    pub all_recordings: i64,
    /// All families there are, roughly.
    #[serde(skip)]
    pub all_families: i64,
}

/// Counts what is marked and may go, whatever it waits for.
///
/// # Errors
/// When the database cannot be reached.
pub async fn planned(db: &Database, batch: Batch) -> Result<Planned> {
    const SQL: &str = "\
-- purge::planned
SELECT
    (SELECT count(*) FROM users WHERE leaving_at < $1 AND gone_at IS NULL) AS families,
    (SELECT count(*) FROM recordings WHERE deleted_at < $1) AS recordings,
    (SELECT count(*) FROM emotion_logs WHERE deleted_at < $1 OR has_left(user_id)) AS emotion_logs,
    (SELECT count(*) FROM children WHERE deleted_at < $1 OR has_left(user_id)) AS children,
    LEAST(
        (SELECT min(leaving_at) FROM users WHERE leaving_at < $1 AND gone_at IS NULL),
        (SELECT min(deleted_at) FROM recordings WHERE deleted_at < $1)) AS waiting_since,
    rough_count('recordings') AS all_recordings,
    rough_count('users') AS all_families";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_one(&statement, &[&batch.marked_before]).await?;
    Ok(Planned {
        families: row.try_get("families")?,
        recordings: row.try_get("recordings")?,
        emotion_logs: row.try_get("emotion_logs")?,
        children: row.try_get("children")?,
        waiting_since: row.try_get("waiting_since")?,
        all_recordings: row.try_get("all_recordings")?,
        all_families: row.try_get("all_families")?,
    })
}

/// Makes the row of a family that left into a tombstone: its id and when it came, left and was gone. `false` when it did
/// not leave, and when rows of it are left.
///
/// # Errors
/// When the database cannot be reached.
pub async fn entomb(db: &Database, family: UserId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "\
-- purge::entomb
WITH tombstone AS (
    UPDATE users SET issuer = NULL, subject = NULL, gone_at = $2
    WHERE id = $1 AND leaving_at IS NOT NULL AND gone_at IS NULL
        AND NOT EXISTS (SELECT FROM recordings WHERE user_id = $1)
        AND NOT EXISTS (SELECT FROM emotion_logs WHERE user_id = $1)
        AND NOT EXISTS (SELECT FROM children WHERE user_id = $1)
        AND NOT EXISTS (SELECT FROM job_runs WHERE user_id = $1)
        AND NOT EXISTS (SELECT FROM idempotency_keys WHERE user_id = $1)
    RETURNING id
)
SELECT (SELECT audit_purge(id, $2, 'family.gone', NULL)::text FROM tombstone) IS NOT NULL
    OR EXISTS (SELECT FROM users WHERE id = $1 AND gone_at IS NOT NULL)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.query_one(&statement, &[&family.0, &now]).await?.try_get(0)?)
}

/// Removes answers to requests with an `Idempotency-Key` that are older than a day, at most `limit`; gives how many.
///
/// # Errors
/// When the database cannot be reached.
pub async fn remove_old_answers(db: &Database, now: Timestamp, limit: i64) -> Result<u64> {
    const SQL: &str = "\
-- purge::remove_old_answers
DELETE FROM idempotency_keys WHERE (user_id, key) IN (
    SELECT user_id, key FROM idempotency_keys
    WHERE created_at < $1::timestamptz - interval '1 day'
    ORDER BY created_at
    LIMIT $2)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.execute(&statement, &[&now, &limit]).await?)
}

/// Nothing removed, nothing to tell.
async fn write_receipt(
    connection: &Connection,
    family: UserId,
    action: &str,
    objects: RemovedObjects,
    rows: RemovedRows,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "\
-- purge::write_receipt
SELECT audit_purge($1, $2, $3, jsonb_build_object('objects', $4::jsonb, 'rows', $5::jsonb))";

    if objects == RemovedObjects::default() && rows.total() == 0 {
        return Ok(());
    }
    let statement = connection.prepare_cached(SQL).await?;
    let (objects, rows) = (Json(objects), Json(rows));
    connection.execute(&statement, &[&family.0, &now, &action, &objects, &rows]).await?;
    Ok(())
}

fn deleted_recording(row: &Row) -> Result<DeletedRecording> {
    Ok(DeletedRecording { id: RecordingId(row.try_get("id")?), audio_key: parsed(row, "audio_key")? })
}
