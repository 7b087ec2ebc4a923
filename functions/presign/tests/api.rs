//! The routes on a real database; signing needs no S3.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use axum::Router;
use jiff::tz::TimeZone;
use kimochi_blob::UrlSigner;
use kimochi_environment::Environment;
use kimochi_runtime::aws;
use kimochi_testing::{ApiCall, ApiResponse, TestDatabase, now};
use presign::{App, routes};
use serde_json::{Value, json};

struct TestApi {
    database: TestDatabase,
    router: Router,
}

impl TestApi {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let app = App {
            database: database.api(),
            urls: UrlSigner::new(&aws::settings(&mut Environment::from_lookup(variable)), "media"),
            time_zone: TimeZone::get("Asia/Tokyo").unwrap(),
            clock: now,
        };
        Self { router: kimochi_api::finish(routes(app)), database }
    }

    async fn upload(&self, body: &Value) -> ApiResponse {
        upload().with_body(body.to_string()).send(&self.router).await
    }

    /// The id of a new recording.
    async fn recording(&self) -> String {
        let response = self.upload(&webm()).await;
        response.body["recording"]["id"].as_str().unwrap().to_owned()
    }
}

/// Credentials that never meet AWS.
fn variable(name: &str) -> Option<String> {
    match name {
        "AWS_REGION" => Some("ap-northeast-1".to_owned()),
        "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("example".to_owned()),
        _ => None,
    }
}

fn upload() -> ApiCall {
    ApiCall::recorded("presign/create_upload")
}

fn webm() -> Value {
    json!({"content_type": "audio/webm;codecs=opus", "size_bytes": 14_664})
}

#[tokio::test]
async fn an_upload_is_a_requested_recording_and_a_url_for_that_one_file() {
    let api = TestApi::new().await;

    let response = api.upload(&webm()).await;

    assert_eq!(response.status, 201);
    assert_eq!(response.headers["cache-control"], "no-store");
    let recording = &response.body["recording"];
    assert_eq!(recording["status"], "requested");
    assert_eq!(recording["content_type"], "audio/webm");
    let upload = &response.body["upload"];
    assert_eq!(upload["method"], "PUT");
    assert_eq!(upload["headers"]["content-type"], "audio/webm");
    assert_eq!(upload["headers"]["content-length"], "14664");
    assert_eq!(upload["headers"]["if-none-match"], "*");
    assert_eq!(upload["expires_at"], "2026-03-31T23:33:00Z");
    let url = upload["url"].as_str().unwrap();
    assert!(url.starts_with("https://media.s3.ap-northeast-1.amazonaws.com/audio/"), "{url}");
    assert!(url.contains("/audio_20260401_083000_"), "stamped in Tokyo: {url}");
    assert!(
        url.contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match"),
        "{url}"
    );
}

#[tokio::test]
async fn a_digest_becomes_a_signed_checksum() {
    let api = TestApi::new().await;
    let mut body = webm();
    body["sha256"] = json!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    let response = api.upload(&body).await;

    let upload = &response.body["upload"];
    assert_eq!(upload["headers"]["x-amz-checksum-sha256"], "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    let url = upload["url"].as_str().unwrap();
    assert!(url.contains("x-amz-checksum-sha256&"), "signed as a header: {url}");
    assert!(!url.contains("x-amz-sdk-checksum-algorithm"), "no stray checksum: {url}");
}

#[tokio::test]
async fn what_would_not_be_taken_is_refused_field_by_field() {
    let api = TestApi::new().await;

    for (body, fields) in [
        (json!({"content_type": "audio/mpeg", "size_bytes": 1}), vec!["content_type"]),
        (json!({"content_type": "", "size_bytes": 1}), vec!["content_type"]),
        (json!({"content_type": "audio/wav", "size_bytes": 0}), vec!["size_bytes"]),
        (json!({"content_type": "audio/wav", "size_bytes": -5}), vec!["size_bytes"]),
        (json!({"content_type": "audio/wav", "size_bytes": 10 * 1024 * 1024 + 1}), vec!["size_bytes"]),
        (json!({"content_type": "audio/wav", "size_bytes": "12"}), vec!["size_bytes"]),
        (json!({"content_type": 7, "size_bytes": 12}), vec!["content_type"]),
        (json!({"content_type": "audio/wav", "size_bytes": 1, "sha256": "abc"}), vec!["sha256"]),
        (
            json!({"content_type": "text/plain", "size_bytes": 0, "sha256": ""}),
            vec!["content_type", "size_bytes", "sha256"],
        ),
    ] {
        let response = api.upload(&body).await;

        assert_eq!(response.status, 422, "{body}");
        assert_eq!(response.headers["content-type"], "application/problem+json");
        assert_eq!(response.complaints(), fields, "{body}");
    }
}

#[tokio::test]
async fn the_largest_file_is_taken() {
    let api = TestApi::new().await;

    let response = api.upload(&json!({"content_type": "audio/wav", "size_bytes": 10 * 1024 * 1024})).await;

    assert_eq!(response.status, 201);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_a_400_and_another_type_a_415() {
    let api = TestApi::new().await;

    for body in ["", "{", "content_type=audio/wav"] {
        assert_eq!(upload().with_body(body).send(&api.router).await.status, 400, "{body}");
    }
    let form = upload().with_header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(form.send(&api.router).await.status, 415);
    let huge = upload().with_body(format!("\"{}\"", "x".repeat(70_000)));
    assert_eq!(huge.send(&api.router).await.status, 413);
}

#[tokio::test]
async fn the_same_idempotency_key_gives_the_same_recording_and_a_fresh_url() {
    let api = TestApi::new().await;
    let call = upload().with_header("idempotency-key", "take-1");

    let first = call.clone().send(&api.router).await;
    let second = call.send(&api.router).await;

    assert_eq!(second.status, 201);
    assert_eq!(first.body["recording"]["id"], second.body["recording"]["id"]);
    assert!(second.body["upload"]["url"].as_str().unwrap().contains("X-Amz-Signature="));
}

#[tokio::test]
async fn the_same_idempotency_key_with_another_body_is_a_422() {
    let api = TestApi::new().await;
    let call = upload().with_header("idempotency-key", "take-1");
    call.clone().send(&api.router).await;

    let other = json!({"content_type": "audio/webm", "size_bytes": 1}).to_string();
    let response = call.with_body(other).send(&api.router).await;

    assert_eq!(response.status, 422);
    assert_eq!(response.complaints(), ["Idempotency-Key"]);
}

#[tokio::test]
async fn the_idempotency_key_of_a_recording_that_was_deleted_is_a_410() {
    let api = TestApi::new().await;
    let call = upload().with_header("idempotency-key", "take-1");
    call.clone().send(&api.router).await;
    let delete = "UPDATE recordings SET deleted_at = now()";
    api.database.superuser().await.batch_execute(delete).await.unwrap();

    let response = call.send(&api.router).await;

    assert_eq!(response.status, 410);
    assert!(response.body["detail"].as_str().unwrap().contains("Idempotency-Key"), "{}", response.body);
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_one_family() {
    let api = TestApi::new().await;
    let call = upload().with_header("idempotency-key", "take-1");

    let mine = call.clone().by("mother").send(&api.router).await;
    let theirs = call.by("stranger").send(&api.router).await;

    assert_ne!(mine.body["recording"]["id"], theirs.body["recording"]["id"]);
}

#[tokio::test]
async fn an_idempotency_key_that_is_no_key_is_a_422() {
    let api = TestApi::new().await;

    for key in ["", " ", "with blank", &"x".repeat(201)] {
        let response = upload().with_header("idempotency-key", key).send(&api.router).await;
        assert_eq!(response.status, 422, "{key:?}");
    }
}

#[tokio::test]
async fn a_recording_can_be_read_back() {
    let api = TestApi::new().await;
    let id = api.recording().await;

    let response = ApiCall::recorded("presign/read_recording")
        .to(&format!("/v1/recordings/{id}"))
        .send(&api.router)
        .await;

    assert_eq!(response.status, 200);
    assert_eq!(response.body["id"], id);
    assert_eq!(response.body["transcript"], Value::Null);
    assert_eq!(response.headers["x-request-id"], "JKJaXmPLvHcESHA=");
}

#[tokio::test]
async fn another_familys_recording_does_not_exist() {
    let api = TestApi::new().await;
    let id = api.recording().await;

    for (event, path) in [("presign/read_recording", ""), ("presign/play_recording", "/audio")] {
        let call = ApiCall::recorded(event).to(&format!("/v1/recordings/{id}{path}"));
        assert_eq!(call.by("stranger").send(&api.router).await.status, 404, "{event}");
    }
}

#[tokio::test]
async fn an_id_that_is_no_uuid_is_a_422() {
    let api = TestApi::new().await;

    let response =
        ApiCall::recorded("presign/read_recording").to("/v1/recordings/17").send(&api.router).await;

    assert_eq!(response.status, 422);
    assert_eq!(response.complaints(), ["id"]);
}

#[tokio::test]
async fn audio_that_never_arrived_cannot_be_played() {
    let api = TestApi::new().await;
    let id = api.recording().await;

    let call = ApiCall::recorded("presign/play_recording").to(&format!("/v1/recordings/{id}/audio"));

    assert_eq!(call.send(&api.router).await.status, 404);
}

#[tokio::test]
async fn audio_that_arrived_is_a_redirect_to_a_short_lived_url() {
    let api = TestApi::new().await;
    let id = api.recording().await;
    let arrive = "UPDATE recordings SET status = 'uploaded', uploaded_at = now(), sequencer = '00'";
    api.database.superuser().await.batch_execute(arrive).await.unwrap();

    let call = ApiCall::recorded("presign/play_recording").to(&format!("/v1/recordings/{id}/audio"));
    let response = call.send(&api.router).await;

    assert_eq!(response.status, 302);
    assert_eq!(response.headers["cache-control"], "no-store");
    let location = response.headers["location"].to_str().unwrap();
    assert!(location.contains("X-Amz-Expires=300"), "{location}");
}

#[tokio::test]
async fn without_a_verified_token_nothing_works() {
    let api = TestApi::new().await;

    assert_eq!(upload().by_nobody().send(&api.router).await.status, 401);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems_too() {
    let api = TestApi::new().await;

    let lost = upload().to("/v1/nothing").send(&api.router).await;
    let wrong = upload().with_method("DELETE").send(&api.router).await;

    assert_eq!((lost.status.as_u16(), wrong.status.as_u16()), (404, 405));
    assert_eq!(lost.headers["content-type"], "application/problem+json");
    assert_eq!(wrong.headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn a_mistake_of_ours_is_a_500_without_detail() {
    let api = TestApi::new().await;
    let sabotage = "ALTER TABLE recordings RENAME TO gone";
    api.database.superuser().await.batch_execute(sabotage).await.unwrap();

    let response = api.upload(&webm()).await;

    assert_eq!(response.status, 500);
    assert!(!response.body.to_string().contains("gone"), "{}", response.body);
}
