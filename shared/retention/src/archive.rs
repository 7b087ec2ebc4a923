//! Rows to the bucket, and then out of the database.

use std::io;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use kimochi_blob::{BlobError, MediaBucket};
use kimochi_domain::{ArchiveKey, ArchivedTable};
use kimochi_store::archives::{self, DueDay};
use kimochi_store::log_lines::{self, Line, Place};
use kimochi_store::{Database, Exclusive, Work};

use crate::digest::{beginning, sha256};
use crate::limits::utc_day;
use crate::manifest::Manifest;
use crate::part::{Part, PartWriter, manifest};
use crate::sealed_rows::SealedRows;
use crate::{ArchiveReport, Error, Limits};

/// An object that was compressed by another release may be larger than ours by so much.
const OTHER_COMPRESSION: u64 = 1024 * 1024;

/// Archives the audit rows of days (UTC) that are sealed and were over `keep` ago.
///
/// Rows go day by day, in the order of the chain, and each is compared with its seal on the way. A day with a row that is
/// not as it was sealed stays in the table, is named in the report, and does not keep the others waiting.
///
/// # Errors
/// [`Error::Busy`] while another run is at the audit log, [`Error::Conflict`] when something else lies where an archive
/// belongs; otherwise when S3 or the database is away. What is archived stays so, and the next run goes on.
pub async fn archive_audit_logs(
    database: &Database,
    bucket: &MediaBucket,
    limits: &Limits,
    keep: SignedDuration,
) -> Result<ArchiveReport, Error> {
    let session = Exclusive::begin(database, Work::AuditLogs).await?.ok_or(Error::Busy)?;
    let mut run = Run { session: &session, bucket, limits, report: ArchiveReport::default() };
    let before = utc_day(limits.now(&session) - keep);
    run.archive_days(before).await?;
    let report = run.report;
    session.end().await;
    Ok(report)
}

/// Archives the job runs that ended `keep` ago. One that is still running stays, however old it is.
///
/// # Errors
/// [`Error::Busy`] while another run is at it, [`Error::Conflict`] when something else lies where an archive belongs;
/// otherwise when S3 or the database is away. What is archived stays so, and the next run goes on.
pub async fn archive_job_runs(
    database: &Database,
    bucket: &MediaBucket,
    limits: &Limits,
    keep: SignedDuration,
) -> Result<ArchiveReport, Error> {
    let session = Exclusive::begin(database, Work::JobRuns).await?.ok_or(Error::Busy)?;
    let mut run = Run { session: &session, bucket, limits, report: ArchiveReport::default() };
    let before = limits.now(&session) - keep;
    run.archive_runs(before).await?;
    let report = run.report;
    session.end().await;
    Ok(report)
}

struct Run<'a> {
    session: &'a Exclusive,
    bucket: &'a MediaBucket,
    limits: &'a Limits,
    report: ArchiveReport,
}

/// What became of reading the rows of an archive.
enum Reading {
    Part(Box<Part>),
    /// There are no rows (any more).
    End,
    /// A row is not as it was sealed.
    Broken(Place),
    TimeIsUp,
}

impl Run<'_> {
    async fn archive_days(&mut self, before: Date) -> Result<(), Error> {
        let mut passed = None;
        while let Some(due) = archives::next_due_day(self.session, before, passed).await? {
            match self.read_day(due).await? {
                Reading::Part(part) => self.deliver(*part).await?,
                Reading::TimeIsUp => return Ok(()),
                broken @ (Reading::End | Reading::Broken(_)) => {
                    let place = if let Reading::Broken(place) = broken { Some(place) } else { due.after };
                    tracing::error!(
                        day = %due.day,
                        audit_row.id = place.map(|place| tracing::field::display(place.id)),
                        "a day is not as it was sealed, and is not archived"
                    );
                    self.report.broken_days.push(due.day);
                    passed = Some(due.day);
                }
            }
        }
        self.report.dropped_months =
            archives::drop_empty_audit_months(self.session, before).await?.unsigned_abs().into();
        self.report.complete = self.report.broken_days.is_empty();
        Ok(())
    }

    async fn archive_runs(&mut self, before: Timestamp) -> Result<(), Error> {
        let mut after = None;
        loop {
            let read = async |after, limit| log_lines::of_job_runs(self.session, before, after, limit).await;
            match self.read(ArchivedTable::JobRuns, utc_day, after, read, None).await? {
                Reading::Part(part) => {
                    after = Some(part.archive.last);
                    self.deliver(*part).await?;
                }
                Reading::TimeIsUp | Reading::Broken(_) => return Ok(()),
                Reading::End => break,
            }
        }
        self.report.complete = true;
        Ok(())
    }

    async fn read_day(&self, due: DueDay) -> Result<Reading, Error> {
        let sealed = SealedRows::new(self.session, due.day, due.archived);
        let read = async |after, limit| log_lines::of_audit_day(self.session, due.day, after, limit).await;
        self.read(ArchivedTable::AuditLogs, |_| due.day, due.after, read, Some(sealed)).await
    }

    /// Reads the rows of the next archive, those after `after`.
    async fn read(
        &self,
        table: ArchivedTable,
        day: impl FnOnce(Timestamp) -> Date,
        after: Option<Place>,
        read: impl AsyncFn(Option<Place>, i64) -> kimochi_store::Result<Vec<Line>>,
        mut sealed: Option<SealedRows<'_>>,
    ) -> Result<Reading, Error> {
        let mut part = PartWriter::new();
        while !part.is_full(self.limits) {
            if self.limits.time_is_up() {
                return Ok(Reading::TimeIsUp);
            }
            let after = part.last().map(|row| row.place).or(after);
            let lines = read(after, self.limits.batch).await?;
            if lines.is_empty() {
                break;
            }
            for line in lines {
                part.push(&line).map_err(in_memory)?;
                if let Some(sealed) = &mut sealed
                    && !is_as_sealed(sealed, &part).await?
                {
                    return Ok(Reading::Broken(line.place));
                }
                if part.is_full(self.limits) {
                    break;
                }
            }
        }
        Ok(match part.finish(table, day).map_err(in_memory)? {
            Some(part) => Reading::Part(Box::new(part)),
            None => Reading::End,
        })
    }

    /// Brings an archive to the bucket, reads it back, and removes its rows.
    async fn deliver(&mut self, mut part: Part) -> Result<(), Error> {
        let key = part.archive.key;
        self.bucket.put_archive(&key, part.bytes.clone(), part.archive.sha256).await?;
        let limit = part.archive.bytes.unsigned_abs() + OTHER_COMPRESSION;
        let found = self.bucket.get_archive(&key, limit).await.or_else(|error| too_large(error, key))?;
        if !part.adopt(found.ok_or(Error::Unverified { key })?) {
            return Err(Error::Conflict { key });
        }

        let manifest = manifest(&part.archive);
        let json = manifest.to_json();
        let digest = sha256(&json);
        self.bucket.put_manifest(&key, json, digest).await?;
        let found = self.bucket.get_manifest(&key).await.or_else(|error| too_large(error, key))?;
        let found = Manifest::from_json(&found.ok_or(Error::Unverified { key })?);
        if !found.is_some_and(|found| found.agrees_with(&manifest)) {
            return Err(Error::Conflict { key });
        }

        part.archive.verified_at = self.limits.now(self.session);
        let removed = archives::remove(self.session, &part.archive, &part.rows).await?;
        tracing::info!(%key, rows = part.archive.rows, removed, bytes = part.archive.bytes, "rows were archived");
        self.report.archives += 1;
        self.report.rows += part.archive.rows.unsigned_abs();
        self.report.removed += removed.unsigned_abs();
        self.report.bytes += part.archive.bytes.unsigned_abs();
        Ok(())
    }
}

/// Whether the last row of the part is the next one of the seal.
async fn is_as_sealed(sealed: &mut SealedRows<'_>, part: &PartWriter) -> Result<bool, Error> {
    let expected = sealed.peek().await?;
    sealed.pass();
    Ok(part.last().zip(expected).is_some_and(|(row, expected)| {
        row.place == expected.place && beginning(row.digest) == expected.digest
    }))
}

/// What is larger than ours is not ours.
fn too_large<T>(error: BlobError, key: ArchiveKey) -> Result<T, Error> {
    match error {
        BlobError::TooLarge { .. } => Err(Error::Conflict { key }),
        error => Err(error.into()),
    }
}

/// Compressing writes to memory.
fn in_memory(error: io::Error) -> Error {
    Error::Objects(error.into())
}
