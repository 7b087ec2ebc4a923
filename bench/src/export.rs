//! A million audit rows on their way out of the database, day by day: archived as `cleanup` does it, and by COPY and DELETE
//! alone.

use std::pin::pin;
use std::time::Instant;

use anyhow::{Result, ensure};
use futures_util::TryStreamExt as _;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use kimochi_blob::MediaBucket;
use kimochi_retention::{Limits, archive_audit_logs, seal_days};
use kimochi_runtime::clock;
use kimochi_testing::{TestBucket, TestDatabase, audit_rows};
use tokio_postgres::Client;

use crate::measure::{Figures, milliseconds};
use crate::statistics::Middle;

/// Rows that leave each of the two databases.
pub(crate) const ROWS: i64 = 1_000_000;
/// All of them were in one month.
const MOST_DAYS: usize = 28;

/// How long a day's rows took: archived and removed, and copied and deleted.
pub(crate) async fn measure(rounds: usize, rows: i64) -> Result<[Figures; 2]> {
    let days = i64::try_from(rounds.min(MOST_DAYS))?;
    let (archived, copied) = (TestDatabase::new().await, TestDatabase::new().await);
    for database in [&archived, &copied] {
        audit_rows::add(database, rows, days).await;
    }
    let cleanup = archived.cleanup();
    let bucket = TestBucket::new().await;
    let media = MediaBucket::new(bucket.settings(), bucket.name());
    let limits = Limits::new(Timestamp::MAX, clock::now);
    let superuser = copied.superuser().await;
    // The trigger that refuses removals would ask for the rows' archives.
    superuser.batch_execute("SET session_replication_role = replica").await?;
    // Sealing is another job, and comes first.
    let sealed = seal_days(&cleanup, &Limits { clock: when_all_are_there, ..limits }).await?;
    ensure!(sealed.complete && sealed.rows == rows.unsigned_abs(), "{sealed:?}");

    let (mut ours, mut alone) = (Vec::new(), Vec::new());
    for day in 0..days {
        let begins = audit_rows::FIRST_DAY.checked_add(day.days())?.to_zoned(TimeZone::UTC)?;
        let ends = begins.checked_add(1.day())?.timestamp();
        let begins = begins.timestamp();

        let begun = Instant::now();
        let report = archive_audit_logs(&cleanup, &media, &limits, clock::now().duration_since(ends)).await?;
        ours.push(milliseconds(begun.elapsed()));
        ensure!(report.complete && report.removed == (rows / days).unsigned_abs(), "{report:?}");

        let begun = Instant::now();
        copy_and_delete(&superuser, begins, ends).await?;
        alone.push(milliseconds(begun.elapsed()));
    }
    Ok([ours, alone].map(|times| Figures { warm: Some(Middle::of(&times)), ..Figures::default() }))
}

/// After the last row, and early enough: whoever seals for the first time looks back for some hundred days only.
fn when_all_are_there() -> Timestamp {
    Timestamp::constant(1_761_955_200, 0) // 2025-11-01
}

async fn copy_and_delete(superuser: &Client, begins: Timestamp, ends: Timestamp) -> Result<()> {
    let of_day = format!("FROM audit_logs WHERE at >= '{begins}' AND at < '{ends}'");
    let mut lines = pin!(superuser.copy_out(&format!("COPY (SELECT * {of_day}) TO STDOUT")).await?);
    let mut bytes = 0;
    while let Some(line) = lines.try_next().await? {
        bytes += line.len();
    }
    superuser.batch_execute(&format!("DELETE {of_day}")).await?;
    ensure!(bytes > 0, "nothing was copied");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_ways_take_every_day_out() {
        let figures = measure(3, 300).await.unwrap();

        assert_eq!(figures.map(|figures| figures.warm.map(|warm| warm.count)), [Some(3), Some(3)]);
    }
}
