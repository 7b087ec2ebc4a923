//! What a million audit rows cost: sealing, archiving and verifying them, with the time and the most memory that this
//! process had in each step. It needs what the tests need, and makes a database and a bucket of its own.
//!
//! ```sh
//! cargo run --package kimochi-retention --example logs_at_size -- 1000000
//! ```

#![expect(clippy::print_stdout, reason = "what it is for")]
#![expect(clippy::unwrap_used, reason = "no part of the system")]

use jiff::Timestamp;
use kimochi_blob::MediaBucket;
use kimochi_retention::{AUDIT_LOGS_KEPT, Limits, archive_audit_logs, seal_days, verify_audit};
use kimochi_testing::{Step, TestBucket, TestDatabase, audit_rows};

/// The rows are of so many days.
const DAYS: i64 = 4;
/// More than the process may ever have.
const MOST_KIB: u64 = 64 * 1024;

/// Half a year after the rows.
fn now() -> Timestamp {
    "2026-04-05T00:00:00Z".parse().unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rows = std::env::args().nth(1).map_or(1_000_000, |rows| rows.parse::<i64>().unwrap());
    let (database, bucket) = (TestDatabase::new().await, TestBucket::new().await);
    audit_rows::add(&database, rows, DAYS).await;
    let media = MediaBucket::new(bucket.settings(), bucket.name());
    let cleanup = database.cleanup();
    let limits = Limits::new(Timestamp::MAX, now);

    let step = Step::begin("seal");
    let sealed =
        seal_days(&cleanup, &Limits { clock: || "2025-10-05T01:00:00Z".parse().unwrap(), ..limits }).await;
    assert!(step.end(sealed.unwrap().rows).peak_kib < MOST_KIB);

    let step = Step::begin("verify in the table");
    let verified = verify_audit(&cleanup, &media, &limits, None).await.unwrap();
    assert!(verified.is_clean(), "{verified:?}");
    assert!(step.end(verified.rows).peak_kib < MOST_KIB);

    let step = Step::begin("archive");
    let archived = archive_audit_logs(&cleanup, &media, &limits, AUDIT_LOGS_KEPT).await.unwrap();
    assert!(archived.complete, "{archived:?}");
    assert!(step.end(archived.rows).peak_kib < MOST_KIB);
    println!("{} archives, {} bytes", archived.archives, archived.bytes);

    let step = Step::begin("verify in archives");
    let verified = verify_audit(&cleanup, &media, &limits, None).await.unwrap();
    assert!(verified.is_clean(), "{verified:?}");
    assert!(step.end(verified.rows).peak_kib < MOST_KIB);
    assert_eq!((archived.rows, verified.rows), (rows.unsigned_abs(), rows.unsigned_abs()));
}
