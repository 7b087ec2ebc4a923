//! S3 and SQS deliver at least once, late, twice and out of order: one object gives one transcript.

mod support;

use kimochi_domain::MediaType;
use kimochi_testing::{events, now};
use support::{TestWorker, at_last, deliver, expected, later, much_later, sample};

#[tokio::test]
async fn a_voice_note_becomes_text_in_the_row_and_in_s3() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;

    let failed = deliver(&worker.sandbox(now), [worker.created(&key.to_string(), "01")]).await;

    assert!(failed.is_empty());
    let stored = worker.stored(&key).await;
    assert_eq!(stored.status, "transcribed");
    assert_eq!(stored.transcript, Some(expected("kimochi_1.wav")));
    assert_eq!(stored.quality.as_deref(), Some("ok"));
    assert_eq!(stored.text_key, Some(key.text_key().to_string()));
    assert_eq!(stored.duration_ms, Some(3430));
    assert_eq!(stored.model_name.as_deref(), Some("ggml-kimochi-q5_0"));
    let text = worker.bucket.get(&key.text_key().to_string()).await.unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), expected("kimochi_1.wav"));
    assert_eq!(worker.runs().await, [("succeeded".to_owned(), None)]);
    assert!(worker.notices().await.is_empty());
}

#[tokio::test]
async fn a_second_delivery_of_the_same_object_is_ignored() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Webm, &sample("kimochi_1.webm")).await;
    let body = worker.created(&key.to_string(), "01");

    let failed = deliver(&worker.sandbox(now), [body.clone(), body.clone()]).await;
    let failed_later = deliver(&worker.sandbox(later), [body]).await;

    assert!(failed.is_empty() && failed_later.is_empty());
    assert_eq!(worker.runs().await.len(), 1, "one attempt");
    assert_eq!(worker.stored(&key).await.status, "transcribed");
}

#[tokio::test]
async fn a_delivery_while_another_attempt_is_under_way_comes_back() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;
    worker.pretend_an_attempt_died(&key, "01").await;

    let failed = deliver(&worker.sandbox(now), [worker.created(&key.to_string(), "01")]).await;

    assert_eq!(failed, ["0"]);
    assert_eq!(worker.stored(&key).await.status, "transcribing");
}

#[tokio::test]
async fn an_attempt_whose_sandbox_died_is_made_again_after_its_lease() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;
    worker.pretend_an_attempt_died(&key, "01").await;

    let failed = deliver(&worker.sandbox(later), [worker.created(&key.to_string(), "01")]).await;

    assert!(failed.is_empty());
    assert_eq!(worker.stored(&key).await.status, "transcribed");
    let runs = worker.runs().await;
    assert_eq!(runs[0], ("failed".to_owned(), Some("sandbox_lost".to_owned())));
    assert_eq!(runs[1], ("succeeded".to_owned(), None));
}

#[tokio::test]
async fn three_sandboxes_that_died_are_enough() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;
    let body = worker.created(&key.to_string(), "01");
    worker.pretend_an_attempt_died(&key, "01").await;
    worker.pretend_attempts(&key, 3).await;

    let failed = deliver(&worker.sandbox(later), [body.clone()]).await;
    let failed_again = deliver(&worker.sandbox(much_later), [body]).await;

    assert_eq!((failed, failed_again), (vec!["0".to_owned()], vec!["0".to_owned()]), "on its way to the DLQ");
    let stored = worker.stored(&key).await;
    assert_eq!(stored.status, "failed");
    assert_eq!(stored.failure.as_deref(), Some("attempts_exhausted"));
    assert_eq!(worker.notice_types().await, ["transcription_failed"], "told once");
}

#[tokio::test]
async fn a_note_that_an_operator_has_tried_again_becomes_text_once() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;
    let of_s3 = worker.created(&key.to_string(), "01");
    for _ in 0..3 {
        deliver(&worker.sandbox_without_s3(now), [of_s3.clone()]).await;
    }
    assert_eq!(worker.stored(&key).await.status, "failed");

    let of_the_operator = worker.retry(&key).await;
    let failed = deliver(&worker.sandbox(later), [of_the_operator.clone(), of_s3, of_the_operator]).await;

    assert!(failed.is_empty());
    let stored = worker.stored(&key).await;
    assert_eq!((stored.status.as_str(), stored.transcript), ("transcribed", Some(expected("kimochi_1.wav"))));
    assert_eq!(worker.runs().await.len(), 4, "three that failed, and one");
}

#[tokio::test]
async fn an_event_older_than_the_one_seen_before_is_ignored() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;
    worker.pretend_an_attempt_died(&key, "0055AED6DCD90281E6").await;

    let older = worker.created(&key.to_string(), "0055AED6DCD90281E5");
    let failed = deliver(&worker.sandbox(later), [older]).await;

    assert!(failed.is_empty());
    assert_eq!(worker.stored(&key).await.status, "transcribing", "left for the newer event");
}

#[tokio::test]
async fn the_test_event_of_s3_is_put_away() {
    let worker = TestWorker::new().await;
    let batch = events::recorded("transcribe/s3_test_event");
    let body = batch["Records"][0]["body"].as_str().unwrap().to_owned();

    let failed = deliver(&worker.sandbox(now), [body]).await;

    assert!(failed.is_empty());
    assert!(worker.runs().await.is_empty());
}

#[tokio::test]
async fn a_form_encoded_key_is_understood() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;
    let encoded = key.to_string().replace('/', "%2F").replace('_', "%5F");

    let failed = deliver(&worker.sandbox(now), [worker.created(&encoded, "01")]).await;

    assert!(failed.is_empty());
    assert_eq!(worker.stored(&key).await.status, "transcribed");
}

#[tokio::test]
async fn a_key_that_is_not_ours_is_a_failed_job_and_a_notice_and_is_left_alone() {
    let worker = TestWorker::new().await;
    worker.bucket.put("audio/holiday photo.wav", b"not ours").await;
    let body = worker.created("audio/holiday+photo.wav", "01");

    let failed = deliver(&worker.sandbox(now), [body.clone(), body]).await;

    assert!(failed.is_empty());
    assert_eq!(worker.runs().await, [("failed".to_owned(), Some("unknown_key".to_owned()))]);
    assert_eq!(worker.notice_types().await, ["unrequested_object"], "told once");
    assert!(!worker.notices().await[0].to_string().contains("holiday"), "such a key may hold anything");
    assert!(worker.bucket.get("audio/holiday photo.wav").await.is_some());
}

#[tokio::test]
async fn a_late_message_about_what_was_removed_is_put_away_without_a_word() {
    let worker = TestWorker::new().await;
    let key = "audio/0199a3c4-0000-7000-8000-0000000000aa/audio_20260401_083000_0123456789abcdef0123456789abcdef.wav";

    let failed = deliver(&worker.sandbox(now), [worker.created(key, "01")]).await;

    assert!(failed.is_empty());
    assert!(worker.runs().await.is_empty());
    assert!(worker.notice_types().await.is_empty());
}

#[tokio::test]
async fn an_upload_that_nobody_asked_for_is_a_failed_job_and_a_notice_and_is_left_alone() {
    let worker = TestWorker::new().await;
    let key = "audio/0199a3c4-0000-7000-8000-0000000000aa/audio_20260401_083000_0123456789abcdef0123456789abcdef.wav";
    worker.bucket.put(key, &sample("kimochi_1.wav")).await;

    let failed = deliver(&worker.sandbox(now), [worker.created(key, "01")]).await;

    assert!(failed.is_empty());
    assert_eq!(worker.runs().await, [("failed".to_owned(), Some("not_requested".to_owned()))]);
    assert_eq!(worker.notice_types().await, ["unrequested_object"]);
    assert!(worker.bucket.get(key).await.is_some());
}

#[tokio::test]
async fn an_object_that_was_deleted_meanwhile_is_a_failed_recording() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;
    worker.bucket.delete(&key.to_string()).await;

    let failed = deliver(&worker.sandbox(now), [worker.created(&key.to_string(), "01")]).await;

    assert!(failed.is_empty());
    let stored = worker.stored(&key).await;
    assert_eq!((stored.status.as_str(), stored.failure.as_deref()), ("failed", Some("file_missing")));
}

#[tokio::test]
async fn a_poison_message_does_not_hurt_its_neighbours() {
    let worker = TestWorker::new().await;
    let first = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;
    let last = worker.upload(MediaType::Wav, &sample("kimochi_2.wav")).await;
    let poison = "this is no event".to_owned();

    let bodies = [worker.created(&first.to_string(), "01"), poison, worker.created(&last.to_string(), "01")];
    let failed = deliver(&worker.sandbox(now), bodies).await;

    assert_eq!(failed, ["1"], "kept for the dead-letter queue");
    assert_eq!(worker.stored(&first).await.transcript, Some(expected("kimochi_1.wav")));
    assert_eq!(worker.stored(&last).await.transcript, Some(expected("kimochi_2.wav")));
}

#[tokio::test]
async fn trouble_with_s3_is_tried_three_times_then_failed_and_told() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;
    let body = worker.created(&key.to_string(), "01");

    for clock in [now, later, much_later] {
        assert!(worker.notices().await.is_empty());
        let failed = deliver(&worker.sandbox_without_s3(clock), [body.clone()]).await;
        assert_eq!(failed, ["0"]);
    }

    let stored = worker.stored(&key).await;
    assert_eq!((stored.status.as_str(), stored.failure.as_deref()), ("failed", Some("attempts_exhausted")));
    assert_eq!(worker.notice_types().await, ["transcription_failed"]);
    assert_eq!(worker.runs().await.len(), 3);
    assert_eq!(deliver(&worker.sandbox(at_last), [body]).await, ["0"], "on its way to the dead-letter queue");
    assert_eq!(worker.runs().await.len(), 3, "no fourth attempt");
}

#[tokio::test]
async fn trouble_with_s3_that_passes_costs_nothing_but_time() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;
    let body = worker.created(&key.to_string(), "01");
    assert_eq!(deliver(&worker.sandbox_without_s3(now), [body.clone()]).await, ["0"]);

    let failed = deliver(&worker.sandbox(now), [body]).await;

    assert!(failed.is_empty(), "the lease was given back");
    assert_eq!(worker.stored(&key).await.status, "transcribed");
}

#[tokio::test]
async fn a_topic_that_is_away_does_not_stop_the_work() {
    let worker = TestWorker::new().await;
    worker.topic.reset().await;
    let key = worker.upload(MediaType::Wav, b"").await;

    let failed = deliver(&worker.sandbox(now), [worker.created(&key.to_string(), "01")]).await;

    assert!(failed.is_empty());
    assert_eq!(worker.stored(&key).await.failure.as_deref(), Some("empty_file"));
}

#[tokio::test]
async fn a_message_about_another_bucket_comes_back() {
    let worker = TestWorker::new().await;
    let key = worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await;

    let body = events::object_created("somebody-elses", &key.to_string(), 1, "01").to_string();
    let failed = deliver(&worker.sandbox(now), [body]).await;

    assert_eq!(failed, ["0"]);
    assert_eq!(worker.stored(&key).await.status, "requested");
}
