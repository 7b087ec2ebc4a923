//! A family's day: a child picks a card, says why, and the parent reads it.

use serde_json::json;

use crate::stack::{Parent, Stack, sample, samples};

#[tokio::test]
async fn what_a_child_felt_is_read_with_what_it_said() {
    let stack = Stack::connect().await;
    let child = stack.child(Parent::One, "みか").await;
    let recording = stack.upload(Parent::One, "audio/webm;codecs=opus", sample("kimochi_1.webm")).await;

    let body = json!({"child_id": child, "emotion": "ureshii", "intensity": 3, "recording_id": recording});
    let log = stack.create(Parent::One, "/v1/emotion-logs", &body).await;
    stack.settled(Parent::One, &recording).await;

    let listed = stack.read(Parent::One, &format!("/v1/emotion-logs?child_id={child}")).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["id"], log["id"]);
    let said = samples().into_iter().find(|(name, _)| name == "kimochi_1.webm").unwrap().1;
    assert_eq!(listed["items"][0]["recording"]["transcript"], said);
    stack.delete_child(Parent::One, &child).await;
    let path = format!("/v1/emotion-logs/{}", log["id"].as_str().unwrap());
    let response = stack.get(&path).bearer_auth(Parent::One.token()).send().await.unwrap();
    assert_eq!(response.status(), 404, "gone with the child");
}

#[tokio::test]
async fn every_card_has_a_picture_that_can_be_fetched() {
    let stack = Stack::connect().await;

    let cards = stack.read(Parent::One, "/v1/emotions").await;

    let cards = cards["items"].as_array().unwrap();
    assert_eq!(cards.len(), 12);
    for card in cards {
        let picture = stack.http.get(card["image_url"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(picture.status(), 200, "{}", card["name"]);
        assert_eq!(picture.headers()["content-type"], "image/webp");
        assert_eq!(&picture.bytes().await.unwrap()[8..12], b"WEBP");
    }
}

#[tokio::test]
async fn who_asks_for_what_is_another_familys_is_noted() {
    let stack = Stack::connect().await;
    let child = stack.child(Parent::One, "みか").await;
    let body = json!({"child_id": child, "emotion": "kanashii", "intensity": 1});

    for (method, path) in [("GET", format!("/v1/children/{child}")), ("POST", "/v1/emotion-logs".to_owned())]
    {
        let request = stack.request(method, &path).bearer_auth(Parent::Other.token()).json(&body);
        assert_eq!(request.send().await.unwrap().status(), 404, "{method} {path}");
    }

    let noted = "SELECT count(*) FROM audit_logs WHERE outcome = 'refused' AND subject_id = $1";
    let noted = stack.database.query_one(noted, &[&child]).await.unwrap();
    assert_eq!(noted.get::<_, i64>(0), 2);
    stack.delete_child(Parent::One, &child).await;
}

#[tokio::test]
async fn a_deleted_log_takes_its_recording_along() {
    let stack = Stack::connect().await;
    let child = stack.child(Parent::One, "みか").await;
    let recording = stack.upload(Parent::One, "audio/wav", sample("kimochi_3.wav")).await;
    stack.settled(Parent::One, &recording).await;
    let body = json!({"child_id": child, "emotion": "kowai", "intensity": 2, "recording_id": recording});
    let log = stack.create(Parent::One, "/v1/emotion-logs", &body).await;
    let path = format!("/v1/emotion-logs/{}", log["id"].as_str().unwrap());

    let delete = stack.request("DELETE", &path).bearer_auth(Parent::One.token());
    assert_eq!(delete.send().await.unwrap().status(), 204);

    for path in [path, format!("/v1/recordings/{recording}"), format!("/v1/recordings/{recording}/audio")] {
        let response = stack.get(&path).bearer_auth(Parent::One.token()).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
    stack.delete_child(Parent::One, &child).await;
}
