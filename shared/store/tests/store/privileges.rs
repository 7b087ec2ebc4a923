//! Each role can do its own work, and nothing else.

use kimochi_store::Database;
use kimochi_testing::{TestDatabase, now};
use tokio_postgres::error::SqlState;

use crate::children::enter;
use crate::emotion_logs::{new, write};
use crate::support::{attempt_at, parent, requested_by};

#[tokio::test]
async fn the_api_writes_no_outcome_and_sees_no_job_run() {
    let db = TestDatabase::new().await;
    let api = db.api();
    requested_by(&api, "mika").await;

    for sql in [
        "UPDATE recordings SET transcript = 'x'",
        "UPDATE recordings SET status = 'expired'",
        "DELETE FROM recordings",
        "SELECT lease_until FROM recordings",
        "SELECT id FROM job_runs",
        "INSERT INTO users (id, issuer, subject, created_at) VALUES (gen_random_uuid(), 'a', 'b', now())",
        "SELECT issuer FROM users",
        "INSERT INTO audit_logs (id, at, actor_kind, action, subject_kind, outcome)
            VALUES (gen_random_uuid(), now(), 'operator', 'a.b', 'a', 'done')",
        "UPDATE emotions SET label = 'x'",
        "DELETE FROM children",
        "UPDATE children SET user_id = gen_random_uuid()",
        "DELETE FROM emotion_logs",
        "UPDATE emotion_logs SET child_id = gen_random_uuid()",
        "DELETE FROM users",
        "SELECT day FROM audit_seals",
        "SELECT key FROM archives",
        "SELECT * FROM refinery_schema_history",
        "SELECT busiest_actors(now(), now(), 1)",
        "CREATE TABLE mine (id int)",
    ] {
        let family = api.family(&parent("mika"), now()).await.unwrap();
        let error = family.batch_execute(sql).await.expect_err(sql);
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
    }
}

#[tokio::test]
async fn the_worker_makes_no_recording_and_reads_no_transcript() {
    let db = TestDatabase::new().await;
    let worker = db.worker();
    let recording = requested_by(&db.api(), "mika").await;
    attempt_at(&worker, &recording.audio_key, now()).await;

    for sql in [
        "INSERT INTO recordings (id) VALUES (gen_random_uuid())",
        "DELETE FROM recordings",
        "SELECT transcript FROM recordings",
        "UPDATE recordings SET user_id = gen_random_uuid()",
        "UPDATE recordings SET audio_key = 'x'",
        "SELECT id FROM users",
        "SELECT id FROM children",
        "SELECT id FROM emotion_logs",
        "SELECT key FROM idempotency_keys",
        "SELECT id FROM audit_logs",
        "SELECT open_family(gen_random_uuid(), 'a', 'b', now(), NULL, NULL)",
        "SELECT sign_in(gen_random_uuid(), 'a', 'b', now())",
        "UPDATE job_runs SET subject = 'x'",
        "DELETE FROM job_runs",
        "SELECT busiest_actors(now(), now(), 1)",
        "SELECT * FROM refinery_schema_history",
        "CREATE TABLE mine (id int)",
    ] {
        refused(&worker, sql).await;
    }
}

#[tokio::test]
async fn the_cleanup_reaches_nothing_that_a_family_still_has() {
    let db = TestDatabase::new().await;
    let recording = requested_by(&db.api(), "mika").await;
    let child = enter(&db.api(), "mika", "みか").await;
    attempt_at(&db.worker(), &recording.audio_key, now()).await;
    write(&db.api(), "mika", &new(child.id)).await;
    let superuser = db.superuser().await;
    let answer = "
INSERT INTO idempotency_keys (user_id, key, fingerprint, created_at) SELECT id, 'k', sha256(''), now() FROM users";
    superuser.batch_execute(answer).await.unwrap();
    let cleanup = db.cleanup();

    let client = cleanup.client().await.unwrap();
    for table in ["emotion_logs", "job_runs", "recordings", "children", "idempotency_keys"] {
        assert_eq!(client.execute(&format!("DELETE FROM {table}"), &[]).await.unwrap(), 0, "{table}");
        let rows = superuser.query(&format!("SELECT FROM {table}"), &[]).await.unwrap();
        assert_eq!(rows.len(), 1, "{table}");
    }
    let tombstone = "UPDATE users SET issuer = NULL, subject = NULL, gone_at = now()";
    assert_eq!(client.execute(tombstone, &[]).await.unwrap(), 0);
    drop(client);

    for sql in [
        "SELECT transcript FROM recordings",
        "SELECT nickname FROM children",
        "SELECT note FROM emotion_logs",
        "SELECT body FROM idempotency_keys",
        "SELECT subject FROM users",
        "SELECT id FROM audit_logs",
        "UPDATE recordings SET deleted_at = now()",
        "UPDATE users SET leaving_at = now()",
        "DELETE FROM users",
        "DELETE FROM emotions",
        "DELETE FROM audit_logs",
        "UPDATE audit_seals SET rows = 0",
        "DELETE FROM audit_seals",
        "DELETE FROM audit_seal_rows",
        "SELECT id FROM audit_late_rows",
        "INSERT INTO audit_closings (closed_until, closed_at) VALUES (now(), now())",
        "INSERT INTO archives (key) VALUES ('x')",
        "DELETE FROM archives",
        "SELECT archive_line('{}')",
        "SELECT misuse_sign('parent', 'recording.play', 'done')",
        "SELECT prepare_audit_months(now(), 1)",
        "SELECT audit('a.b', 'a', 'b')",
        "CREATE TABLE mine (id int)",
    ] {
        refused(&cleanup, sql).await;
    }
}

#[tokio::test]
async fn an_operator_reads_nothing_that_a_family_entered_and_changes_nothing_of_it() {
    let db = TestDatabase::new().await;
    let mikas = requested_by(&db.api(), "mika").await.user_id;
    let operator = db.operator();

    for sql in [
        "SELECT transcript FROM recordings",
        "SELECT quality_reasons FROM recordings",
        "SELECT audio_key FROM recordings",
        "SELECT text_key FROM recordings",
        "SELECT * FROM recordings",
        "SELECT nickname FROM children",
        "SELECT birth_date FROM children",
        "SELECT gender FROM children",
        "SELECT note FROM emotion_logs",
        "SELECT emotion FROM emotion_logs",
        "SELECT issuer FROM users",
        "SELECT subject FROM users",
        "SELECT key FROM idempotency_keys",
        "SELECT once_key FROM job_runs",
        "UPDATE recordings SET status = 'uploaded'",
        "SELECT id FROM recordings FOR UPDATE",
        "DELETE FROM recordings",
        "UPDATE job_runs SET status = 'failed'",
        "DELETE FROM job_runs",
        "INSERT INTO audit_logs (id, at, actor_kind, action, subject_kind, outcome)
            VALUES (gen_random_uuid(), now(), 'parent', 'a.b', 'a', 'done')",
        "UPDATE audit_logs SET actor = 'x'",
        "DELETE FROM audit_logs",
        "SELECT id FROM audit_logs_other_months",
        "SELECT audit_for(NULL, 'a.b', 'a', 'b', 'done', NULL)",
        "SELECT export_history()",
        "SELECT busiest_actors(now(), now(), 1)",
        "UPDATE emotions SET name = 'x'",
        "UPDATE intensities SET percent = 1",
        "SELECT open_family(gen_random_uuid(), 'a', 'b', now(), NULL, NULL)",
        "CREATE TABLE mine (id int)",
    ] {
        // The family is open, so that nothing is refused for another reason.
        let look = format!("BEGIN; SELECT view_family('{mikas}', 'family.view', 'a reason for it')");
        operator.client().await.unwrap().batch_execute(&look).await.unwrap();
        refused(&operator, sql).await;
        operator.client().await.unwrap().batch_execute("ROLLBACK").await.unwrap();
    }
}

#[tokio::test]
async fn the_report_counts_and_reads_nothing_of_a_family() {
    let db = TestDatabase::new().await;
    let recording = requested_by(&db.api(), "mika").await;
    attempt_at(&db.worker(), &recording.audio_key, now()).await;
    let report = db.report();

    for sql in [
        "SELECT id FROM users",
        "SELECT id FROM recordings",
        "SELECT transcript FROM recordings",
        "SELECT id FROM children",
        "SELECT id FROM emotion_logs",
        "SELECT key FROM idempotency_keys",
        "SELECT id FROM audit_logs",
        "SELECT key FROM archives",
        "SELECT error FROM job_runs",
        "UPDATE job_runs SET kind = 'x'",
        "DELETE FROM job_runs",
        "INSERT INTO job_runs (id, kind, subject, status, attempt, started_at)
            VALUES (gen_random_uuid(), 'purge', 'x', 'running', 1, now())",
        "SELECT rough_count('users')",
        "SELECT audit('a.b', 'a', 'b')",
        "SELECT view_family(gen_random_uuid(), 'family.view', 'a reason for it')",
        "CREATE TABLE mine (id int)",
    ] {
        refused(&report, sql).await;
    }
    let seen = report.client().await.unwrap().query("SELECT id FROM job_runs", &[]).await.unwrap();
    assert_eq!(seen.len(), 0, "the run of transcribe is none of its business");
}

#[tokio::test]
async fn the_roles_are_below_row_level_security_and_everything_belongs_to_the_owner() {
    let db = TestDatabase::new().await;
    let superuser = db.superuser().await;

    let roles = "
SELECT rolname::text FROM pg_roles
WHERE rolname LIKE 'kimochi%' AND rolname <> 'kimochi_owner'
    AND rolcanlogin AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)
ORDER BY rolname";
    let roles = superuser.query(roles, &[]).await.unwrap();
    let strangers = "
SELECT relname::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relowner <> 'kimochi_owner'::regrole";
    let strangers = superuser.query(strangers, &[]).await.unwrap();
    let open = "
SELECT relname::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relrowsecurity
    AND relname <> 'refinery_schema_history'";
    let open = superuser.query(open, &[]).await.unwrap();

    let names = |rows: Vec<tokio_postgres::Row>| rows.iter().map(|row| row.get(0)).collect::<Vec<String>>();
    assert_eq!(
        names(roles),
        ["kimochi_api", "kimochi_cleanup", "kimochi_operator", "kimochi_report", "kimochi_worker"]
    );
    assert_eq!(names(strangers), [""; 0]);
    assert_eq!(names(open), [""; 0], "tables without row-level security");
}

async fn refused(db: &Database, sql: &str) {
    let error = db.client().await.unwrap().batch_execute(sql).await.expect_err(sql);
    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
}
