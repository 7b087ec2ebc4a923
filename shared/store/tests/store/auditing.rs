//! What people do is written down by the database itself, and stays.

use kimochi_store::audit::{self, Subject};
use kimochi_testing::{TestDatabase, now};
use tokio_postgres::error::SqlState;

use crate::support::{parent, requested_by};

#[tokio::test]
async fn a_new_recording_is_noted_with_who_when_and_whence() {
    let db = TestDatabase::new().await;

    let recording = requested_by(&db.api(), "mika").await;

    let rows = audit_rows(&db).await;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(row.action, "recording.create");
    assert_eq!((row.actor_kind.as_str(), row.outcome.as_str()), ("parent", "done"));
    assert_eq!(row.subject_id.as_deref(), Some(recording.id.to_string().as_str()));
    assert_eq!(row.user_id, Some(recording.user_id.0));
    assert_eq!(row.request_id.as_deref(), Some("req-of-a-parent"));
    assert_eq!(row.source_address, Some("192.0.2.1".parse().unwrap()));
    assert_eq!(row.at, now());
}

#[tokio::test]
async fn what_was_rolled_back_was_not_done() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let family = api.family(&parent("mika"), now()).await.unwrap();
    audit::note_access(&family, "recording.play", Subject::Recording(kimochi_domain::RecordingId::new()))
        .await
        .unwrap();

    drop(family);
    api.ping().await.unwrap();

    assert!(audit_rows(&db).await.is_empty());
}

#[tokio::test]
async fn asking_for_another_familys_recording_is_noted_and_for_none_is_not() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let mikas = requested_by(&api, "mika").await;

    for id in [mikas.id, kimochi_domain::RecordingId::new()] {
        let family = api.family(&parent("ren"), now()).await.unwrap();
        family.refuse(Subject::Recording(id)).await.unwrap();
    }

    let rows = audit_rows(&db).await;
    let refused: Vec<_> = rows.iter().filter(|row| row.outcome == "refused").collect();
    assert_eq!(refused.len(), 1, "{rows:?}");
    assert_eq!(refused[0].action, "recording.access");
    assert_eq!(refused[0].subject_id.as_deref(), Some(mikas.id.to_string().as_str()));
    assert_ne!(refused[0].user_id, Some(mikas.user_id.0), "who asked, not whose it is");
}

#[tokio::test]
async fn nobody_changes_or_removes_what_was_written() {
    let db = TestDatabase::new().await;
    requested_by(&db.api(), "mika").await;

    for database in [db.api(), db.worker(), db.owner()] {
        for sql in [
            "UPDATE audit_logs SET action = 'x.y'",
            "DELETE FROM audit_logs",
            "TRUNCATE audit_logs",
            "TRUNCATE audit_logs_other_months",
        ] {
            let error = database.client().await.unwrap().batch_execute(sql).await.expect_err(sql);
            assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
        }
    }
    assert_eq!(audit_rows(&db).await.len(), 1);
}

#[tokio::test]
async fn a_family_cannot_write_into_anothers_story_nor_read_its_own() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let mikas = requested_by(&api, "mika").await;

    let family = api.family(&parent("ren"), now()).await.unwrap();
    let forge = "
INSERT INTO audit_logs (id, at, actor_kind, user_id, action, subject_kind, outcome)
VALUES (gen_random_uuid(), now(), 'parent', $1, 'child.delete', 'child', 'done')";
    let forged = family.execute(forge, &[&mikas.user_id.0]).await;
    assert_eq!(forged.unwrap_err().code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    drop(family);

    let family = api.family(&parent("ren"), now()).await.unwrap();
    let read = family.query("SELECT id FROM audit_logs", &[]).await;
    assert_eq!(read.unwrap_err().code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}

#[tokio::test]
async fn each_month_has_its_partition_and_a_month_without_one_loses_nothing() {
    let db = TestDatabase::new().await;
    let owner = db.owner().client().await.unwrap();
    owner.execute("SELECT prepare_audit_months($1, 2)", &[&now()]).await.unwrap();

    for (at, partition) in [
        ("2026-03-31T23:59:59.999999Z", "audit_logs_2026_03"),
        ("2026-04-01T00:00:00Z", "audit_logs_2026_04"),
        ("2001-01-01T00:00:00Z", "audit_logs_other_months"),
    ] {
        let insert = "
INSERT INTO audit_logs (id, at, actor_kind, action, subject_kind, outcome)
VALUES (uuid_of($1), $1, 'function', 'a.b', 'a', 'done')
RETURNING tableoid::regclass::text";
        let at: jiff::Timestamp = at.parse().unwrap();
        let row = owner.query_one(insert, &[&at]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), partition, "{at}");
    }
    owner.execute("SELECT prepare_audit_months($1, 2)", &[&now()]).await.unwrap();
    let old: jiff::Timestamp = "2001-01-15T00:00:00Z".parse().unwrap();
    owner.execute("SELECT prepare_audit_months($1, 1)", &[&old]).await.unwrap();
}

#[tokio::test]
async fn a_uuid_made_for_a_moment_holds_that_moment() {
    let db = TestDatabase::new().await;

    let row = db.superuser().await.query_one("SELECT uuid_of($1)", &[&now()]).await.unwrap();

    let id: uuid::Uuid = row.get(0);
    assert_eq!(id.get_version_num(), 7);
    assert_eq!(id.get_timestamp().unwrap().to_unix().0, u64::try_from(now().as_second()).unwrap());
}

#[derive(Debug)]
struct AuditRow {
    at: jiff::Timestamp,
    actor_kind: String,
    user_id: Option<uuid::Uuid>,
    action: String,
    subject_id: Option<String>,
    outcome: String,
    request_id: Option<String>,
    source_address: Option<std::net::IpAddr>,
}

async fn audit_rows(db: &TestDatabase) -> Vec<AuditRow> {
    let sql = "
SELECT at, actor_kind, user_id, action, subject_id, outcome, request_id, source_address
FROM audit_logs
ORDER BY at, id";
    let rows = db.superuser().await.query(sql, &[]).await.unwrap();
    rows.iter()
        .map(|row| AuditRow {
            at: row.get("at"),
            actor_kind: row.get("actor_kind"),
            user_id: row.get("user_id"),
            action: row.get("action"),
            subject_id: row.get("subject_id"),
            outcome: row.get("outcome"),
            request_id: row.get("request_id"),
            source_address: row.get("source_address"),
        })
        .collect()
}
