//! `idempotency_keys`: what a POST was answered, so that repeating it does nothing twice. Kept for a day, or until what
//! it tells of is deleted.
//!
//! The statement that does the deed claims the key with it (`claim_idempotency_key`). If that succeeds the answer is
//! [`remember`]ed in the same transaction, otherwise [`earlier`] says why not.

use tokio_postgres::types::ToSql;

use crate::{FamilyTransaction, Result, WriteFamily};

/// A request that carries an `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyedRequest<'a> {
    /// What the client chose.
    pub key: &'a str,
    /// SHA-256 of the request: the same key with another one is a mistake.
    pub fingerprint: [u8; 32],
}

/// An answer as it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status, 2xx.
    pub status: u16,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Location`.
    pub location: Option<String>,
    /// The body, letter for letter.
    pub body: String,
}

/// Why a key could not be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Earlier {
    /// The same request was answered before.
    Answered(Answer),
    /// The key was used for another request.
    OtherRequest,
    /// A request with the key is being worked on.
    UnderWay,
}

/// Keeps the answer to `request`, which claimed its key in this transaction.
///
/// # Errors
/// When the database cannot be reached.
pub async fn remember(family: impl WriteFamily, request: &KeyedRequest<'_>, answer: &Answer) -> Result<()> {
    const SQL: &str = "\
-- idempotency::remember
UPDATE idempotency_keys SET status = $3, etag = $4, location = $5, body = $6
WHERE user_id = $1 AND key = $2";

    let user_id = family.user().id.0;
    let status = i16::try_from(answer.status).unwrap_or(i16::MAX);
    let parameters: &[&(dyn ToSql + Sync)] =
        &[&user_id, &request.key, &status, &answer.etag, &answer.location, &answer.body];
    family.write(SQL, parameters).await?;
    Ok(())
}

/// What became of the request that has the key.
///
/// # Errors
/// When the database cannot be reached.
pub async fn earlier(family: &FamilyTransaction, request: &KeyedRequest<'_>) -> Result<Earlier> {
    const SQL: &str = "\
-- idempotency::earlier
SELECT fingerprint, status, etag, location, body
FROM idempotency_keys
WHERE user_id = $1 AND key = $2 AND status IS NOT NULL";

    let statement = family.prepare_cached(SQL).await?;
    let Some(row) = family.query_opt(&statement, &[&family.user().id.0, &request.key]).await? else {
        return Ok(Earlier::UnderWay);
    };
    if row.try_get::<_, &[u8]>("fingerprint")? != request.fingerprint {
        return Ok(Earlier::OtherRequest);
    }
    Ok(Earlier::Answered(Answer {
        status: row.try_get::<_, i16>("status")?.unsigned_abs(),
        etag: row.try_get("etag")?,
        location: row.try_get("location")?,
        body: row.try_get("body")?,
    }))
}

/// Holds what a family entered, so it shows its size only.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}
