//! An operator answers a parent's question: why has the note no text, and can it still get one?

use serde_json::{Value, json};

use crate::stack::{Parent, Stack, sample, samples, variable};

const REASON: &str = "%E5%95%8F%E3%81%84%E5%90%88%E3%82%8F%E3%81%9B #123";

/// Asks as the operator, with a reason.
async fn ask(stack: &Stack, method: &str, path: &str) -> (u16, Value) {
    let request = stack.request(method, path).bearer_auth(variable("ADMIN_TOKEN"));
    let response = request.header("x-support-reason", REASON).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn read(stack: &Stack, path: &str) -> Value {
    let (status, body) = ask(stack, "GET", path).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

#[tokio::test]
async fn a_note_that_failed_is_found_read_about_and_tried_again() {
    let stack = Stack::connect().await;
    let recording = stack.upload(Parent::One, "audio/wav", b"no sound at all".to_vec()).await;
    let settled = stack.settled(Parent::One, &recording).await;
    assert_eq!(settled["failure"]["code"], "unknown_container", "{settled}");

    let listed = read(&stack, &format!("/v1/admin/job-runs?status=failed&recording_id={recording}")).await;
    let [failed] = listed["items"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    let path = format!("/v1/admin/job-runs/{}", failed["id"].as_str().unwrap());
    let told = read(&stack, &path).await;
    assert_eq!((&told["run"], &told["attempts"]), (failed, &json!([failed])));
    let log = format!("*2faws*2flambda*2f{}-transcribe", variable("STACK_NAME"));
    assert!(failed["logs_url"].as_str().unwrap().contains(&log), "{failed}");

    // What made it fail is mended: the event of this object comes too late to be anything but a duplicate.
    let key = stack.audio_key(&recording).await;
    let put = stack.s3.put_object().bucket(variable("MEDIA_BUCKET")).key(key);
    put.body(sample("kimochi_1.wav").into()).send().await.unwrap();
    let (status, body) = ask(&stack, "POST", &format!("{path}/retry")).await;
    assert_eq!((status, &body["recording_id"]), (202, &json!(recording)), "{body}");

    let transcribed = stack.settled(Parent::One, &recording).await;
    let said = samples().into_iter().find(|(name, _)| name == "kimochi_1.wav").unwrap().1;
    assert_eq!((&transcribed["status"], &transcribed["transcript"]), (&json!("transcribed"), &json!(said)));
    assert_eq!(read(&stack, &path).await["attempts"].as_array().unwrap().len(), 2);
    let (status, body) = ask(&stack, "POST", &format!("{path}/retry")).await;
    assert_eq!(status, 409, "{body}");
}

#[tokio::test]
async fn a_look_at_a_family_takes_a_reason_shows_no_word_of_it_and_is_part_of_its_story() {
    let stack = Stack::connect().await;
    let recording = stack.upload(Parent::One, "audio/wav", sample("kimochi_1.wav")).await;
    let transcript = stack.settled(Parent::One, &recording).await["transcript"].as_str().unwrap().to_owned();
    let me = stack.read(Parent::One, "/v1/me").await;
    let family = me["id"].as_str().unwrap();

    let without = stack.get(&format!("/v1/admin/users/{family}")).bearer_auth(variable("ADMIN_TOKEN"));
    assert_eq!(without.send().await.unwrap().status(), 422);
    let seen = read(&stack, &format!("/v1/admin/users/{family}")).await;
    let deeds = read(&stack, &format!("/v1/admin/audit-logs?user_id={family}&action=family.view")).await;

    assert!(seen["recordings"][0]["status"].is_string(), "{seen}");
    assert!(!transcript.is_empty() && !seen.to_string().contains(&transcript));
    let looked = &deeds["items"][0];
    assert_eq!((&looked["actor_kind"], &looked["outcome"]), (&json!("operator"), &json!("done")));
    assert_eq!(looked["details"]["reason"], "問い合わせ #123");
}
