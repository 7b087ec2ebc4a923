//! A digest of each day, chained to that of the day before.

use std::time::Duration;

use jiff::civil::Date;
use kimochi_store::audit_seals::{self, Seal, SealedRow};
use kimochi_store::log_lines::{self, Line, Place};
use kimochi_store::{Database, Exclusive, Work};

use crate::digest::{DayDigest, row_digest};
use crate::limits::utc_day;
use crate::sealed_rows::PIECE;
use crate::{Error, GRACE, Limits, SealReport};

/// How often, and how many times, it is asked whether those have ended who were writing.
const WAIT: (Duration, u32) = (Duration::from_millis(50), 100);

/// Seals every day (UTC) that was over [`GRACE`] ago and has no seal, days without rows included.
///
/// First the days are closed: a row that is written from then on is late, and waits for the next seal. When all have ended
/// who began to write before, the rows of these days are final. Each seal is made in a transaction of its own.
///
/// # Errors
/// [`Error::Busy`] while another run is at the audit log; otherwise when the database is away. Seals that were made stay.
pub async fn seal_days(database: &Database, limits: &Limits) -> Result<SealReport, Error> {
    let session = Exclusive::begin(database, Work::AuditLogs).await?.ok_or(Error::Busy)?;
    let report = seal_all(&session, limits).await?;
    session.end().await;
    Ok(report)
}

async fn seal_all(session: &Exclusive, limits: &Limits) -> Result<SealReport, Error> {
    let until = utc_day(limits.now(session) - GRACE);
    let mut report = SealReport { complete: true, ..SealReport::default() };
    let mut latest = audit_seals::latest(session).await?;
    note_latest(&mut report, latest.as_ref());
    let next = match &latest {
        Some(seal) => tomorrow(seal.day),
        None => audit_seals::first_day(session, until).await?,
    };
    let Some(mut day) = next.filter(|day| *day < until) else {
        return Ok(report);
    };

    let closing = audit_seals::close_days(session, until, limits.now(session)).await?;
    if !wait_for_writers(session, limits, &closing).await? {
        return Ok(SealReport { complete: false, ..report });
    }
    while day < until {
        let previous = latest.as_ref().map(|seal| seal.digest);
        let Some((seal, late)) = seal_day(session, limits, day, previous).await? else {
            return Ok(SealReport { complete: false, ..report });
        };
        report.days += 1;
        report.rows += seal.rows.unsigned_abs();
        report.late_rows += late;
        note_latest(&mut report, Some(&seal));
        latest = Some(seal);
        match tomorrow(day) {
            Some(next) => day = next,
            None => break,
        }
    }
    Ok(report)
}

async fn wait_for_writers(session: &Exclusive, limits: &Limits, closing: &str) -> Result<bool, Error> {
    let (pause, times) = WAIT;
    for _ in 0..times {
        if audit_seals::is_settled(session, closing).await? {
            return Ok(true);
        }
        if limits.time_is_up() {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    tracing::warn!("somebody has been writing for long; no day is sealed before they have ended");
    Ok(false)
}

/// Seals a day; gives the seal and how many late rows it covers. `None` when time is up: then it never happened.
async fn seal_day(
    session: &Exclusive,
    limits: &Limits,
    day: Date,
    previous: Option<[u8; 32]>,
) -> Result<Option<(Seal, u64)>, Error> {
    session.begin_transaction().await?;
    let late = audit_seals::take_late_rows(session, day).await?;
    let mut digest = DayDigest::new(day, previous);
    let mut list = RowList { session, day, written: 0, pending: Vec::with_capacity(PIECE) };
    let mut after: Option<Place> = None;
    loop {
        if limits.time_is_up() {
            session.roll_back().await?;
            return Ok(None);
        }
        let lines = log_lines::of_audit_day(session, day, after, limits.batch).await?;
        let Some(last) = lines.last() else { break };
        after = Some(last.place);
        for line in &lines {
            digest.add(line.text.as_bytes());
            list.add(line).await?;
        }
    }
    let rows = list.finish().await?;
    let seal = Seal { day, rows, digest: digest.finish(), previous, sealed_at: limits.now(session) };
    audit_seals::insert(session, &seal).await?;
    session.commit().await?;
    // Whoever could change the chain cannot change this log.
    tracing::info!(%day, rows, digest = hex::encode(seal.digest), "a day of the audit log was sealed");
    Ok(Some((seal, late.unsigned_abs())))
}

/// The list of rows that is kept with a seal, written piece by piece.
struct RowList<'a> {
    session: &'a Exclusive,
    day: Date,
    written: i64,
    pending: Vec<SealedRow>,
}

impl RowList<'_> {
    async fn add(&mut self, line: &Line) -> Result<(), Error> {
        self.pending.push(SealedRow { place: line.place, digest: row_digest(line.text.as_bytes()) });
        if self.pending.len() == PIECE {
            self.write().await?;
        }
        Ok(())
    }

    async fn write(&mut self) -> Result<(), Error> {
        audit_seals::insert_rows(self.session, self.day, self.written, &self.pending).await?;
        self.written += self.pending.len() as i64;
        self.pending.clear();
        Ok(())
    }

    /// Gives how many rows there are.
    async fn finish(mut self) -> Result<i64, Error> {
        if !self.pending.is_empty() {
            self.write().await?;
        }
        Ok(self.written)
    }
}

fn note_latest(report: &mut SealReport, latest: Option<&Seal>) {
    report.last_day = latest.map(|seal| seal.day);
    report.last_digest = latest.map(|seal| hex::encode(seal.digest));
}

/// `None` at the end of the calendar.
fn tomorrow(day: Date) -> Option<Date> {
    day.tomorrow().ok()
}
