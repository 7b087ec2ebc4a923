//! S3, the database or time gives out in the middle: nothing is removed that was not verified, and the next run goes on.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_domain::Transient as _;
use kimochi_retention::{AUDIT_LOGS_KEPT, Error, Limits, archive_audit_logs};
use kimochi_testing::{now, settings_at};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::house::{House, OLD_DAYS, limits, limits_at, manifest_of};

#[tokio::test]
async fn nothing_goes_while_s3_is_away_or_answers_500() {
    let house = House::sealed(5).await;
    let broken = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(500)).mount(&broken).await;

    for endpoint in ["http://127.0.0.1:9", &broken.uri()] {
        let bucket = MediaBucket::new(&settings_at(endpoint), house.bucket.name());
        let failed = archive_audit_logs(&house.database.cleanup(), &bucket, &limits(), AUDIT_LOGS_KEPT).await;
        assert!(matches!(&failed, Err(error @ Error::Objects(_)) if error.is_transient()), "{failed:?}");
    }

    assert_eq!(house.live("audit_logs").await.len(), 20);
    assert_eq!(house.archives("audit_logs").await, [""; 0]);
}

#[tokio::test]
async fn an_s3_that_stores_something_else_than_it_was_given_is_not_believed() {
    let house = House::sealed(5).await;
    let liar = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string("ok")).mount(&liar).await;

    let bucket = MediaBucket::new(&settings_at(&liar.uri()), house.bucket.name());
    let failed = archive_audit_logs(&house.database.cleanup(), &bucket, &limits(), AUDIT_LOGS_KEPT).await;

    assert!(matches!(&failed, Err(Error::Conflict { .. })), "{failed:?}");
    assert_eq!(house.live("audit_logs").await.len(), 20);
}

#[tokio::test]
async fn an_archive_that_is_there_already_is_taken_as_it_is() {
    let house = House::sealed(5).await;
    let ids = house.live("audit_logs").await;
    break_removal(&house).await;
    house.archive(&limits()).await.unwrap_err();
    let [key, manifest] = house.bucket.versions("archive/").await.try_into().unwrap();
    assert_eq!(manifest_of(&manifest), manifest_of(&key));
    assert_eq!(house.archives("audit_logs").await, [""; 0]);

    mend_removal(&house).await;
    let report = house.archive(&limits()).await.unwrap();

    assert!(report.complete);
    house.assert_each_once("audit_logs", &ids).await;
    house.assert_no_stray_objects().await;
}

#[tokio::test]
async fn an_archive_with_other_content_in_its_place_is_an_error_and_nothing_goes() {
    let (rows, manifest) = (str::to_owned as fn(&str) -> String, manifest_of as fn(&str) -> String);
    for (spoiled, content) in [
        (rows, b"something else".as_slice()),
        (manifest, b"{}"),
        (rows, &[0; 2_000_000]),
        (manifest, &[b' '; 100_000]),
    ] {
        let house = House::sealed(5).await;
        break_removal(&house).await;
        house.archive(&limits()).await.unwrap_err();
        let mut keys = house.bucket.versions("archive/").await;
        keys.retain(|key| key.ends_with(".gz"));
        house.bucket.put(&spoiled(&keys[0]), content).await;
        mend_removal(&house).await;

        let failed = house.archive(&limits()).await;

        assert!(matches!(&failed, Err(Error::Conflict { key }) if key.to_string() == keys[0]), "{failed:?}");
        assert!(!failed.unwrap_err().is_transient());
        assert_eq!(house.live("audit_logs").await.len(), 20);
        assert_eq!(house.archives("audit_logs").await, [""; 0]);
        assert_eq!(house.bucket.get(&spoiled(&keys[0])).await.unwrap(), content, "nobody wrote over it");
    }
}

#[tokio::test]
async fn a_database_that_gives_out_before_the_removal_keeps_its_rows() {
    let house = House::sealed(5).await;
    break_removal(&house).await;

    let failed = house.archive(&limits()).await;

    assert!(matches!(failed, Err(Error::Rows(_))), "{failed:?}");
    assert_eq!(house.live("audit_logs").await.len(), 20);
    assert!(house.verify(None).await.is_clean());
}

#[tokio::test]
async fn a_deadline_in_the_middle_leaves_each_row_in_one_place() {
    static CALLS: AtomicI64 = AtomicI64::new(0);
    fn ticking() -> Timestamp {
        now() + SignedDuration::from_secs(CALLS.fetch_add(1, Ordering::Relaxed))
    }
    let house = House::sealed(9).await;
    let ids = house.live("audit_logs").await;

    let mut runs = 0;
    for ticks in 1.. {
        CALLS.store(0, Ordering::Relaxed);
        let limits = Limits { until: now() + SignedDuration::from_secs(ticks), ..limits_at(ticking) };
        let report = house.archive(&limits).await.unwrap();
        house.assert_each_once("audit_logs", &ids).await;
        runs += 1;
        if report.complete {
            break;
        }
    }

    assert!(runs > 3, "{runs}");
    assert!(house.ids_of(OLD_DAYS[2]).await.is_empty());
    house.assert_no_stray_objects().await;
    assert!(house.verify(None).await.is_clean());
}

#[tokio::test]
async fn a_familys_erasure_that_is_quicker_is_not_in_the_way() {
    let house = House::new().await;
    house.finish_runs("2025-12-30", 4).await;
    let erase = "
ALTER FUNCTION remove_archived_job_runs RENAME TO remove_the_rest;
CREATE FUNCTION remove_archived_job_runs(archive archives, ats timestamptz[], ids uuid[], digests bytea[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN DELETE FROM job_runs WHERE id = ids[2]; RETURN remove_the_rest(archive, ats, ids, digests); END $$;
GRANT EXECUTE ON FUNCTION remove_archived_job_runs TO kimochi_cleanup";
    house.superuser.batch_execute(erase).await.unwrap();

    let report = house.archive_runs(&limits()).await.unwrap();

    assert_eq!((report.rows, report.removed, report.complete), (4, 3, true));
    assert!(house.live("job_runs").await.is_empty());
}

async fn break_removal(house: &House) {
    let sql = "REVOKE EXECUTE ON FUNCTION remove_archived_audit_logs FROM kimochi_cleanup";
    house.superuser.batch_execute(sql).await.unwrap();
}

async fn mend_removal(house: &House) {
    let sql = "GRANT EXECUTE ON FUNCTION remove_archived_audit_logs TO kimochi_cleanup";
    house.superuser.batch_execute(sql).await.unwrap();
}
