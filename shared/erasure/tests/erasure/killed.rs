//! The process is killed at random points of a family's erasure, with SIGKILL, as Lambda does it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_erasure::{Limits, QUIET_TIME, UPLOAD_TIME, erase_families_that_left};
use kimochi_testing::{Household, Victim, now, settings};

use crate::support::TestHouse;

const KILLS: usize = 20;
/// More than fit into some steps.
const NOTES: usize = 20;
/// The test that the process is started for.
const WORK: &str = "killed::erasure_for_whoever_started_this_process";

fn later() -> Timestamp {
    now() + UPLOAD_TIME + SignedDuration::from_secs(1)
}

fn limits() -> Limits {
    Limits { batch: 5, quiet_time: QUIET_TIME, until: Timestamp::MAX, clock: later }
}

#[tokio::test]
async fn after_a_kill_at_any_point_the_next_run_leaves_nothing_of_the_family() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let whole = time_of_a_whole_run().await;

    let mut cut_off = 0;
    for kill in 1..=KILLS {
        let (house, leaves, stays) = furnished().await;
        let rows_that_stay = house.rows_that_name(&stays).await;
        let after = whole.mul_f64(random.f64());
        Victim::begin(WORK, &house.database, &house.bucket).kill_after(after).await;
        let left = (house.objects_of(&leaves).await.len(), house.rows_that_name(&leaves).await.len());
        println!("kill {kill} after {after:?}: {} objects and {} rows were left", left.0, left.1);

        let report = house.erase_families_that_left(&limits()).await.unwrap();

        assert!(report.complete && report.failed == 0, "{report:?}");
        cut_off += usize::from(report.families == 1);
        assert_eq!(house.objects_of(&leaves).await, [""; 0]);
        assert_eq!(house.rows_that_name(&leaves).await, [""; 0]);
        assert!(house.identity_of(&leaves).await.2.is_some(), "the tombstone");
        // A receipt is written with the rows that it counts: none is counted twice or not at all.
        let (_, rows) = house.receipts(&leaves, "family.purge").await;
        assert_eq!((rows.recordings, rows.emotion_logs, rows.children), (NOTES as u64 + 2, 2, 2));
        assert_eq!(house.count_of(&leaves, "family.gone").await, 1);
        assert_eq!(house.objects_of(&stays).await.len(), Household::VERSIONS);
        assert_eq!(house.rows_that_name(&stays).await, rows_that_stay);
    }
    assert!(cut_off >= KILLS / 2, "only {cut_off} kills came before the end");
}

/// Does nothing in an ordinary run of the tests.
#[tokio::test]
async fn erasure_for_whoever_started_this_process() {
    let Some((database, bucket)) = Victim::of_this_process() else { return };
    let bucket = MediaBucket::new(&settings(), bucket);

    let report = erase_families_that_left(&database, &bucket, &limits()).await.unwrap();

    assert!(report.complete && report.families == 1, "{report:?}");
}

/// A house with a family that left and one that stays.
async fn furnished() -> (TestHouse, Household, Household) {
    let house = TestHouse::new().await;
    let leaves = house.family("mika").await;
    for _ in 0..NOTES {
        house.add_note(&leaves).await;
    }
    let stays = house.family("ren").await;
    house.leave("mika").await;
    (house, leaves, stays)
}

/// The shortest of three: a machine that is busy once would let kills come too late.
async fn time_of_a_whole_run() -> Duration {
    let mut shortest = Duration::MAX;
    for _ in 0..3 {
        let (house, ..) = furnished().await;
        shortest = shortest.min(Victim::begin(WORK, &house.database, &house.bucket).finish());
    }
    shortest
}
