//! The HTTP API through the gateway: who gets in, and who sees what.

use std::time::{Duration, UNIX_EPOCH};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};

use crate::stack::{Parent, Stack, id_of, sample, variable};

#[tokio::test]
async fn the_service_is_healthy_without_signing_in() {
    let stack = Stack::connect().await;

    let response = stack.get("/v1/health").send().await.unwrap();

    assert_eq!(response.status(), 200);
    let health: Value = response.json().await.unwrap();
    assert_eq!(health["status"], "ok");
}

#[tokio::test]
async fn two_parents_have_two_profiles() {
    let stack = Stack::connect().await;
    let mut ids = Vec::new();
    for parent in [Parent::One, Parent::One, Parent::Other] {
        let me = stack.get("/v1/me").bearer_auth(parent.token()).send().await.unwrap();
        ids.push(me.json::<Value>().await.unwrap()["id"].clone());
    }

    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[tokio::test]
async fn no_token_a_forged_one_and_an_operators_one_are_refused() {
    let stack = Stack::connect().await;
    let token = Parent::One.token();
    let (head, signature) = token.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    let without_signature = format!("{head}.");

    for token in [
        None,
        Some("nonsense".to_owned()),
        Some(format!("{head}.{turned}")),
        Some(without_signature),
        Some(variable("ADMIN_TOKEN")),
    ] {
        let mut request = stack.get("/v1/me");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn a_token_whose_time_is_over_is_refused() {
    let stack = Stack::connect().await;
    let (expired, fresh) = (variable("EXPIRED_PARENT_TOKEN"), Parent::One.token());
    for claim in ["iss", "sub", "client_id", "token_use"] {
        assert_eq!(claims(&expired)[claim], claims(&fresh)[claim], "nothing else speaks against it");
    }
    let over = UNIX_EPOCH + Duration::from_secs(claims(&expired)["exp"].as_u64().unwrap() + 1);
    tokio::time::sleep(over.elapsed().err().map_or(Duration::ZERO, |early| early.duration())).await;

    let response = stack.get("/v1/me").bearer_auth(expired).send().await.unwrap();

    assert_eq!(response.status(), 401);
}

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[tokio::test]
async fn a_body_of_six_megabytes_is_refused_and_nothing_breaks() {
    let stack = Stack::connect().await;
    let note = "あ".repeat(2 * 1024 * 1024);

    let request = stack.post("/v1/emotion-logs").bearer_auth(Parent::One.token());
    let response = request.json(&json!({"note": note})).send().await.unwrap();

    assert_eq!(response.status(), 413);
    let me = stack.get("/v1/me").bearer_auth(Parent::One.token()).send().await.unwrap();
    assert_eq!(me.status(), 200);
}

#[tokio::test]
async fn another_familys_recording_is_a_404() {
    let stack = Stack::connect().await;
    let id = id_of(&stack.ask(Parent::One, "audio/wav", 100).await);

    for path in [format!("/v1/recordings/{id}"), format!("/v1/recordings/{id}/audio")] {
        let response = stack.get(&path).bearer_auth(Parent::Other.token()).send().await.unwrap();

        assert_eq!(response.status(), 404);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn repeating_a_request_with_its_key_gives_the_same_recording() {
    let stack = Stack::connect().await;
    let key = uuid::Uuid::now_v7().to_string();
    let ask = async |size: usize| {
        let body = json!({"content_type": "audio/wav", "size_bytes": size});
        let request = stack.post("/v1/uploads").bearer_auth(Parent::One.token());
        request.header("idempotency-key", &key).json(&body).send().await.unwrap()
    };

    let first: Value = ask(100).await.json().await.unwrap();
    let again: Value = ask(100).await.json().await.unwrap();
    let other = ask(101).await;

    assert_eq!(id_of(&first), id_of(&again));
    assert_eq!(other.status(), 422);
}

#[tokio::test]
async fn a_url_that_was_fetched_again_still_takes_the_file() {
    let stack = Stack::connect().await;
    let sound = sample("kimochi_3.wav");
    let key = uuid::Uuid::now_v7().to_string();
    let body = json!({"content_type": "audio/wav", "size_bytes": sound.len()});
    let ask = async || {
        let request = stack.post("/v1/uploads").bearer_auth(Parent::One.token());
        let response = request.header("idempotency-key", &key).json(&body).send().await.unwrap();
        response.json::<Value>().await.unwrap()
    };

    ask().await;
    let again = ask().await;

    assert_eq!(stack.put(&again["upload"], sound).await.status(), 200);
    let recording = stack.settled(Parent::One, &id_of(&again)).await;
    assert_eq!(recording["status"], "transcribed");
}
