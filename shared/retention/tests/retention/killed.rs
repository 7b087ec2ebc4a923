//! The process is killed at random points of export-and-delete, with SIGKILL, as Lambda does it.

use std::time::Duration;

use kimochi_blob::MediaBucket;
use kimochi_retention::{AUDIT_LOGS_KEPT, JOB_RUNS_KEPT, archive_audit_logs, archive_job_runs};
use kimochi_testing::{Victim, settings};
use uuid::Uuid;

use crate::house::{House, limits};

const KILLS: usize = 20;
/// The test that the process is started for.
const WORK: &str = "killed::export_and_delete_for_whoever_started_this_process";

#[tokio::test]
async fn after_a_kill_at_any_point_the_next_run_leaves_each_row_in_one_place() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let whole = time_of_a_whole_run().await;

    let mut cut_off = 0;
    for kill in 1..=KILLS {
        let (house, audit_rows, runs) = furnished().await;
        let after = whole.mul_f64(random.f64());
        Victim::begin(WORK, &house.database, &house.bucket).kill_after(after).await;
        let archived = house.archives("audit_logs").await.len() + house.archives("job_runs").await.len();
        let objects = house.bucket.versions("archive/").await.len();
        println!(
            "kill {kill} after {after:?}: {archived} archives were written down, {objects} objects stored"
        );
        house.assert_each_once("audit_logs", &audit_rows).await;
        house.assert_each_once("job_runs", &runs).await;

        let report = house.archive(&limits()).await.unwrap();
        let of_runs = house.archive_runs(&limits()).await.unwrap();

        assert!(report.complete && of_runs.complete, "{report:?} {of_runs:?}");
        cut_off += usize::from(report.rows + of_runs.rows > 0);
        house.assert_each_once("audit_logs", &audit_rows).await;
        house.assert_each_once("job_runs", &runs).await;
        house.assert_no_stray_objects().await;
        assert!(house.verify(None).await.is_clean());
    }
    assert!(cut_off >= KILLS / 2, "only {cut_off} kills came before the end");
}

/// Does nothing in an ordinary run of the tests.
#[tokio::test]
async fn export_and_delete_for_whoever_started_this_process() {
    let Some((database, bucket)) = Victim::of_this_process() else { return };
    let bucket = MediaBucket::new(&settings(), bucket);

    let audit_logs = archive_audit_logs(&database, &bucket, &limits(), AUDIT_LOGS_KEPT).await.unwrap();
    let job_runs = archive_job_runs(&database, &bucket, &limits(), JOB_RUNS_KEPT).await.unwrap();

    assert!(audit_logs.complete && job_runs.complete);
}

/// A house with rows to archive, and the ids of its audit rows and job runs.
async fn furnished() -> (House, Vec<Uuid>, Vec<Uuid>) {
    let house = House::sealed(10).await;
    house.finish_runs("2025-12-30", 14).await;
    let (audit_rows, runs) = (house.live("audit_logs").await, house.live("job_runs").await);
    (house, audit_rows, runs)
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
