//! What holds for every task: periods, rows, failures, the fuse, what operators are told.

use cleanup::{Answer, Fuse};
use jiff::SignedDuration;
use kimochi_blob::MediaBucket;
use kimochi_domain::JobKind;
use kimochi_notify::AlertTopic;
use kimochi_store::scheduled_runs::{self, Begun, RunEnd, Start};
use kimochi_testing::{Household, now, settings_at};
use serde_json::{Value, json};

use crate::support::{TestCleanup, call, later, numbers};

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
async fn a_report_that_stays_away_is_told_and_one_that_is_not_due_is_not() {
    let test = TestCleanup::new().await;
    let superuser = test.database.superuser().await;
    let sql = "
INSERT INTO job_runs (id, kind, subject, once_key, status, attempt, started_at, finished_at)
VALUES (gen_random_uuid(), $1, 'x', 'x', 'succeeded', 1, $2, $2)";
    for (kind, days) in [("report_daily", 2), ("report_weekly", 7), ("report_monthly", 40)] {
        let at = later() - SignedDuration::from_hours(24 * days + 1);
        superuser.execute(sql, &[&kind, &at]).await.unwrap();
    }

    call(&test.app(later), json!({"task": "stale"})).await.unwrap();

    let told = test.notices().await;
    let is_told =
        |kind: &str| told.iter().any(|body| body.contains(&format!("scheduled-run-missing-{kind}")));
    assert!(is_told("report_daily") && is_told("report_monthly") && !is_told("report_weekly"), "{told:?}");
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
