//! What got stuck moves on.

use jiff::{SignedDuration, Timestamp};
use kimochi_blob::notification::{self, Notification, ObjectCreated};
use kimochi_domain::Sequencer;
use kimochi_testing::{Household, now};
use serde_json::json;

use crate::support::{TestCleanup, call, numbers};

#[tokio::test]
async fn an_upload_that_never_came_is_expired_after_a_day_and_not_before() {
    let test = TestCleanup::new().await;
    let household = Household::new(&test.database, &test.bucket, "mika").await;
    let asked = |hours| now() - SignedDuration::from_hours(hours);
    let superuser = test.database.superuser().await;
    for (hours, key) in [(1, "1"), (30, "2")] {
        let sql = "
INSERT INTO recordings (id, user_id, status, created_at, updated_at, audio_key, content_type, size_bytes)
VALUES (gen_random_uuid(), $1, 'requested', $2, $2, $3, 'audio/wav', 1)";
        let key = format!("audio/{}/audio_20260401_000000_{key:0>32}.wav", household.id);
        superuser.execute(sql, &[&household.id.0, &asked(hours), &key]).await.unwrap();
    }

    let app = test.app(now);
    let rehearsal = numbers(call(&app, json!({"task": "stale", "dry_run": true})).await.unwrap());
    let done = numbers(call(&app, json!({"task": "stale"})).await.unwrap());

    assert_eq!((&rehearsal["expired"], &done["expired"]), (&json!(1), &json!(1)));
    let sql = "SELECT audio_key FROM recordings WHERE status = 'expired'";
    let expired = superuser.query(sql, &[]).await.unwrap();
    assert!(expired.len() == 1 && expired[0].get::<_, &str>(0).ends_with("02.wav"));
}

#[tokio::test]
async fn a_note_that_came_without_a_message_goes_into_the_queue_and_is_not_expired() {
    let test = TestCleanup::new().await;
    let household = Household::new(&test.database, &test.bucket, "mika").await;
    let key = household.unused.audio_key.to_string();

    let done = numbers(call(&test.app(two_days_later), json!({"task": "stale"})).await.unwrap());

    assert_eq!((&done["found"], &done["expired"]), (&json!(1), &json!(0)), "{done}");
    let object = sent(&test).await;
    assert_eq!((object.key, object.size_bytes, object.sequencer), (key, 5, Sequencer::new("")));
    assert_eq!(object.bucket, test.bucket.name());
}

#[tokio::test]
async fn a_note_that_was_deleted_from_the_bucket_did_not_come() {
    let test = TestCleanup::new().await;
    let household = Household::new(&test.database, &test.bucket, "mika").await;
    test.bucket.delete(&household.unused.audio_key.to_string()).await;

    let done = numbers(call(&test.app(two_days_later), json!({"task": "stale"})).await.unwrap());

    assert_eq!((&done["found"], &done["expired"]), (&json!(0), &json!(1)), "{done}");
}

#[tokio::test]
async fn a_note_whose_sandbox_died_is_put_back_into_the_queue_when_nobody_can_be_at_it() {
    let test = TestCleanup::new().await;
    let household = Household::new(&test.database, &test.bucket, "mika").await;
    test.database.begin_attempt(&household.unused, now()).await;

    let early = numbers(call(&test.app(an_hour_later), json!({"task": "stale"})).await.unwrap());
    let rehearsal =
        numbers(call(&test.app(three_hours_later), json!({"task": "stale", "dry_run": true})).await.unwrap());
    assert!(test.queue.messages().await.is_empty());
    let done = numbers(call(&test.app(three_hours_later), json!({"task": "stale"})).await.unwrap());

    assert_eq!(
        (&early["requeued"], &rehearsal["requeued"], &done["requeued"]),
        (&json!(0), &json!(1), &json!(1))
    );
    let object = sent(&test).await;
    assert_eq!(object.key, household.unused.audio_key.to_string());
    assert_eq!((object.created_at, object.sequencer.as_str()), (now(), "0055AED6DCD90281E5"));
}

#[tokio::test]
async fn a_queue_that_is_away_fails_the_run_and_closes_no_upload() {
    let test = TestCleanup::new().await;
    let household = Household::new(&test.database, &test.bucket, "mika").await;
    let mut app = test.app(two_days_later);
    app.queue = kimochi_queue::TranscribeQueue::new(
        &kimochi_testing::settings_at("http://127.0.0.1:9"),
        test.queue.url(),
        "cleanup",
    );

    let error = call(&app, json!({"task": "stale"})).await.unwrap_err();

    assert_eq!(error.error_type, "queue");
    let sql = "SELECT status FROM recordings WHERE id = $1";
    let superuser = test.database.superuser().await;
    let status: String = superuser.query_one(sql, &[&household.unused.id.0]).await.unwrap().get(0);
    assert_eq!(status, "requested");
}

fn an_hour_later() -> Timestamp {
    now() + SignedDuration::from_hours(1)
}

fn three_hours_later() -> Timestamp {
    now() + SignedDuration::from_hours(3)
}

fn two_days_later() -> Timestamp {
    now() + SignedDuration::from_hours(48)
}

/// The one object that the queue was told of, as transcribe reads it.
async fn sent(test: &TestCleanup) -> ObjectCreated {
    let [message] = test.queue.messages().await.try_into().unwrap();
    let Notification::Created(objects) = notification::parse(&message).unwrap() else { panic!("{message}") };
    let [object] = objects.try_into().unwrap();
    object
}
