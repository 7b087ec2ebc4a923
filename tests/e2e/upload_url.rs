//! A presigned URL stores the one file it was signed for, once, and nothing else.

use serde_json::json;

use crate::stack::{Parent, Stack, sample};

#[tokio::test]
async fn a_second_file_cannot_replace_the_first() {
    let stack = Stack::connect().await;
    let sound = sample("kimochi_1.webm");
    let answer = stack.ask(Parent::One, "audio/webm", sound.len()).await;
    assert_eq!(stack.put(&answer["upload"], sound.clone()).await.status(), 200);

    assert_eq!(stack.put(&answer["upload"], sound).await.status(), 412);
}

#[tokio::test]
async fn another_length_type_or_missing_condition_is_refused() {
    let stack = Stack::connect().await;
    let sound = sample("kimochi_1.webm");
    let upload = stack.ask(Parent::One, "audio/webm", sound.len()).await["upload"].take();

    let shorter = stack.put(&upload, sound[1..].to_vec()).await;
    let mut other_type = upload.clone();
    other_type["headers"]["content-type"] = json!("text/html");
    let other_type = stack.put(&other_type, sound.clone()).await;
    let mut unconditional = upload.clone();
    unconditional["headers"].as_object_mut().unwrap().remove("if-none-match");
    let unconditional = stack.put(&unconditional, sound.clone()).await;

    for response in [shorter, other_type, unconditional] {
        assert_eq!(response.status(), 403);
    }
    assert_eq!(stack.put(&upload, sound).await.status(), 200, "the URL is still good for its own file");
}

#[tokio::test]
async fn other_bytes_than_the_digest_says_are_refused() {
    let stack = Stack::connect().await;
    let body = json!({"content_type": "audio/wav", "size_bytes": 4, "sha256": "0".repeat(64)});
    let ask = stack.post("/v1/uploads").bearer_auth(Parent::One.token()).json(&body);
    let answer: serde_json::Value = ask.send().await.unwrap().json().await.unwrap();

    assert_eq!(stack.put(&answer["upload"], b"RIFF".to_vec()).await.status(), 400);
}
