//! Operators look at one family at a time, with a reason, and see nothing that it entered.

use kimochi_domain::{Caller, Failure, Identity, RecordingStatus, SupportReason, UserId};
use kimochi_store::support::{self, View};
use kimochi_store::transcription::{self, Ending};
use kimochi_store::{OperatorTransaction, users};
use kimochi_testing::{TestDatabase, now};
use serde_json::{Value, json};
use tokio_postgres::error::SqlState;

use crate::children::enter;
use crate::emotion_logs::{new, write};
use crate::support::{attempt_at, outcome, parent, requested_by, seconds_later};

/// A call of an operator.
pub(crate) fn operator() -> Caller {
    Caller {
        identity: Identity { issuer: "https://operators.example".to_owned(), subject: "op-1".to_owned() },
        request_id: "req-of-an-operator".to_owned(),
        source_address: Some("198.51.100.1".parse().unwrap()),
    }
}

/// A transaction of that operator.
pub(crate) async fn operating(db: &TestDatabase) -> OperatorTransaction {
    db.operator().operator(&operator(), seconds_later(60)).await.unwrap()
}

fn reason() -> SupportReason {
    "問い合わせ #123 への回答".parse().unwrap()
}

#[tokio::test]
async fn without_a_noted_look_no_familys_row_is_visible() {
    let db = TestDatabase::new().await;
    let mikas = requested_by(&db.api(), "mika").await;
    let rens = requested_by(&db.api(), "ren").await;
    enter(&db.api(), "ren", "れん").await;
    let seen = async |operator: &OperatorTransaction| {
        let sql = "SELECT user_id FROM recordings UNION ALL SELECT user_id FROM children UNION ALL SELECT id FROM users";
        let rows = operator.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| UserId(row.get(0))).collect::<Vec<_>>()
    };

    let operator = operating(&db).await;
    assert_eq!(seen(&operator).await, []);
    support::look_at(&operator, mikas.user_id, View::Family, &reason()).await.unwrap().unwrap();
    assert_eq!(seen(&operator).await, [mikas.user_id; 2]);
    support::look_at(&operator, rens.user_id, View::Family, &reason()).await.unwrap().unwrap();
    assert_eq!(seen(&operator).await, [rens.user_id; 3]);
    operator.commit().await.unwrap();
    assert_eq!(seen(&operating(&db).await).await, [], "the next one begins with nothing");
}

#[tokio::test]
async fn who_looked_and_why_stands_in_the_familys_story() {
    let db = TestDatabase::new().await;
    let mikas = requested_by(&db.api(), "mika").await;

    for (view, action) in [
        (View::Family, "family.view"),
        (View::JobRuns, "family.view_job_runs"),
        (View::AuditLogs, "family.view_audit_logs"),
    ] {
        let operator = operating(&db).await;
        support::look_at(&operator, mikas.user_id, view, &reason()).await.unwrap().unwrap();
        operator.commit().await.unwrap();

        let [noted] = noted(&db, action).await.try_into().unwrap();
        assert_eq!(
            noted,
            json!({
                "actor_kind": "operator",
                "actor": "op-1",
                "user_id": mikas.user_id,
                "subject_kind": "family",
                "subject_id": mikas.user_id,
                "outcome": "done",
                "request_id": "req-of-an-operator",
                "source_address": "198.51.100.1",
                "details": {"reason": "問い合わせ #123 への回答"},
            })
        );
    }
}

#[tokio::test]
async fn a_look_at_a_family_that_does_not_exist_is_noted_as_refused() {
    let db = TestDatabase::new().await;
    let nobody = UserId::new();

    let operator = operating(&db).await;
    let looked = support::look_at(&operator, nobody, View::Family, &reason()).await.unwrap();
    operator.commit().await.unwrap();

    assert_eq!(looked, None);
    let [noted] = noted(&db, "family.view").await.try_into().unwrap();
    assert_eq!((&noted["outcome"], &noted["subject_id"]), (&json!("refused"), &json!(nobody)));
    assert_eq!((&noted["user_id"], &noted["details"]), (&Value::Null, &json!({"reason": reason().as_str()})));
}

#[tokio::test]
async fn the_database_too_wants_a_reason() {
    let db = TestDatabase::new().await;
    let mikas = requested_by(&db.api(), "mika").await;

    for reason in [None, Some(""), Some("short")] {
        let operator = operating(&db).await;
        let sql = "SELECT view_family($1, 'family.view', $2)";
        let refused = operator.query_one(sql, &[&mikas.user_id.0, &reason]).await;
        assert_eq!(refused.unwrap_err().code(), Some(&SqlState::CHECK_VIOLATION), "{reason:?}");
    }
}

#[tokio::test]
async fn counts_times_and_statuses_tell_how_a_family_is() {
    let db = TestDatabase::new().await;
    let (api, worker) = (db.api(), db.worker());
    let child = enter(&api, "mika", "みか").await;
    write(&api, "mika", &new(child.id)).await;
    let heard = requested_by(&api, "mika").await;
    let broken = requested_by(&api, "mika").await;
    requested_by(&api, "ren").await;
    let attempt = attempt_at(&worker, &heard.audio_key, now()).await;
    let text = outcome(&heard, Ending::Transcribed);
    let _ = transcription::finish(&worker, &attempt, &text, seconds_later(2)).await.unwrap();
    let failed = attempt_at(&worker, &broken.audio_key, now()).await;
    let _ = transcription::fail(&worker, &failed, Failure::DamagedFile, "x", seconds_later(3)).await.unwrap();

    let operator = operating(&db).await;
    let family = support::look_at(&operator, heard.user_id, View::Family, &reason()).await.unwrap().unwrap();
    let summary = support::summarise(&operator, family).await.unwrap();
    let latest = support::latest_recordings(&operator, family, 1).await.unwrap();

    assert_eq!((summary.created_at, summary.last_activity_at), (now(), now()), "what we do is no activity");
    assert_eq!((summary.children, summary.emotion_logs), (1, 1));
    assert_eq!(summary.recordings, [(RecordingStatus::Failed, 1), (RecordingStatus::Transcribed, 1)]);
    assert_eq!((summary.left_at, summary.gone_at), (None, None));
    let [last] = latest.as_slice() else { panic!("{latest:?}") };
    assert_eq!((last.id, last.failure), (broken.id, Some(Failure::DamagedFile)));
    assert_eq!((last.finished_at, &last.job_run_ids), (Some(seconds_later(3)), &vec![failed.job_run_id]));
    drop(operator);

    users::withdraw(&api, &parent("mika"), seconds_later(4)).await.unwrap();
    let operator = operating(&db).await;
    let family = support::look_at(&operator, heard.user_id, View::Family, &reason()).await.unwrap().unwrap();
    let left = support::summarise(&operator, family).await.unwrap();
    assert_eq!((left.left_at, left.last_activity_at), (Some(seconds_later(4)), seconds_later(4)));
    assert_eq!(left.recordings, []);
}

#[tokio::test]
async fn a_familys_copy_tells_that_an_operator_looked_and_not_why() {
    let db = TestDatabase::new().await;
    let mikas = requested_by(&db.api(), "mika").await;
    let operator = operating(&db).await;
    support::look_at(&operator, mikas.user_id, View::Family, &reason()).await.unwrap().unwrap();
    operator.commit().await.unwrap();

    let family = db.api().family(&parent("mika"), now()).await.unwrap();
    let sql = "SELECT item FROM export_history() WHERE item ->> 'action' = 'family.view'";
    let looked: Value = family.query_one(sql, &[]).await.unwrap().get(0);

    assert_eq!((&looked["actor_kind"], &looked["action"]), (&json!("operator"), &json!("family.view")));
    assert_eq!((&looked["details"], &looked["source_address"]), (&Value::Null, &Value::Null));
}

/// What was noted under an action, without id and time.
pub(crate) async fn noted(db: &TestDatabase, action: &str) -> Vec<Value> {
    let sql = "
SELECT to_jsonb(a) - 'id' - 'at' - 'action' || jsonb_build_object('source_address', host(source_address))
FROM audit_logs a
WHERE action = $1
ORDER BY at, id";
    let rows = db.superuser().await.query(sql, &[&action]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
