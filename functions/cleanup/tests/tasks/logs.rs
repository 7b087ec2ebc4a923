//! Sealing, archiving and verifying, as the schedules call for it. What becomes of each row is tested in `kimochi-retention`.

use cleanup::Fuse;
use jiff::{SignedDuration, Timestamp};
use kimochi_testing::{Household, now};
use serde_json::{Value, json};

use crate::support::{TestCleanup, call, call_for, later, numbers};

fn in_seven_months() -> Timestamp {
    now() + SignedDuration::from_hours(24 * 210)
}

/// Two families have done something, and their day is sealed.
async fn sealed() -> TestCleanup {
    let test = TestCleanup::new().await;
    for name in ["mika", "ren"] {
        Household::new(&test.database, &test.bucket, name).await;
    }
    let sealed = numbers(call(&test.app(later), json!({"task": "seal"})).await.unwrap());
    assert_eq!((&sealed["days"], &sealed["complete"]), (&json!(2), &json!(true)), "{sealed}");
    test
}

async fn count(test: &TestCleanup, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    test.database.superuser().await.query_one(&sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn rows_that_are_old_enough_go_to_the_bucket_and_can_be_verified_there() {
    let test = sealed().await;
    let audit_rows = count(&test, "audit_logs").await;
    let app = test.app(in_seven_months);

    let rehearsal = numbers(call(&app, json!({"task": "retention", "dry_run": true})).await.unwrap());
    assert_eq!(rehearsal["would_go"]["audit_logs"]["rows"], audit_rows, "{rehearsal}");
    assert_eq!(count(&test, "audit_logs").await, audit_rows);
    let done = numbers(call(&app, json!({"task": "retention"})).await.unwrap());
    let verified = numbers(call(&app, json!({"task": "verify"})).await.unwrap());

    assert_eq!((&done["audit_logs"]["removed"], count(&test, "audit_logs").await), (&json!(audit_rows), 0));
    // Two transcriptions, and the run that sealed; those of today stay.
    assert_eq!(done["job_runs"]["removed"], 3, "{done}");
    assert_eq!((&verified["rows"], &verified["problems"]), (&json!(audit_rows), &json!([])), "{verified}");
    assert!(test.notices().await.is_empty());
}

#[tokio::test]
async fn a_changed_row_is_told_by_retention_and_by_verify_but_not_to_who_only_asks() {
    let test = sealed().await;
    let change = "
ALTER TABLE audit_logs DISABLE TRIGGER USER;
UPDATE audit_logs SET action = 'child.delete' WHERE id = (SELECT id FROM audit_logs ORDER BY at, id LIMIT 1)";
    test.database.superuser().await.batch_execute(change).await.unwrap();
    let app = test.app(in_seven_months);

    let asked = numbers(call(&app, json!({"task": "verify", "dry_run": true})).await.unwrap());
    assert!(test.notices().await.is_empty());
    let verified = numbers(call(&app, json!({"task": "verify"})).await.unwrap());
    let archived = numbers(call(&app, json!({"task": "retention"})).await.unwrap());

    assert_eq!(
        (&asked["problems"][0]["kind"], &asked["problems"]),
        (&json!("changed_row"), &verified["problems"])
    );
    assert_eq!(archived["audit_logs"]["broken_days"].as_array().unwrap().len(), 1, "{archived}");
    let told = test.notices().await;
    assert_eq!(told.iter().filter(|body| body.contains("audit_log_changed")).count(), 2, "{told:?}");
    assert!(!told.iter().any(|body| body.contains("retention_behind")), "time was not short: {told:?}");
}

#[tokio::test]
async fn the_fuse_holds_logs_too() {
    let test = sealed().await;
    let audit_rows = count(&test, "audit_logs").await;
    let mut app = test.app(in_seven_months);
    app.fuse = Fuse { percent: 20, least: 0 };

    let error = call(&app, json!({"task": "retention"})).await.unwrap_err();

    assert_eq!(error.error_type, "fuse_blown");
    assert_eq!(count(&test, "audit_logs").await, audit_rows);
    let allowed = numbers(call(&app, json!({"task": "retention", "allow_large": true})).await.unwrap());
    assert_eq!(allowed["audit_logs"]["removed"], audit_rows);
}

#[tokio::test]
async fn something_else_in_the_place_of_an_archive_stops_the_run_and_is_told_at_once() {
    let test = sealed().await;
    let audit_rows = count(&test, "audit_logs").await;
    let app = test.app(in_seven_months);
    // The archive comes to the bucket, and its rows stay where they are.
    let function = "EXECUTE ON FUNCTION remove_archived_audit_logs(archives, timestamptz[], uuid[], bytea[])";
    let superuser = test.database.superuser().await;
    superuser.batch_execute(&format!("REVOKE {function} FROM kimochi_cleanup")).await.unwrap();
    assert_eq!(call(&app, json!({"task": "retention"})).await.unwrap_err().error_type, "retention");
    superuser.batch_execute(&format!("GRANT {function} TO kimochi_cleanup")).await.unwrap();
    let archives = test.bucket.versions("archive/audit_logs/").await;
    let archive = archives.iter().find(|key| key.ends_with(".gz")).unwrap();
    test.bucket.put(archive, b"something else").await;

    let error = call(&app, json!({"task": "retention"})).await.unwrap_err();

    assert_eq!(error.error_type, "archive_conflict");
    assert_eq!(count(&test, "audit_logs").await, audit_rows);
    let told = test.notices().await;
    assert_eq!(told.iter().filter(|body| body.contains("archive_conflict")).count(), 1, "{told:?}");
}

#[tokio::test]
async fn a_verification_without_time_says_where_the_next_one_begins() {
    let test = sealed().await;
    let app = test.app(later);

    let none = call_for(&app, json!({"task": "verify"}), SignedDuration::from_secs(1)).await.unwrap();
    let mut next = test.app(in_seven_months);
    let rest = numbers(call(&next, json!({"task": "verify"})).await.unwrap());

    let none = numbers(none);
    assert_eq!((&none["days"], none["next_day"].is_string()), (&json!(0), true), "{none}");
    assert_eq!((&rest["days"], &rest["next_day"]), (&json!(2), &Value::Null), "{rest}");
    next.clock = || in_seven_months() + SignedDuration::from_hours(24);
    let from = json!({"task": "verify", "from": rest["last_day"]});
    assert_eq!(numbers(call(&next, from).await.unwrap())["days"], 1);
}

#[tokio::test]
async fn a_day_that_no_invocation_gets_through_is_a_failure_and_no_standstill() {
    let test = sealed().await;
    let event = json!({"task": "verify", "dry_run": true, "from": "2026-04-01"});

    let error = call_for(&test.app(later), event, SignedDuration::from_secs(1)).await.unwrap_err();

    assert_eq!(error.error_type, "out_of_time");
}
