//! A family takes a copy of its data along and leaves. It cannot come back, so it is one that `make up` makes for this.

use serde_json::{Value, json};

use crate::stack::{Parent, Stack, sample, samples};

#[tokio::test]
async fn a_family_takes_its_copy_along_and_then_nothing_is_theirs() {
    let stack = Stack::connect().await;
    let child = stack.child(Parent::Leaving, "みか").await;
    let voice = stack.upload(Parent::Leaving, "audio/webm", sample("kimochi_1.webm")).await;
    let body = json!({"child_id": child, "emotion": "ureshii", "intensity": 3, "recording_id": voice});
    let log = stack.create(Parent::Leaving, "/v1/emotion-logs", &body).await;
    stack.settled(Parent::Leaving, &voice).await;

    let export = stack.read(Parent::Leaving, "/v1/me/export").await;
    let copy: Value =
        stack.http.get(export["url"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
    let sound = stack.http.get(copy["recordings"][0]["audio_url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(sound.bytes().await.unwrap(), sample("kimochi_1.webm"));
    let withdrawal = stack.request("DELETE", "/v1/me").bearer_auth(Parent::Leaving.token());
    let withdrawal = withdrawal.send().await.unwrap();

    assert_eq!(copy["children"][0]["id"].as_str(), Some(child.as_str()));
    assert_eq!(copy["emotion_logs"][0]["id"], log["id"]);
    let said = samples().into_iter().find(|(name, _)| name == "kimochi_1.webm").unwrap().1;
    assert_eq!(copy["recordings"][0]["transcript"], said);
    assert_eq!(withdrawal.status(), 202);
    let log = log["id"].as_str().unwrap();
    for (method, path) in [
        ("GET", "/v1/me".to_owned()),
        ("GET", "/v1/me/export".to_owned()),
        ("DELETE", "/v1/me".to_owned()),
        ("GET", "/v1/children".to_owned()),
        ("GET", format!("/v1/children/{child}")),
        ("GET", format!("/v1/emotion-logs/{log}")),
        ("DELETE", format!("/v1/emotion-logs/{log}")),
        ("GET", format!("/v1/recordings/{voice}")),
        ("GET", format!("/v1/recordings/{voice}/audio")),
    ] {
        let response =
            stack.request(method, &path).bearer_auth(Parent::Leaving.token()).send().await.unwrap();
        assert_eq!(response.status(), 410, "{method} {path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    let again =
        stack.post("/v1/emotion-logs").bearer_auth(Parent::Leaving.token()).json(&body).send().await.unwrap();
    assert_eq!(again.status(), 410);
}
