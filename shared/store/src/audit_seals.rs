//! `audit_seals` and what belongs to them: a digest of each day of `audit_logs`, and of which rows it is one.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::columns::corrupt;
use crate::log_lines::Place;
use crate::{Connection, Result};

/// A SHA-256.
pub type Digest = [u8; 32];

/// So many bytes of a row's digest are kept: enough to tell which row changed. That one did, the day's digest tells.
pub const ROW_DIGEST_BYTES: usize = 8;

const ENTRY_BYTES: usize = 8 + 16 + ROW_DIGEST_BYTES;

/// The seal of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// The day, in UTC.
    pub day: Date,
    /// How many rows it covers.
    pub rows: i64,
    /// Of the rows and of `previous`.
    pub digest: Digest,
    /// The digest of the day before; `None` for the first seal.
    pub previous: Option<Digest>,
    /// When it was made.
    pub sealed_at: Timestamp,
}

/// A row that a seal covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedRow {
    /// Where it stands.
    pub place: Place,
    /// The beginning of the SHA-256 of its line.
    pub digest: [u8; ROW_DIGEST_BYTES],
}

/// The latest seal.
///
/// # Errors
/// When the database cannot be reached.
pub async fn latest(connection: &Connection) -> Result<Option<Seal>> {
    const SQL: &str = "\
-- audit_seals::latest
SELECT day, rows, digest, previous, sealed_at FROM audit_seals ORDER BY day DESC LIMIT 1";

    let statement = connection.prepare_cached(SQL).await?;
    connection.query_opt(&statement, &[]).await?.as_ref().map(from_row).transpose()
}

/// The seals from a day on, or all, the earliest first; at most `limit`.
///
/// # Errors
/// When the database cannot be reached.
pub async fn from_day(connection: &Connection, day: Option<Date>, limit: i64) -> Result<Vec<Seal>> {
    const SQL: &str = "\
-- audit_seals::from_day
SELECT day, rows, digest, previous, sealed_at
FROM audit_seals
WHERE day >= COALESCE($1, '-infinity'::date)
ORDER BY day
LIMIT $2";

    let statement = connection.prepare_cached(SQL).await?;
    connection.query(&statement, &[&day, &limit]).await?.iter().map(from_row).collect()
}

/// The day that the first seal is for, if there is none yet; `None` when nothing was written before `until`.
///
/// # Errors
/// When the database cannot be reached.
pub async fn first_day(connection: &Connection, until: Date) -> Result<Option<Date>> {
    const SQL: &str = "\
-- audit_seals::first_day
SELECT first_audit_day($1)";

    let statement = connection.prepare_cached(SQL).await?;
    Ok(connection.query_one(&statement, &[&until]).await?.try_get(0)?)
}

/// From its commit on, rows of the days before `until` are late, and wait for the next seal. Gives what
/// [`is_settled`] has to be asked.
///
/// # Errors
/// When the database cannot be reached, and when the last of the days is not over by the server's clock.
pub async fn close_days(connection: &Connection, until: Date, now: Timestamp) -> Result<String> {
    const CLOSE: &str = "\
-- audit_seals::close_days
SELECT close_audit_days($1, $2)";
    const NEXT: &str = "\
-- audit_seals::next_transaction
SELECT pg_snapshot_xmax(pg_current_snapshot())::text";

    connection.execute(CLOSE, &[&until, &now]).await?;
    Ok(connection.query_one(NEXT, &[]).await?.try_get(0)?)
}

/// Whether everybody has ended who was writing when the days were closed: they may not have known, and their rows count
/// as in time.
///
/// # Errors
/// When the database cannot be reached.
pub async fn is_settled(connection: &Connection, closing: &str) -> Result<bool> {
    const SQL: &str = "\
-- audit_seals::is_settled
SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8";

    let statement = connection.prepare_cached(SQL).await?;
    Ok(connection.query_one(&statement, &[&closing]).await?.try_get(0)?)
}

/// Takes the late rows that wait into the seal of `day`; to be called in the transaction that makes it.
///
/// # Errors
/// When the database cannot be reached, and when the day is sealed.
pub async fn take_late_rows(connection: &Connection, day: Date) -> Result<i64> {
    const SQL: &str = "\
-- audit_seals::take_late_rows
SELECT take_late_audit($1)";

    let statement = connection.prepare_cached(SQL).await?;
    Ok(connection.query_one(&statement, &[&day]).await?.try_get(0)?)
}

/// Writes which rows the seal of `day` covers, those from place `first_row` on.
///
/// # Errors
/// When the database cannot be reached.
pub async fn insert_rows(
    connection: &Connection,
    day: Date,
    first_row: i64,
    rows: &[SealedRow],
) -> Result<()> {
    const SQL: &str = "\
-- audit_seals::insert_rows
INSERT INTO audit_seal_rows (day, first_row, entries) VALUES ($1, $2, $3)";

    let statement = connection.prepare_cached(SQL).await?;
    let entries: Vec<u8> = rows.iter().flat_map(to_bytes).collect();
    connection.execute(&statement, &[&day, &first_row, &entries]).await?;
    Ok(())
}

/// Writes a seal.
///
/// # Errors
/// When the database cannot be reached, and when it does not continue the chain.
pub async fn insert(connection: &Connection, seal: &Seal) -> Result<()> {
    const SQL: &str = "\
-- audit_seals::insert
INSERT INTO audit_seals (day, rows, digest, previous, sealed_at) VALUES ($1, $2, $3, $4, $5)";

    let statement = connection.prepare_cached(SQL).await?;
    let Seal { day, rows, digest, previous, sealed_at } = seal;
    let (digest, previous) = (digest.as_slice(), previous.as_ref().map(<[u8; 32]>::as_slice));
    connection.execute(&statement, &[day, rows, &digest, &previous, sealed_at]).await?;
    Ok(())
}

/// Some of the rows that the seal of `day` covers: those of the piece in which the one at place `row` is, from it on; none
/// at the end.
///
/// # Errors
/// When the database cannot be reached.
pub async fn rows_from(connection: &Connection, day: Date, row: i64) -> Result<Vec<SealedRow>> {
    const SQL: &str = "\
-- audit_seals::rows_from
SELECT substring(entries FROM (($2 - first_row) * 32 + 1)::integer) AS entries
FROM audit_seal_rows
WHERE day = $1 AND first_row <= $2
ORDER BY first_row DESC
LIMIT 1";

    let statement = connection.prepare_cached(SQL).await?;
    let Some(piece) = connection.query_opt(&statement, &[&day, &row]).await? else {
        return Ok(Vec::new());
    };
    let entries: &[u8] = piece.try_get("entries")?;
    entries.chunks(ENTRY_BYTES).map(from_bytes).collect()
}

fn to_bytes(row: &SealedRow) -> [u8; ENTRY_BYTES] {
    let mut bytes = [0; ENTRY_BYTES];
    bytes[..8].copy_from_slice(&row.place.at.as_microsecond().to_be_bytes());
    bytes[8..24].copy_from_slice(row.place.id.as_bytes());
    bytes[24..].copy_from_slice(&row.digest);
    bytes
}

fn from_bytes(bytes: &[u8]) -> Result<SealedRow> {
    let entry = || {
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (id, digest) = rest.split_first_chunk::<16>()?;
        let at = Timestamp::from_microsecond(i64::from_be_bytes(*at)).ok()?;
        let place = Place { at, id: Uuid::from_bytes(*id) };
        Some(SealedRow { place, digest: digest.try_into().ok()? })
    };
    entry().ok_or_else(|| corrupt("entries", std::io::Error::other("no list of rows")))
}

fn from_row(row: &Row) -> Result<Seal> {
    let previous: Option<&[u8]> = row.try_get("previous")?;
    Ok(Seal {
        day: row.try_get("day")?,
        rows: row.try_get("rows")?,
        digest: digest(row.try_get("digest")?, "digest")?,
        previous: previous.map(|bytes| digest(bytes, "previous")).transpose()?,
        sealed_at: row.try_get("sealed_at")?,
    })
}

/// A SHA-256 from its column.
pub(crate) fn digest(bytes: &[u8], column: &'static str) -> Result<Digest> {
    bytes.try_into().map_err(|error| corrupt(column, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_row_survives_its_32_bytes() {
        for microsecond in [-62_135_596_800_000_000, -1, 0, 1_774_999_999_999_999] {
            let at = Timestamp::from_microsecond(microsecond).unwrap();
            let row = SealedRow { place: Place { at, id: Uuid::now_v7() }, digest: [7; 8] };

            assert_eq!(from_bytes(&to_bytes(&row)).unwrap(), row);
        }
    }

    #[test]
    fn anything_but_32_bytes_is_refused() {
        for length in [0, 23, 31, 33] {
            assert!(from_bytes(&vec![0; length]).is_err(), "{length}");
        }
    }
}
