//! What is removed, in which order, and what happens when a run is cut off.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_domain::Transient as _;
use kimochi_erasure::{
    Error, Limits, QUIET_TIME, Report, UPLOAD_TIME, erase_deleted, erase_families_that_left,
    erase_old_answers,
};
use kimochi_testing::{Household, now, settings_at};

use crate::support::TestHouse;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Late enough for everything that was deleted at `now()`.
fn later() -> Timestamp {
    now() + UPLOAD_TIME + SECOND
}

/// Late enough for what had arrived.
fn soon() -> Timestamp {
    now() + QUIET_TIME + SECOND
}

fn too_early() -> Timestamp {
    now() + QUIET_TIME - SECOND
}

fn limits() -> Limits {
    Limits { batch: 100, quiet_time: QUIET_TIME, until: Timestamp::MAX, clock: later }
}

#[tokio::test]
async fn nothing_is_left_of_a_family_that_left_but_a_tombstone() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    let ren = house.family("ren").await;
    let rens_rows = house.rows_that_name(&ren).await;
    house.leave("mika").await;

    let report = house.erase_families_that_left(&limits()).await.unwrap();

    assert_eq!((report.families, report.failed, report.complete), (1, 0, true));
    assert_eq!(house.objects_of(&mika).await, [""; 0]);
    assert_eq!(house.rows_that_name(&mika).await, [""; 0]);
    assert_eq!(house.identity_of(&mika).await, (None, None, Some(later())));
    assert_eq!(house.objects_of(&ren).await.len(), Household::VERSIONS);
    assert_eq!(house.rows_that_name(&ren).await, rens_rows);
    assert_eq!(house.erase_families_that_left(&limits()).await.unwrap().families, 0, "gone is gone");
}

#[tokio::test]
async fn the_receipts_count_what_was_removed() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    house.leave("mika").await;

    let report = house.erase_families_that_left(&limits()).await.unwrap();

    assert_eq!(report.objects.versions, Household::VERSIONS as u64);
    assert_eq!((report.rows.children, report.rows.emotion_logs, report.rows.recordings), (2, 2, 2));
    assert_eq!((report.rows.job_runs, report.rows.idempotency_keys), (1, 1));
    assert_eq!(house.receipts(&mika, "family.purge").await, (report.objects, report.rows));
    assert_eq!(house.count_of(&mika, "family.gone").await, 1);
}

#[tokio::test]
async fn who_comes_back_is_a_new_family() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    house.leave("mika").await;
    house.erase_families_that_left(&limits()).await.unwrap();

    let again = house.family("mika").await;

    assert_ne!(again.id, mika.id);
}

#[tokio::test]
async fn what_a_family_deleted_goes_and_what_it_kept_stays() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    house.delete_log(&mika, mika.log_with_voice).await;

    let report = house.erase_deleted(&limits()).await.unwrap();

    assert_eq!((report.families, report.complete), (1, true));
    assert_eq!((report.rows.emotion_logs, report.rows.recordings, report.rows.job_runs), (1, 1, 1));
    let left = house.objects_of(&mika).await;
    assert!(!left.iter().any(|key| mika.heard.keys().contains(key)), "{left:?}");
    assert!(!left.iter().any(|key| key.starts_with("export/")), "a copy may hold what was deleted: {left:?}");
    assert!(left.contains(&mika.unused.audio_key.to_string()), "{left:?}");
    assert_eq!(house.count("emotion_logs", &mika).await, 1);
    assert_eq!(house.count("children", &mika).await, 2);
    assert_eq!(house.receipts(&mika, "family.purge_deleted").await, (report.objects, report.rows));
}

#[tokio::test]
async fn a_deleted_child_goes_after_its_logs_and_recordings() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    house.delete_child(&mika, mika.child).await;

    let report = house.erase_deleted(&Limits { batch: 1, ..limits() }).await.unwrap();

    assert_eq!((report.rows.children, report.rows.emotion_logs, report.rows.recordings), (1, 2, 1));
    assert_eq!(house.count("children", &mika).await, 1);
    assert_eq!(house.erase_deleted(&limits()).await.unwrap(), Report { complete: true, ..Report::default() });
}

#[tokio::test]
async fn what_was_marked_a_moment_ago_may_still_get_an_object_and_is_left_alone() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    let ren = house.family("ren").await;
    house.leave("mika").await;
    house.delete_child(&ren, ren.child).await;

    let early = Limits { clock: too_early, ..limits() };
    let reports =
        [house.erase_families_that_left(&early).await.unwrap(), house.erase_deleted(&early).await.unwrap()];

    assert_eq!(reports, [Report { complete: true, ..Report::default() }; 2]);
    assert_eq!(house.objects_of(&mika).await.len(), Household::VERSIONS);
    assert_eq!(house.objects_of(&ren).await.len(), Household::VERSIONS);
}

#[tokio::test]
async fn an_upload_that_may_still_be_under_way_has_an_hour() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    let ren = house.family("ren").await;
    house.leave("mika").await;
    house.delete_recording(&ren.unused).await;

    let meanwhile = Limits { clock: soon, ..limits() };
    let left = house.erase_families_that_left(&meanwhile).await.unwrap();
    let deleted = house.erase_deleted(&meanwhile).await.unwrap();

    assert_eq!((left.families, deleted.families), (0, 0));
    assert_eq!(house.objects_of(&mika).await.len(), Household::VERSIONS);
    assert_eq!(house.erase_families_that_left(&limits()).await.unwrap().families, 1);
    assert_eq!(house.erase_deleted(&limits()).await.unwrap().rows.recordings, 1);
}

#[tokio::test]
async fn what_has_arrived_waits_no_longer_than_its_url_lived() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    house.delete_log(&mika, mika.log_with_voice).await;

    let report = house.erase_deleted(&Limits { clock: soon, ..limits() }).await.unwrap();

    assert_eq!(report.rows.recordings, 1);
}

#[tokio::test]
async fn answers_are_kept_for_a_day() {
    fn day_after() -> Timestamp {
        now() + SignedDuration::from_hours(24)
    }
    fn a_second_later() -> Timestamp {
        day_after() + SECOND
    }
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    let cleanup = house.database.cleanup();

    let early = erase_old_answers(&cleanup, &Limits { clock: day_after, ..limits() }).await.unwrap();
    let late = erase_old_answers(&cleanup, &Limits { clock: a_second_later, ..limits() }).await.unwrap();

    assert_eq!((early, late), (0, 1));
    assert_eq!(house.count("idempotency_keys", &mika).await, 0);
}

#[tokio::test]
async fn a_recording_that_is_being_listened_to_has_to_wait() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    let attempt = house.database.begin_attempt(&mika.unused, later()).await;
    house.leave("mika").await;

    let meanwhile = house.erase_families_that_left(&limits()).await.unwrap();
    house.fail(&attempt).await;
    let afterwards = house.erase_families_that_left(&limits()).await.unwrap();

    assert_eq!(meanwhile.families, 0);
    assert_eq!(afterwards.families, 1);
    assert_eq!(house.rows_that_name(&mika).await, [""; 0]);
}

#[tokio::test]
async fn no_row_goes_while_its_objects_cannot() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    let ren = house.family("ren").await;
    for name in ["sora", "yui"] {
        house.family(name).await;
        house.leave(name).await;
    }
    house.leave("mika").await;
    house.delete_child(&ren, ren.child).await;
    let before = (house.rows_that_name(&mika).await, house.rows_that_name(&ren).await);
    let nowhere = MediaBucket::new(&settings_at("http://127.0.0.1:9"), house.bucket.name());

    let left = erase_families_that_left(&house.database.cleanup(), &nowhere, &limits()).await;
    let deleted = erase_deleted(&house.database.cleanup(), &nowhere, &limits()).await;

    assert!(matches!(&left, Err(error @ Error::Objects(_)) if error.is_transient()), "{left:?}");
    let deleted = deleted.unwrap();
    assert_eq!((deleted.families, deleted.failed, deleted.complete), (0, 1, false));
    assert_eq!((house.rows_that_name(&mika).await, house.rows_that_name(&ren).await), before);
}

#[tokio::test]
async fn a_run_that_dies_between_objects_and_rows_is_gone_on_with() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    house.leave("mika").await;
    house.break_database("emotion_logs").await;
    let broken = house.erase_families_that_left(&limits()).await.unwrap();
    assert_eq!((broken.failed, broken.complete), (1, false));
    assert_eq!(house.objects_of(&mika).await, [""; 0]);
    assert_eq!(house.count("recordings", &mika).await, 2, "one transaction: nothing of it happened");

    house.mend_database("emotion_logs").await;
    let report = house.erase_families_that_left(&limits()).await.unwrap();

    assert_eq!((report.families, report.complete), (1, true));
    assert_eq!(house.rows_that_name(&mika).await, [""; 0]);
    let (objects, rows) = house.receipts(&mika, "family.purge").await;
    assert_eq!((objects, rows), (broken.objects, report.rows), "both runs together");
}

#[tokio::test]
async fn a_family_that_fails_by_itself_does_not_keep_the_others_waiting() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    let ren = house.family("ren").await;
    house.leave("mika").await;
    house.leave("ren").await;
    house.break_rows_of(&mika).await;

    let report = house.erase_families_that_left(&limits()).await.unwrap();

    assert_eq!((report.families, report.failed, report.complete), (1, 1, false));
    assert_eq!(house.rows_that_name(&ren).await, [""; 0]);
}

#[tokio::test]
async fn a_run_ends_when_its_time_is_up_and_says_so() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    house.leave("mika").await;

    let report = house.erase_families_that_left(&Limits { until: later(), ..limits() }).await.unwrap();

    assert_eq!(report, Report::default());
    assert_eq!(house.objects_of(&mika).await.len(), Household::VERSIONS);
}

#[tokio::test]
async fn a_run_goes_through_all_families_batch_after_batch() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    for name in ["ren", "sora"] {
        house.family(name).await;
        house.leave(name).await;
    }
    house.leave("mika").await;
    house.break_rows_of(&mika).await;

    let report = house.erase_families_that_left(&Limits { batch: 1, ..limits() }).await.unwrap();

    assert_eq!((report.families, report.failed, report.complete), (2, 1, false));
}

#[tokio::test]
async fn more_objects_than_s3_lists_at_once_go_too() {
    let house = TestHouse::new().await;
    let mika = house.family("mika").await;
    let stray = |n: usize| format!("text/{}/{n}", mika.id);
    for numbers in (0..1_050).collect::<Vec<_>>().chunks(50) {
        join_all(numbers.iter().map(async |n| house.bucket.put(&stray(*n), b"x").await)).await;
    }
    house.leave("mika").await;

    let report = house.erase_families_that_left(&limits()).await.unwrap();

    assert_eq!(report.objects.versions as usize, 1_050 + Household::VERSIONS);
    assert_eq!(house.objects_of(&mika).await, [""; 0]);
    assert_eq!(house.receipts(&mika, "family.purge").await.0, report.objects);
}
