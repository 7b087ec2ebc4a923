//! Objects without a recording, and recordings without an object.
//!
//! S3 writes down the real time, so the clock of these tests runs from now on.

use std::sync::atomic::{AtomicI64, Ordering};

use cleanup::{App, Fuse};
use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_domain::{AudioKey, MediaType, UniqueId, UserId};
use kimochi_notify::AlertTopic;
use kimochi_runtime::clock;
use kimochi_testing::{Household, settings_at};
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{TestCleanup, call, call_for, numbers};

fn in_days(days: i64) -> Timestamp {
    clock::now() + SignedDuration::from_hours(24 * days)
}

fn soon() -> Timestamp {
    in_days(2)
}

fn in_a_week() -> Timestamp {
    in_days(8)
}

fn in_eight_days() -> Timestamp {
    in_days(9)
}

fn after_a_week() -> Timestamp {
    in_days(10)
}

fn after_two_weeks() -> Timestamp {
    in_days(17)
}

fn after_two_months() -> Timestamp {
    in_days(60)
}

/// The key of a note that nobody asked for.
fn unasked() -> String {
    let zone = jiff::tz::TimeZone::UTC;
    AudioKey::new(UserId::new(), clock::now(), &zone, UniqueId::random(), MediaType::Webm).to_string()
}

async fn orphans(test: &TestCleanup, clock: fn() -> Timestamp) -> Value {
    numbers(call(&test.app(clock), json!({"task": "orphans"})).await.unwrap())
}

#[tokio::test]
async fn an_object_without_a_recording_waits_a_week_and_then_goes_with_every_version() {
    let test = TestCleanup::new().await;
    Household::new(&test.database, &test.bucket, "mika").await;
    let key = unasked();
    let text = key.replace("audio", "text").replace(".webm", ".txt");
    for key in [&key, &key, &text] {
        test.bucket.put(key, b"sound").await;
    }

    let first = orphans(&test, soon).await;
    let second = orphans(&test, in_a_week).await;
    assert_eq!(test.bucket.versions("").await.len(), Household::VERSIONS + 3);
    let third = orphans(&test, after_a_week).await;

    let of =
        |numbers: &Value| ["quarantined", "waiting", "removed"].map(|name| numbers[name].as_u64().unwrap());
    assert_eq!((of(&first), of(&second), of(&third)), ([2, 0, 0], [0, 2, 0], [0, 0, 2]), "{third}");
    assert_eq!((&third["removed_versions"], &third["removed_bytes"]), (&json!(3), &json!(15)));
    assert_eq!(
        (&first["objects"], &first["recordings"], &first["without_note"]),
        (&json!(5), &json!(2), &json!(0))
    );
    assert_eq!(test.bucket.versions("").await.len(), Household::VERSIONS);
    let told = test.notices().await;
    assert_eq!(told.iter().filter(|body| body.contains("objects_quarantined")).count(), 1, "{told:?}");
}

#[tokio::test]
async fn delete_markers_alone_are_in_quarantine_since_they_were_made() {
    let test = TestCleanup::new().await;
    test.bucket.delete(&unasked()).await;

    let first = orphans(&test, soon).await;
    let second = orphans(&test, after_a_week).await;

    assert_eq!((&first["quarantined"], &first["waiting"]), (&json!(0), &json!(1)), "{first}");
    assert_eq!((&second["waiting"], &second["removed"]), (&json!(0), &json!(1)), "{second}");
    assert!(test.bucket.versions("").await.is_empty());
}

#[tokio::test]
async fn what_operators_could_not_be_told_of_stays_until_they_are() {
    let test = TestCleanup::new().await;
    test.bucket.put(&unasked(), b"sound").await;
    let nowhere =
        || AlertTopic::new(&settings_at("http://127.0.0.1:9"), "arn:aws:sns:ap-northeast-1:1:alerts");
    let untold = |clock: fn() -> Timestamp| App { alerts: nowhere(), ..test.app(clock) };

    let first = numbers(call(&untold(soon), json!({"task": "orphans"})).await.unwrap());
    let second = numbers(call(&untold(in_a_week), json!({"task": "orphans"})).await.unwrap());
    let third = orphans(&test, in_eight_days).await;
    let fourth = orphans(&test, after_a_week).await;
    let fifth = orphans(&test, after_two_weeks).await;

    let told = |numbers: &Value| numbers["told"]["in_quarantine"].as_u64();
    assert_eq!((&first["quarantined"], told(&first)), (&json!(1), Some(0)));
    assert_eq!((&second["waiting"], told(&second)), (&json!(1), Some(0)));
    assert_eq!((&third["quarantined"], told(&third)), (&json!(1), Some(1)), "its week begins: {third}");
    assert_eq!((&fourth["waiting"], &fifth["removed"]), (&json!(1), &json!(1)), "{fourth} {fifth}");
    let told = test.notices().await;
    assert_eq!(told.iter().filter(|body| body.contains("objects_quarantined")).count(), 1, "{told:?}");
}

#[tokio::test]
async fn what_a_run_marked_is_told_although_it_fails() {
    let test = TestCleanup::new().await;
    test.bucket.put(&unasked(), b"sound").await;
    orphans(&test, soon).await;
    test.bucket.put(&unasked(), b"sound").await;
    let mut app = test.app(after_a_week);
    app.fuse = Fuse { percent: 10, least: 0 };

    let error = call(&app, json!({"task": "orphans"})).await.unwrap_err();

    assert_eq!(error.error_type, "fuse_blown");
    let told = test.notices().await;
    assert_eq!(told.iter().filter(|body| body.contains("objects_quarantined")).count(), 2, "{told:?}");
    assert!(told.iter().any(|body| body.contains("critical")), "half of all objects: {told:?}");
}

#[tokio::test]
async fn a_tag_of_long_ago_protects_for_another_week() {
    let test = TestCleanup::new().await;
    test.bucket.put(&unasked(), b"sound").await;
    orphans(&test, soon).await;

    let much_later = orphans(&test, after_two_months).await;

    assert_eq!((&much_later["quarantined"], &much_later["removed"]), (&json!(1), &json!(0)), "{much_later}");
}

#[tokio::test]
async fn a_note_whose_upload_was_closed_is_nobodys() {
    let test = TestCleanup::new().await;
    let household = Household::new(&test.database, &test.bucket, "mika").await;
    let expire = "UPDATE recordings SET status = 'expired', finished_at = now() WHERE id = $1";
    test.database.superuser().await.execute(expire, &[&household.unused.id.0]).await.unwrap();

    let numbers = orphans(&test, soon).await;

    assert_eq!((&numbers["quarantined"], &numbers["without_note"]), (&json!(1), &json!(0)), "{numbers}");
}

/// As the console makes one for a folder.
#[tokio::test]
async fn an_object_whose_key_begins_all_others_takes_none_of_them_along() {
    let test = TestCleanup::new().await;
    let household = Household::new(&test.database, &test.bucket, "mika").await;
    let heard = household.heard.audio_key.to_string();
    for key in
        ["audio/", &format!("audio/{}/", household.id), &heard[..heard.len() - 1], &format!("{heard}m")]
    {
        test.bucket.put(key, b"").await;
    }

    orphans(&test, soon).await;
    let numbers = orphans(&test, after_a_week).await;

    assert_eq!(numbers["removed"], 4, "{numbers}");
    assert_eq!(test.bucket.versions("").await.len(), Household::VERSIONS);
}

#[tokio::test]
async fn what_is_younger_than_a_day_may_be_on_its_way() {
    let test = TestCleanup::new().await;
    test.bucket.put(&unasked(), b"sound").await;

    let numbers = orphans(&test, clock::now).await;

    assert_eq!((&numbers["objects"], &numbers["quarantined"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn a_rehearsal_counts_and_marks_nothing() {
    let test = TestCleanup::new().await;
    test.bucket.put(&unasked(), b"sound").await;

    for _ in 0..2 {
        let event = json!({"task": "orphans", "dry_run": true});
        let numbers = numbers(call(&test.app(soon), event).await.unwrap());
        assert_eq!((&numbers["quarantined"], &numbers["waiting"]), (&json!(1), &json!(0)));
    }
    assert!(test.notices().await.is_empty());
}

#[tokio::test]
async fn recordings_whose_objects_are_missing_are_told_when_there_are_more_of_them() {
    let test = TestCleanup::new().await;
    let household = Household::new(&test.database, &test.bucket, "mika").await;
    let [audio, text] = household.heard.keys();

    let before = orphans(&test, soon).await;
    test.bucket.delete(&audio).await;
    test.bucket.delete(&text).await;
    let first = orphans(&test, in_a_week).await;
    let second = orphans(&test, after_a_week).await;

    let of = |numbers: &Value| ["without_note", "without_text"].map(|name| numbers[name].as_u64().unwrap());
    assert_eq!((of(&before), of(&first), of(&second)), ([0, 0], [1, 1], [1, 1]));
    let told = test.notices().await;
    assert_eq!(told.iter().filter(|body| body.contains("objects_missing")).count(), 1, "{told:?}");
    assert_eq!(second["quarantined"], 0, "what a marker hides has its recording all the same");
}

#[tokio::test]
async fn what_is_about_to_be_erased_is_not_missing() {
    let test = TestCleanup::new().await;
    let household = test.leaving("mika").await;
    for key in household.heard.keys() {
        MediaBucket::new(test.bucket.settings(), test.bucket.name()).erase_object(&key).await.unwrap();
    }

    let numbers = orphans(&test, soon).await;

    assert_eq!((&numbers["without_note"], &numbers["quarantined"]), (&json!(0), &json!(0)), "{numbers}");
}

#[tokio::test]
async fn too_many_at_once_wait_for_somebody_to_allow_it() {
    let test = TestCleanup::new().await;
    Household::new(&test.database, &test.bucket, "mika").await;
    test.bucket.put(&unasked(), b"sound").await;
    orphans(&test, soon).await;
    let mut app = test.app(after_a_week);
    app.fuse = Fuse { percent: 10, least: 0 };

    let error = call(&app, json!({"task": "orphans"})).await.unwrap_err();

    assert_eq!(error.error_type, "fuse_blown");
    assert_eq!(test.bucket.versions("").await.len(), Household::VERSIONS + 1);
    let allowed = numbers(call(&app, json!({"task": "orphans", "allow_large": true})).await.unwrap());
    assert_eq!(allowed["removed"], 1);
}

/// A day for each run, since a period has one.
static DAY: AtomicI64 = AtomicI64::new(2);

#[tokio::test]
async fn a_run_without_time_goes_on_where_it_ended_and_passes_over_nothing() {
    let test = TestCleanup::new().await;
    for name in ["mika", "ren"] {
        Household::new(&test.database, &test.bucket, name).await;
    }
    for key in ["audio/!", "text/!", "text/zzz/x", &unasked()] {
        test.bucket.put(key, b"sound").await;
    }
    let app = test.app(|| in_days(DAY.load(Ordering::Relaxed)));

    // Enough for one object each: what is kept for ending and for removing is over at once.
    let too_short = SignedDuration::from_secs(140);
    let (mut objects, mut recordings, mut runs);
    runs = 0;
    loop {
        let answer = call_for(&app, json!({"task": "orphans"}), too_short).await.unwrap();
        let numbers = numbers(answer);
        // They add up over the runs of a walk.
        (objects, recordings) =
            (numbers["objects"].as_u64().unwrap(), numbers["recordings"].as_u64().unwrap());
        runs += 1;
        assert_eq!(numbers["without_note"], 0, "{numbers}");
        if numbers["next"].is_null() {
            break;
        }
        assert!(objects <= 10, "{numbers}");
        DAY.fetch_add(1, Ordering::Relaxed);
    }

    assert_eq!((objects, recordings), (4 + 2 + 4, 4), "in {runs} runs");
    assert!(runs > 5, "{runs}");
}

#[tokio::test]
async fn an_s3_that_fails_or_lists_out_of_order_ends_the_run_and_nothing_is_marked() {
    let test = TestCleanup::new().await;
    let version = |key: &str| {
        format!(
            "<Version><Key>{key}</Key><VersionId>1</VersionId><IsLatest>true</IsLatest>\
             <LastModified>2020-01-01T00:00:00Z</LastModified><Size>1</Size></Version>"
        )
    };
    let listing =
        format!("<ListVersionsResult>{}{}</ListVersionsResult>", version("audio/b"), version("audio/a"));
    for answer in [ResponseTemplate::new(500), ResponseTemplate::new(200).set_body_string(listing)] {
        let s3 = MockServer::start().await;
        Mock::given(method("GET")).respond_with(answer).mount(&s3).await;
        let mut app = test.app(soon);
        app.bucket = MediaBucket::new(&settings_at(&s3.uri()), "media");

        let error = call(&app, json!({"task": "orphans"})).await.unwrap_err();

        assert_eq!(error.error_type, "s3");
        let requests = s3.received_requests().await.unwrap();
        assert!(requests.iter().all(|request| request.method == "GET"), "{requests:?}");
    }
}
