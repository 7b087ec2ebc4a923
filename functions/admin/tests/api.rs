//! The cards, on a real database and a real S3.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use admin::App;
use futures_util::future::join_all;
use kimochi_blob::MediaBucket;
use kimochi_testing::{ApiCall, ApiResponse, Household, now, settings_at};
use serde_json::{Value, json};

use crate::support::{NOWHERE, TestAdmin, send_to};

/// With a picture for `nemui`.
async fn admin_with_a_picture() -> TestAdmin {
    let admin = TestAdmin::new().await;
    admin.bucket.put("images/emotions/nemui.webp", b"picture").await;
    admin
}

impl TestAdmin {
    async fn call(&self, method: &str, name: &str, body: Option<Value>) -> ApiResponse {
        self.ask(call(method, name), body).await
    }

    async fn ask(&self, call: ApiCall, body: Option<Value>) -> ApiResponse {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.send(call.with_body(body)).await
    }

    /// What was noted of a card, in the order of the deeds' names: the clock stands still.
    async fn noted_of(&self, name: &str) -> Vec<(String, String, String)> {
        let sql = "
SELECT actor_kind, actor, action FROM audit_logs WHERE subject_kind = 'emotion' AND subject_id = $1 ORDER BY action";
        let rows = self.database.superuser().await.query(sql, &[&name]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }

    /// The names that a family can choose from.
    async fn choice(&self) -> Vec<String> {
        let family = self.database.api().family(&Household::caller_named("mika"), now()).await.unwrap();
        let cards = kimochi_store::emotions::list(&family).await.unwrap();
        cards.into_iter().map(|card| card.name.to_string()).collect()
    }
}

fn call(method: &str, name: &str) -> ApiCall {
    let path = format!("/v1/admin/emotions/{name}");
    ApiCall::recorded("admin/create_emotion").with_method(method).to(&path)
}

fn sleepy() -> Value {
    json!({"label": "ねむい", "color": "#8c7bab", "position": 13})
}

#[tokio::test]
async fn a_card_is_made_read_and_can_be_chosen() {
    let admin = admin_with_a_picture().await;

    let made = admin.call("POST", "nemui", Some(sleepy())).await;
    let read = admin.call("GET", "nemui", None).await;

    assert_eq!(made.status, 201, "{:?}", made.body);
    assert_eq!(made.headers["location"], "/v1/admin/emotions/nemui");
    assert_eq!((&made.body, &made.headers["etag"]), (&read.body, &read.headers["etag"]));
    assert_eq!(read.body["label"], "ねむい");
    assert!(read.body["retired_at"].is_null());
    assert_eq!(admin.choice().await.last().map(String::as_str), Some("nemui"));
}

#[tokio::test]
async fn repeating_the_request_makes_one_card_and_another_one_is_a_conflict() {
    let admin = admin_with_a_picture().await;

    let answers = join_all((0..5).map(|_| admin.call("POST", "nemui", Some(sleepy())))).await;
    let mut other = sleepy();
    other["label"] = json!("ねむたい");
    let other = admin.call("POST", "nemui", Some(other)).await;

    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.body), (201, &answers[0].body));
    }
    assert_eq!(other.status, 409);
    assert_eq!(admin.noted_of("nemui").await.len(), 1);
}

#[tokio::test]
async fn a_card_without_a_picture_is_not_made() {
    let admin = admin_with_a_picture().await;

    let refused = admin.call("POST", "tanoshii", Some(sleepy())).await;

    assert_eq!((refused.status.as_u16(), refused.complaints()), (422, vec!["name"]));
    assert_eq!(admin.call("GET", "tanoshii", None).await.status, 404);
}

#[tokio::test]
async fn a_card_gets_another_face_if_it_is_in_the_state_that_the_operator_knows() {
    let admin = admin_with_a_picture().await;
    let before = admin.call("GET", "ureshii", None).await;
    let etag = before.headers["etag"].to_str().unwrap().to_owned();
    let face = json!({"label": "とてもうれしい", "color": "#ffc72e", "position": 1});

    let replace = async || {
        let call = call("PUT", "ureshii").with_header("if-match", &etag);
        admin.ask(call, Some(face.clone())).await
    };
    let changed = replace().await;
    let stale = replace().await;

    assert_eq!((changed.status.as_u16(), &changed.body["label"]), (200, &face["label"]));
    assert_ne!(changed.headers["etag"].to_str().unwrap(), etag);
    assert_eq!(stale.status, 412);
}

#[tokio::test]
async fn a_card_that_no_log_names_is_deleted() {
    let admin = admin_with_a_picture().await;
    admin.call("POST", "nemui", Some(sleepy())).await;

    let removed = admin.call("DELETE", "nemui", None).await;

    assert_eq!((removed.status.as_u16(), &removed.body["outcome"]), (200, &json!("deleted")));
    assert_eq!(admin.call("GET", "nemui", None).await.status, 404);
    assert_eq!(admin.call("DELETE", "nemui", None).await.status, 404);
}

#[tokio::test]
async fn a_card_that_logs_name_is_retired_and_can_come_back() {
    let admin = admin_with_a_picture().await;
    let mika = Household::new(&admin.database, &admin.bucket, "mika").await;

    let removed = admin.call("DELETE", "ureshii", None).await;
    let again = admin.call("DELETE", "ureshii", None).await;

    assert_eq!((removed.status.as_u16(), &removed.body["outcome"]), (200, &json!("retired")));
    assert_eq!(again.body["outcome"], "retired");
    assert!(!admin.choice().await.contains(&"ureshii".to_owned()));
    let retired = admin.call("GET", "ureshii", None).await;
    assert_eq!(retired.body["retired_at"], "2026-03-31T23:30:00Z");
    let family = admin.database.api().family(&mika.caller, now()).await.unwrap();
    let log = kimochi_store::emotion_logs::find(&family, mika.log_with_voice).await.unwrap().unwrap();
    assert_eq!(log.emotion.as_str(), "ureshii", "the log keeps it");
    drop(family);
    let back = admin
        .call("PUT", "ureshii", Some(json!({"label": "うれしい", "color": "#ffc72e", "position": 1})))
        .await;
    assert!(back.body["retired_at"].is_null());
    assert_eq!(admin.choice().await.first().map(String::as_str), Some("ureshii"));
}

#[tokio::test]
async fn what_an_operator_does_is_noted_under_their_name() {
    let admin = admin_with_a_picture().await;

    admin.call("POST", "nemui", Some(sleepy())).await;
    admin.call("PUT", "nemui", Some(json!({"label": "ねむたい", "color": "#8c7bab", "position": 13}))).await;
    admin.call("DELETE", "nemui", None).await;

    let noted = admin.noted_of("nemui").await;
    let actions: Vec<_> = noted.iter().map(|(_, _, action)| action.as_str()).collect();
    assert_eq!(actions, ["emotion.create", "emotion.delete", "emotion.update"]);
    for (kind, actor, _) in &noted {
        assert_eq!((kind.as_str(), actor.as_str()), ("operator", "5f0c9c6e-0000-4000-8000-0000000000aa"));
    }
}

#[tokio::test]
async fn all_cards_are_listed_retired_ones_too() {
    let admin = admin_with_a_picture().await;
    Household::new(&admin.database, &admin.bucket, "mika").await;
    admin.call("DELETE", "ureshii", None).await;

    let list = ApiCall::recorded("admin/create_emotion").with_method("GET").to("/v1/admin/emotions");
    let list = admin.send(list).await;

    let items = list.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 12);
    assert_eq!((&items[0]["name"], items[0]["retired_at"].is_null()), (&json!("ureshii"), false));
}

#[tokio::test]
async fn what_cannot_be_a_card_is_told_field_by_field() {
    let admin = admin_with_a_picture().await;
    let face = |label: Value, color: Value, position: Value| json!({"label": label, "color": color, "position": position});

    for (name, body, named) in [
        ("nemui", face(json!(""), json!("red"), json!(0)), vec!["label", "color", "position"]),
        ("nemui", face(json!("あ".repeat(21)), json!("#8c7bab"), json!(1)), vec!["label"]),
        ("nemui", face(json!("a\u{0}"), json!("#8c7bab"), json!(1)), vec!["label"]),
        ("nemui", face(json!("あ"), json!("#8c7bab"), json!(1.5)), vec!["position"]),
        ("nemui", json!({"label": "あ", "color": "#8c7bab", "position": 1, "size": 2}), vec!["size"]),
        ("nemui", json!([]), vec!["body"]),
        ("Nemui", sleepy(), vec!["name"]),
        ("..%2Fx", sleepy(), vec!["name"]),
    ] {
        for method in ["POST", "PUT"] {
            let refused = admin.call(method, name, Some(body.clone())).await;
            assert_eq!(
                (refused.status.as_u16(), refused.complaints()),
                (422, named.clone()),
                "{method} {body}"
            );
        }
    }
}

#[tokio::test]
async fn a_log_that_is_being_written_keeps_its_card() {
    let admin = admin_with_a_picture().await;
    let superuser = admin.database.superuser().await;
    let mika = Household::new(&admin.database, &admin.bucket, "mika").await;
    admin.call("POST", "nemui", Some(sleepy())).await;
    let write = format!(
        "
BEGIN;
INSERT INTO emotion_logs (id, user_id, child_id, emotion, intensity, felt_at, created_at, updated_at)
VALUES (gen_random_uuid(), '{}', '{}', 'nemui', 1, now(), now(), now())",
        mika.id, mika.child
    );
    superuser.batch_execute(&write).await.unwrap();

    let (removed, ()) = tokio::join!(admin.call("DELETE", "nemui", None), async {
        admin.database.wait_until_somebody_waits().await;
        superuser.batch_execute("COMMIT").await.unwrap();
    });

    assert_eq!(removed.body["outcome"], "retired");
}

#[tokio::test]
async fn nobody_is_let_in_without_a_verified_token() {
    let admin = admin_with_a_picture().await;

    for method in ["GET", "POST", "PUT", "DELETE"] {
        let refused = admin.ask(call(method, "ureshii").by_nobody(), Some(sleepy())).await;
        assert_eq!(refused.status, 401, "{method}");
    }
}

#[tokio::test]
async fn without_s3_no_card_is_made_and_the_answer_says_to_try_again() {
    let admin = admin_with_a_picture().await;
    let bucket = MediaBucket::new(&settings_at(NOWHERE), "none");
    let app = App { bucket, ..admin.app() };

    let answer = send_to(app, call("POST", "nemui").with_body(sleepy().to_string())).await;

    assert_eq!(answer.status, 503);
}
