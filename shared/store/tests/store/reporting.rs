//! What reports are made from.

use jiff::SignedDuration;
use kimochi_store::reports::{self, Statements};
use kimochi_testing::{TestDatabase, now};

#[tokio::test]
async fn a_server_without_statistics_of_statements_says_so() {
    let db = TestDatabase::new().await;

    assert_eq!(reports::statements(&db.report(), 10).await.unwrap(), Statements::NotThere);
}

/// A table in the extension's place, which the PostgreSQL of the tests does not have.
const STATISTICS: &str = "
CREATE TABLE pg_stat_statements AS
SELECT (SELECT oid FROM pg_database WHERE datname = current_database()) AS dbid, query, calls, total_exec_time, rows
FROM (VALUES
    ('-- recordings::find' || chr(10) || 'SELECT id FROM recordings WHERE id = $1', 10::bigint, 50.0::float8, 10::bigint),
    ('-- emotion_logs::write::insert' || chr(10) || 'INSERT INTO emotion_logs VALUES ($1)', 2, 400, 2),
    ('SELECT nickname, ''みか'' FROM children WHERE id = $1', 5, 20, 5),
    ('UPDATE  recordings SET status = $1', 1, 10, 1),
    ('BEGIN', 100, 1, 0)
) AS statements (query, calls, total_exec_time, rows);
GRANT SELECT ON pg_stat_statements TO PUBLIC;";

#[tokio::test]
async fn statements_are_told_by_name_and_never_by_their_text() {
    let db = TestDatabase::new().await;
    let superuser = db.superuser().await;
    superuser.batch_execute(STATISTICS).await.unwrap();

    let statements = reports::statements(&db.report(), 10).await.unwrap();

    let Statements::Known(known) = statements else { panic!("{statements:?}") };
    let told: Vec<_> =
        known.iter().map(|row| (row.name.as_str(), row.calls, row.mean_ms, row.total_ms)).collect();
    assert_eq!(
        told,
        [
            ("emotion_logs::write::insert", 2, 200.0, 400.0),
            ("recordings::find", 10, 5.0, 50.0),
            // The server has dropped the comment.
            ("SELECT children", 5, 4.0, 20.0),
            ("UPDATE recordings", 1, 10.0, 10.0),
            ("BEGIN", 100, 0.01, 1.0),
        ]
    );
}

#[tokio::test]
async fn statements_that_are_hidden_from_the_owner_are_told_as_hidden() {
    let db = TestDatabase::new().await;
    let superuser = db.superuser().await;
    superuser.batch_execute(STATISTICS).await.unwrap();
    let hide = "UPDATE pg_stat_statements SET query = '<insufficient privilege>' WHERE query = 'BEGIN'";
    superuser.execute(hide, &[]).await.unwrap();

    assert_eq!(reports::statements(&db.report(), 10).await.unwrap(), Statements::Hidden);
}

#[tokio::test]
async fn an_error_is_told_by_its_code_without_the_detail() {
    let db = TestDatabase::new().await;
    let superuser = db.superuser().await;
    let run = "
INSERT INTO job_runs (id, kind, subject, status, attempt, started_at, finished_at, error)
VALUES (gen_random_uuid(), $1, 'x', 'failed', 1, $2, $2, $3)";
    for (kind, error) in [
        ("purge", "sandbox_lost: the run"),
        ("purge", "sandbox_lost"),
        ("stale", "ひみつ"),
        ("watch", "a: b"),
    ] {
        superuser.execute(run, &[&kind, &now(), &error]).await.unwrap();
    }

    let range = now()..now() + SignedDuration::from_secs(1);
    let runs = reports::job_runs(&db.report(), &range).await.unwrap();

    let told: Vec<_> = runs.iter().map(|row| (row.kind.as_str(), row.code.as_deref(), row.runs)).collect();
    assert_eq!(told, [("purge", Some("sandbox_lost"), 2), ("stale", None, 1)]);
}

#[tokio::test]
async fn the_first_and_the_last_count_of_the_bucket_are_told() {
    let db = TestDatabase::new().await;
    let superuser = db.superuser().await;
    let run = "
INSERT INTO job_runs (id, kind, subject, once_key, status, attempt, started_at, finished_at, details)
VALUES (gen_random_uuid(), 'capacity', $1, $1, 'succeeded', 1, $2, $2, jsonb_build_object('bytes', $3::int))";
    for (day, bytes) in [(0, 1), (1, 2), (2, 3), (3, 4)] {
        let at = now() + SignedDuration::from_hours(24 * day);
        superuser.execute(run, &[&day.to_string(), &at, &bytes]).await.unwrap();
    }

    let range = now() + SignedDuration::from_hours(24)..now() + SignedDuration::from_hours(72);
    let [first, last] = reports::capacity(&db.report(), &range).await.unwrap().unwrap();

    assert_eq!((&first.1["bytes"], &last.1["bytes"]), (&2.into(), &3.into()));
    assert_eq!(reports::capacity(&db.report(), &(range.end..range.end)).await.unwrap(), None);
}
