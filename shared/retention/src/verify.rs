//! The whole chain, from the first archive to the last sealed row in the table.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use kimochi_blob::{BlobError, MediaBucket};
use kimochi_store::archives::{self, Archive};
use kimochi_store::audit_seals::{self, Seal};
use kimochi_store::log_lines::{self, Place};
use kimochi_store::{Database, Exclusive, Work};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::digest::{DayDigest, row_digest, sha256};
use crate::manifest::Manifest;
use crate::part::{Lines, manifest};
use crate::sealed_rows::SealedRows;
use crate::{Error, Limits, Problem, VerifyReport};

/// So many seals, and archives of a day, are read at once.
const PAGE: i64 = 100;
/// Where rows are that no archive holds.
const TABLE: &str = "audit_logs";

/// Compares every row with its seal, and every seal with the one before, from a day (UTC) on, or from the beginning.
///
/// Rows that are not sealed yet cannot be compared. What time does not suffice for is said: go on from
/// [`VerifyReport::next_day`].
///
/// # Errors
/// [`Error::Busy`] while another run is at the audit log; otherwise when S3 or the database is away.
pub async fn verify_audit(
    database: &Database,
    bucket: &MediaBucket,
    limits: &Limits,
    from: Option<Date>,
) -> Result<VerifyReport, Error> {
    let session = Exclusive::begin(database, Work::AuditLogs).await?.ok_or(Error::Busy)?;
    let mut report = VerifyReport::default();
    verify_chain(&session, bucket, limits, from, &mut report).await?;
    session.end().await;
    Ok(report)
}

async fn verify_chain(
    session: &Exclusive,
    bucket: &MediaBucket,
    limits: &Limits,
    from: Option<Date>,
    report: &mut VerifyReport,
) -> Result<(), Error> {
    // The seal before the first one is what that one must continue from.
    let mut previous = match from.and_then(|day| day.yesterday().ok()) {
        Some(day) => {
            audit_seals::from_day(session, Some(day), 1).await?.into_iter().find(|seal| seal.day == day)
        }
        None => None,
    };
    let mut next = from;
    let mut is_beginning = from.is_none();
    loop {
        let seals = audit_seals::from_day(session, next, PAGE).await?;
        let Some(last) = seals.last() else { return Ok(()) };
        next = last.day.tomorrow().ok();
        for seal in seals {
            if limits.time_is_up() {
                report.next_day = Some(seal.day);
                return Ok(());
            }
            check_link(&seal, previous.as_ref(), is_beginning, report);
            let Some(()) = verify_day(session, bucket, limits, &seal, report).await? else {
                report.next_day = Some(seal.day);
                return Ok(());
            };
            report.days += 1;
            report.first_day = report.first_day.or(Some(seal.day));
            report.last_day = Some(seal.day);
            report.last_digest = Some(hex::encode(seal.digest));
            previous = Some(seal);
            is_beginning = false;
        }
        if next.is_none() {
            return Ok(());
        }
    }
}

fn check_link(seal: &Seal, previous: Option<&Seal>, is_beginning: bool, report: &mut VerifyReport) {
    let Some(before) = previous else {
        if is_beginning && seal.previous.is_some() {
            report.add(Problem::BrokenLink { day: seal.day });
        }
        return;
    };
    let missing = before.day.series(1.day()).skip(1).take_while(|day| *day < seal.day);
    let missing: Vec<_> = missing.take(400).collect();
    for day in &missing {
        report.add(Problem::MissingSeal { day: *day });
    }
    if missing.is_empty() && seal.previous != Some(before.digest) {
        report.add(Problem::BrokenLink { day: seal.day });
    }
}

/// `None` when time is up.
async fn verify_day(
    session: &Exclusive,
    bucket: &MediaBucket,
    limits: &Limits,
    seal: &Seal,
    report: &mut VerifyReport,
) -> Result<Option<()>, Error> {
    let problems_before = report.problems.len();
    let mut walk = Walk {
        day: seal.day,
        sealed: SealedRows::new(session, seal.day, 0),
        digest: DayDigest::new(seal.day, seal.previous),
        rows: 0,
        is_whole: true,
        report,
    };
    let mut after = None;
    loop {
        let page = archives::of_audit_day(session, seal.day, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.first);
        for archive in &page {
            if limits.time_is_up() {
                return Ok(None);
            }
            walk.through_archive(bucket, archive).await?;
        }
    }
    let mut after = None;
    loop {
        if limits.time_is_up() {
            return Ok(None);
        }
        let lines = log_lines::of_audit_day(session, seal.day, after, limits.batch).await?;
        let Some(last) = lines.last() else { break };
        after = Some(last.place);
        for line in &lines {
            walk.see(line.place, line.text.as_bytes(), TABLE).await?;
        }
    }
    walk.finish(seal, problems_before).await?;
    Ok(Some(()))
}

/// Goes through the rows of a day and through what its seal says of them, side by side: both are in the order of
/// (at, id).
struct Walk<'a> {
    day: Date,
    sealed: SealedRows<'a>,
    digest: DayDigest,
    rows: i64,
    /// Whether every row could be read, so that the digest means something.
    is_whole: bool,
    report: &'a mut VerifyReport,
}

/// What an archive's line tells of its row's place.
#[derive(Deserialize)]
struct Named {
    at: Timestamp,
    id: Uuid,
}

impl Walk<'_> {
    async fn see(&mut self, place: Place, line: &[u8], found_in: &str) -> Result<(), Error> {
        self.digest.add(line);
        self.rows += 1;
        self.report.rows += 1;
        let (day, Place { at, id }) = (self.day, place);
        while let Some(expected) = self.sealed.peek().await? {
            if expected.place > place {
                break;
            }
            self.sealed.pass();
            if expected.place == place {
                if expected.digest != row_digest(line) {
                    self.report.add(Problem::ChangedRow { day, at, id, found_in: found_in.to_owned() });
                }
                return Ok(());
            }
            self.report.add(Problem::MissingRow { day, at: expected.place.at, id: expected.place.id });
        }
        self.report.add(Problem::AddedRow { day, at, id, found_in: found_in.to_owned() });
        Ok(())
    }

    async fn through_archive(&mut self, bucket: &MediaBucket, archive: &Archive) -> Result<(), Error> {
        self.report.archives += 1;
        let (day, key) = (self.day, archive.key.to_string());
        match bucket.get_manifest(&archive.key).await {
            Ok(None) => self.report.add(Problem::MissingManifest { day, key: key.clone() }),
            Ok(Some(json)) => {
                if !Manifest::from_json(&json).is_some_and(|found| found.agrees_with(&manifest(archive))) {
                    self.report.add(Problem::WrongManifest { day, key: key.clone() });
                }
            }
            Err(BlobError::TooLarge { .. }) => {
                self.report.add(Problem::WrongManifest { day, key: key.clone() });
            }
            Err(error) => return Err(error.into()),
        }

        // Twice the size: one with rows in addition is to be read, so that they can be named.
        let bytes = match bucket.get_archive(&archive.key, archive.bytes.unsigned_abs() * 2 + 4096).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                self.report.add(Problem::MissingArchive { day, key });
                return self.pass_over(archive.last).await;
            }
            Err(BlobError::TooLarge { .. }) => {
                self.report.add(Problem::DamagedArchive { day, key });
                return self.pass_over(archive.last).await;
            }
            Err(error) => return Err(error.into()),
        };
        self.through_lines(&bytes, archive, key).await
    }

    async fn through_lines(&mut self, bytes: &[u8], archive: &Archive, key: String) -> Result<(), Error> {
        let mut is_right = sha256(bytes) == archive.sha256;
        let mut content = Sha256::new();
        let mut lines = Lines::new(bytes, archive.content_bytes.unsigned_abs() * 2 + 65_536);
        let is_readable = loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break true,
                Err(_) => break false,
            };
            content.update(line);
            content.update(b"\n");
            let Ok(Named { at, id }) = serde_json::from_slice(line) else {
                break false;
            };
            self.see(Place { at, id }, line, &key).await?;
        };
        is_right &= is_readable && <[u8; 32]>::from(content.finalize()) == archive.content_sha256;
        if !is_right {
            self.report.add(Problem::DamagedArchive { day: self.day, key });
        }
        if is_readable { Ok(()) } else { self.pass_over(archive.last).await }
    }

    /// Goes past the rows up to `last`, which nobody can read.
    async fn pass_over(&mut self, last: Place) -> Result<(), Error> {
        self.is_whole = false;
        while self.sealed.peek().await?.is_some_and(|row| row.place <= last) {
            self.sealed.pass();
        }
        Ok(())
    }

    async fn finish(mut self, seal: &Seal, problems_before: usize) -> Result<(), Error> {
        let day = self.day;
        while let Some(row) = self.sealed.peek().await? {
            self.sealed.pass();
            self.report.add(Problem::MissingRow { day, at: row.place.at, id: row.place.id });
        }
        let report = self.report;
        let names_rows = report.problems[problems_before..].iter().any(Problem::is_of_a_row);
        join_moved(&mut report.problems, problems_before);
        let is_right = self.digest.finish() == seal.digest;
        match (self.is_whole, names_rows, is_right) {
            (true, true, true) => report.add(Problem::WrongRowList { day }),
            (true, false, false) => report.add(Problem::WrongSeal { day }),
            (true, false, true) if self.rows != seal.rows => report.add(Problem::WrongSeal { day }),
            _ => (),
        }
        Ok(())
    }
}

impl Problem {
    fn is_of_a_row(&self) -> bool {
        matches!(self, Self::ChangedRow { .. } | Self::MissingRow { .. } | Self::AddedRow { .. })
    }
}

/// A row whose time was changed is at another place of the day: not missing here and added there, but changed.
fn join_moved(problems: &mut Vec<Problem>, from: usize) {
    let mut place = from;
    while place < problems.len() {
        let Problem::MissingRow { id: missing, .. } = problems[place] else {
            place += 1;
            continue;
        };
        let is_it = |problem: &Problem| matches!(problem, Problem::AddedRow { id, .. } if *id == missing);
        match problems[from..].iter().position(is_it) {
            Some(found) => {
                if let Problem::AddedRow { day, at, id, found_in } = problems[from + found].clone() {
                    problems[from + found] = Problem::ChangedRow { day, at, id, found_in };
                }
                problems.remove(place);
            }
            None => place += 1,
        }
    }
}
