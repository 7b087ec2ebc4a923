//! What got stuck: uploads that were asked for and never came.

use jiff::Timestamp;

use crate::{Database, Result};

/// Uploads that were asked for more than a day ago and never came are `expired`, at most `limit` of them; gives how many.
/// Their URL was good for three minutes, so nothing can come any more.
///
/// # Errors
/// When the database cannot be reached.
pub async fn expire_uploads(db: &Database, now: Timestamp, limit: i64) -> Result<u64> {
    const SQL: &str = "\
-- stale::expire_uploads
UPDATE recordings SET status = 'expired', finished_at = $1, updated_at = $1
WHERE id IN (
    SELECT id FROM recordings
    WHERE status = 'requested' AND created_at < $1::timestamptz - interval '1 day' AND deleted_at IS NULL
    ORDER BY id
    LIMIT $2)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.execute(&statement, &[&now, &limit]).await?)
}

/// How many uploads there are that [`expire_uploads`] would close.
///
/// # Errors
/// When the database cannot be reached.
pub async fn uploads_to_expire(db: &Database, now: Timestamp) -> Result<i64> {
    const SQL: &str = "\
-- stale::uploads_to_expire
SELECT count(*) FROM recordings
WHERE status = 'requested' AND created_at < $1::timestamptz - interval '1 day' AND deleted_at IS NULL";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.query_one(&statement, &[&now]).await?.try_get(0)?)
}
