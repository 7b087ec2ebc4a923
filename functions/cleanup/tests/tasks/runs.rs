//! The tasks on a real database and a real S3, called as their schedules call them.

#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use cleanup::{Answer, App, Fuse, Metrics, handle};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_domain::JobKind;
use kimochi_notify::AlertTopic;
use kimochi_store::scheduled_runs::{self, Begun, RunEnd, Start};
use kimochi_testing::{Household, TestBucket, TestDatabase, now, settings_at};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Two days after what the tests enter.
fn later() -> Timestamp {
    now() + SignedDuration::from_hours(48)
}

/// The function, with a topic that remembers.
struct TestCleanup {
    database: TestDatabase,
    bucket: TestBucket,
    topic: MockServer,
}

impl TestCleanup {
    async fn new() -> Self {
        let bucket = TestBucket::new().await;
        bucket.keep_versions().await;
        let topic = MockServer::start().await;
        let answer =
            "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
        let published = ResponseTemplate::new(200).set_body_string(answer);
        Mock::given(method("POST")).respond_with(published).mount(&topic).await;
        Self { database: TestDatabase::new().await, bucket, topic }
    }

    fn app(&self, clock: fn() -> Timestamp) -> App {
        App {
            database: self.database.cleanup(),
            bucket: MediaBucket::new(self.bucket.settings(), self.bucket.name()),
            alerts: AlertTopic::new(
                &settings_at(&self.topic.uri()),
                "arn:aws:sns:ap-northeast-1:123456789012:alerts",
            ),
            metrics: Metrics::new(&kimochi_testing::settings(), format!("Test/{}", self.bucket.name())),
            fuse: Fuse::default(),
            quota_bytes: 0,
            time_zone: TimeZone::get("Asia/Tokyo").unwrap(),
            clock,
        }
    }

    /// A family that leaves.
    async fn leaving(&self, name: &str) -> Household {
        let household = Household::new(&self.database, &self.bucket, name).await;
        kimochi_store::users::withdraw(&self.database.api(), &household.caller, now()).await.unwrap();
        household
    }

    /// Rows of a kind: period, status, attempt, error, details.
    async fn rows(&self, kind: &str) -> Vec<(String, String, i16, Option<String>, Value)> {
        let superuser = self.database.superuser().await;
        let sql = "SELECT subject, status, attempt, error, details FROM job_runs WHERE kind = $1 ORDER BY id";
        let rows = superuser.query(sql, &[&kind]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4))).collect()
    }

    /// What operators were told.
    async fn notices(&self) -> Vec<String> {
        let requests = self.topic.received_requests().await.unwrap();
        requests.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect()
    }
}

async fn call(app: &App, event: Value) -> Result<Answer, Diagnostic> {
    let mut context = Context::default();
    context.request_id = Uuid::now_v7().to_string();
    let ends_at = (app.clock)() + SignedDuration::from_mins(15);
    context.deadline = u64::try_from(ends_at.as_millisecond()).unwrap();
    handle(app, LambdaEvent::new(event, context)).await
}

fn numbers(answer: Answer) -> Value {
    match answer {
        Answer::Done { numbers, .. } => numbers,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_a_family_had_is_gone_after_a_purge_and_the_run_says_how_much() {
    let test = TestCleanup::new().await;
    test.leaving("mika").await;
    let stays = Household::new(&test.database, &test.bucket, "ren").await;

    let numbers = numbers(call(&test.app(later), json!({"task": "purge"})).await.unwrap());

    assert_eq!(numbers["families_that_left"]["families"], 1, "{numbers}");
    assert_eq!(numbers["families_that_left"]["objects"]["versions"], Household::VERSIONS);
    assert_eq!(test.bucket.versions("").await.len(), Household::VERSIONS, "the other family's");
    let rows = test.rows("purge").await;
    assert_eq!(rows.len(), 1);
    let (period, status, attempt, error, details) = &rows[0];
    assert_eq!(
        (period.as_str(), status.as_str(), *attempt, error),
        ("2026-04-02T23:30Z", "succeeded", 1, &None),
        "{}",
        stays.id
    );
    assert_eq!(
        (&details["dry_run"], &details["families_that_left"]),
        (&json!(false), &numbers["families_that_left"])
    );
    assert!(test.notices().await.is_empty());
}

#[tokio::test]
async fn a_rehearsal_says_what_would_go_and_removes_nothing() {
    let test = TestCleanup::new().await;
    test.leaving("mika").await;
    let app = test.app(later);

    let rehearsal = json!({"task": "purge", "dry_run": true});
    for _ in 0..2 {
        let numbers = numbers(call(&app, rehearsal.clone()).await.unwrap());
        assert_eq!(numbers["would_go"]["families"], 1, "{numbers}");
        assert_eq!(numbers["would_go"]["recordings"], 2);
    }

    assert_eq!(test.bucket.versions("").await.len(), Household::VERSIONS);
    let numbers = numbers(call(&app, json!({"task": "purge"})).await.unwrap());
    assert_eq!(numbers["families_that_left"]["families"], 1, "a rehearsal takes no period");
}

#[tokio::test]
async fn a_schedule_that_fires_twice_does_nothing_twice() {
    let test = TestCleanup::new().await;
    let app = test.app(later);

    call(&app, json!({"task": "purge"})).await.unwrap();
    let again = call(&app, json!({"task": "purge"})).await.unwrap();

    assert_eq!(again, Answer::AlreadyDone { period: "2026-04-02T23:30Z".to_owned() });
    assert_eq!(test.rows("purge").await.len(), 1);
}

#[tokio::test]
async fn one_run_of_a_kind_at_a_time_and_another_kind_beside_it() {
    let test = TestCleanup::new().await;
    let app = test.app(later);
    let start = Start {
        kind: JobKind::Purge,
        period: "another",
        is_rehearsal: false,
        request_id: "one",
        now: later(),
    };
    let lock = test.database.cleanup();
    let Begun::Ours(run) = scheduled_runs::begin(&lock, &start).await.unwrap() else { panic!("ours") };

    assert_eq!(call(&app, json!({"task": "purge"})).await.unwrap(), Answer::Busy);
    assert!(matches!(call(&app, json!({"task": "stale"})).await.unwrap(), Answer::Done { .. }));

    drop(run);
    drop(lock);
    // PostgreSQL notices the end of a connection a moment later.
    while call(&app, json!({"task": "purge"})).await.unwrap() == Answer::Busy {
        tokio::task::yield_now().await;
    }
    let rows = test.rows("purge").await;
    let lost = rows.iter().find(|row| row.0 == "another").unwrap();
    assert_eq!(lost.1, "failed");
    assert!(lost.3.as_deref().unwrap().starts_with("sandbox_lost"), "{lost:?}");
}

#[tokio::test]
async fn a_run_whose_end_cannot_be_written_down_keeps_no_later_one_waiting() {
    let test = TestCleanup::new().await;
    let superuser = test.database.superuser().await;
    let start = Start {
        kind: JobKind::Purge,
        period: "2026-04-02T23:30Z",
        is_rehearsal: false,
        request_id: "one",
        now: later(),
    };
    // The sandbox that it happens in lives on, with its connections.
    let sandbox = test.database.cleanup();
    let Begun::Ours(run) = scheduled_runs::begin(&sandbox, &start).await.unwrap() else { panic!("ours") };
    superuser.batch_execute("REVOKE UPDATE ON job_runs FROM kimochi_cleanup").await.unwrap();
    run.end(RunEnd::Succeeded, &json!({}), later()).await.unwrap_err();
    superuser.batch_execute("GRANT UPDATE ON job_runs TO kimochi_cleanup").await.unwrap();

    let answer = call(&test.app(later), json!({"task": "purge"})).await.unwrap();

    assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    let rows = test.rows("purge").await;
    assert_eq!((rows.len(), rows[0].1.as_str(), rows[0].2), (1, "succeeded", 2));
}

#[tokio::test]
async fn what_could_not_be_told_is_told_again() {
    let test = TestCleanup::new().await;
    let away = AlertTopic::new(&settings_at("http://127.0.0.1:9"), "arn:aws:sns:ap-northeast-1:1:alerts");
    let mut app = test.app(now);
    app.quota_bytes = 1;
    test.bucket.put("models/m.bin", b"12").await;
    let topic = std::mem::replace(&mut app.alerts, away);

    let first = numbers(call(&app, json!({"task": "capacity"})).await.unwrap());
    app.alerts = topic;
    app.clock = later;
    let second = numbers(call(&app, json!({"task": "capacity"})).await.unwrap());

    assert_eq!((&first["is_told"], &second["is_told"]), (&json!(false), &json!(true)));
    assert_eq!(test.notices().await.iter().filter(|body| body.contains("capacity_low")).count(), 1);
}

#[tokio::test]
async fn a_period_that_failed_is_tried_again_in_its_row() {
    let test = TestCleanup::new().await;
    test.leaving("mika").await;
    let mut app = test.app(later);
    let good =
        std::mem::replace(&mut app.bucket, MediaBucket::new(&settings_at("http://127.0.0.1:9"), "none"));

    for attempt in 1..=3 {
        let error = call(&app, json!({"task": "purge"})).await.unwrap_err();
        assert_eq!(error.error_type, "incomplete", "attempt {attempt}: {}", error.error_message);
    }
    let told = test.notices().await;
    app.bucket = good;
    call(&app, json!({"task": "purge"})).await.unwrap();

    let rows = test.rows("purge").await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].1.as_str(), rows[0].2, &rows[0].3), ("succeeded", 4, &None));
    assert_eq!(
        told.iter().filter(|body| body.contains("scheduled_run_failed")).count(),
        1,
        "the third one is told"
    );
    assert!(test.bucket.versions("").await.is_empty());
}

#[tokio::test]
async fn too_much_at_once_waits_for_somebody_to_allow_it() {
    let test = TestCleanup::new().await;
    test.leaving("mika").await;
    let mut app = test.app(later);
    app.fuse = Fuse { percent: 20, least: 0 };

    let error = call(&app, json!({"task": "purge"})).await.unwrap_err();

    assert_eq!(error.error_type, "fuse_blown");
    assert_eq!(test.bucket.versions("").await.len(), Household::VERSIONS, "nothing is gone");
    assert!(test.notices().await[0].contains("allow_large"));
    let allowed = call(&app, json!({"task": "purge", "allow_large": true})).await.unwrap();
    assert_eq!(numbers(allowed)["families_that_left"]["families"], 1);
}

#[tokio::test]
async fn an_upload_that_never_came_is_expired_after_a_day_and_not_before() {
    let test = TestCleanup::new().await;
    let household = Household::new(&test.database, &test.bucket, "mika").await;
    let asked = |hours| now() - SignedDuration::from_hours(hours);
    let superuser = test.database.superuser().await;
    for (hours, key) in [(1, "01"), (30, "02")] {
        let sql = "
INSERT INTO recordings (id, user_id, status, created_at, updated_at, audio_key, content_type, size_bytes)
VALUES (gen_random_uuid(), $1, 'requested', $2, $2, $3, 'audio/wav', 1)";
        let key = format!("audio/{}/audio_20260401_000000_{key}.wav", household.id);
        superuser.execute(sql, &[&household.id.0, &asked(hours), &key]).await.unwrap();
    }

    let app = test.app(now);
    let rehearsal = numbers(call(&app, json!({"task": "stale", "dry_run": true})).await.unwrap());
    let done = numbers(call(&app, json!({"task": "stale"})).await.unwrap());

    assert_eq!((&rehearsal["would_expire"], &done["expired"]), (&json!(1), &json!(1)));
    let sql = "SELECT audio_key FROM recordings WHERE status = 'expired'";
    let expired = superuser.query(sql, &[]).await.unwrap();
    assert!(expired.len() == 1 && expired[0].get::<_, &str>(0).ends_with("_02.wav"));
}

#[tokio::test]
async fn capacity_counts_every_version_and_is_told_once_when_it_runs_low() {
    let test = TestCleanup::new().await;
    Household::new(&test.database, &test.bucket, "mika").await;
    let mut app = test.app(now);
    app.quota_bytes = 1;

    let first = numbers(call(&app, json!({"task": "capacity"})).await.unwrap());
    let told = test.notices().await.len();
    app.clock = later;
    let second = numbers(call(&app, json!({"task": "capacity"})).await.unwrap());

    // Of the recording that was heard three versions, of which one is what a client finds, and the other recording.
    let audio = &first["prefixes"]["audio"];
    assert_eq!((&audio["objects"], &audio["versions"]), (&json!(2), &json!(4)), "{first}");
    assert_eq!(first["prefixes"]["models"]["versions"], 0);
    assert_eq!((&first["bytes_a_day"], &second["bytes_a_day"]), (&Value::Null, &json!(0.0)));
    assert_eq!((told, first["is_told"].as_bool(), second["is_told"].as_bool()), (1, Some(true), Some(true)));
    let low = test.notices().await.iter().filter(|body| body.contains("capacity_low")).count();
    assert_eq!(low, 1);
}

#[tokio::test]
async fn a_bucket_that_cannot_be_counted_fails_the_run() {
    let test = TestCleanup::new().await;
    let mut app = test.app(now);
    app.bucket = MediaBucket::new(&settings_at("http://127.0.0.1:9"), "none");

    let error = call(&app, json!({"task": "capacity"})).await.unwrap_err();

    assert_eq!(error.error_type, "s3");
    assert_eq!(test.rows("capacity").await[0].1, "failed");
}

#[tokio::test]
async fn what_is_missing_or_waits_too_long_is_told_once_a_day() {
    let test = TestCleanup::new().await;
    let app = test.app(now);
    call(&app, json!({"task": "stale"})).await.unwrap();
    test.leaving("mika").await;

    let mut app = test.app(later);
    app.fuse = Fuse { percent: 1, least: 0 };
    for _ in 0..2 {
        let _ = call(&app, json!({"task": "purge"})).await;
    }

    let told = test.notices().await;
    let about = |word: &str| told.iter().filter(|body| body.contains(word)).count();
    // A run of stale is missing for two days, and the family's data have been waiting as long.
    assert_eq!(
        (about("scheduled-run-missing-stale"), about("scheduled-run-backlog-purge")),
        (1, 1),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_event_of_another_kind_is_refused_and_leaves_no_run() {
    let test = TestCleanup::new().await;
    let app = test.app(later);

    for event in [json!({"task": "burn"}), json!({}), json!({"task": "purge", "until": 1}), json!("purge")] {
        let error = call(&app, event.clone()).await.unwrap_err();
        assert_eq!(error.error_type, "InvalidRequest", "{event}");
    }
    assert!(test.rows("purge").await.is_empty());
}
