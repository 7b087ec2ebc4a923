//! The engine is made ready at the first recording, from where the configuration says, and kept.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::path::PathBuf;

use aws_sdk_secretsmanager::Client as Secrets;
use kimochi_domain::{AudioKey, MediaType};
use kimochi_testing::{now, settings};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use support::{TestWorker, deliver, expected, later, sample};
use transcribe::{EngineConfig, ModelLocation};
use uuid::Uuid;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

#[tokio::test]
async fn a_model_in_s3_is_fetched_once_and_named_by_its_key() {
    let worker = TestWorker::new().await;
    let name = format!("once-{}", Uuid::new_v4());
    let model_key = format!("models/{name}.bin");
    let _fetched = Fetched::of(&model_key);
    worker.bucket.put(&model_key, &model()).await;
    let sandbox = worker.sandbox_with(now, whisper(&worker, &model_key, &hex_digest(&model())));

    let first = note(&worker).await;
    assert!(deliver(&sandbox, [worker.created(&first.to_string(), "01")]).await.is_empty());
    worker.bucket.delete(&model_key).await;
    let second = note(&worker).await;
    assert!(deliver(&sandbox, [worker.created(&second.to_string(), "01")]).await.is_empty());

    for key in [first, second] {
        let stored = worker.stored(&key).await;
        assert_eq!(stored.transcript, Some(expected("kimochi_1.wav")));
        assert_eq!(stored.model_name.as_deref(), Some(name.as_str()));
    }
}

#[tokio::test]
async fn without_its_model_a_note_waits_and_no_attempt_is_spent() {
    let worker = TestWorker::new().await;
    let model_key = format!("models/late-{}.bin", Uuid::new_v4());
    let _fetched = Fetched::of(&model_key);
    let sandbox = worker.sandbox_with(now, whisper(&worker, &model_key, &hex_digest(&model())));
    let key = note(&worker).await;
    let body = worker.created(&key.to_string(), "01");

    assert_eq!(deliver(&sandbox, [body.clone()]).await, ["0"]);
    assert_eq!(worker.stored(&key).await.status, "requested");
    assert!(worker.runs().await.is_empty());

    worker.bucket.put(&model_key, &model()).await;
    assert!(deliver(&sandbox, [body]).await.is_empty(), "the same sandbox finds it now");
    assert_eq!(worker.stored(&key).await.status, "transcribed");
}

#[tokio::test]
async fn a_model_that_is_not_the_one_meant_is_not_used() {
    let worker = TestWorker::new().await;
    let model_key = format!("models/other-{}.bin", Uuid::new_v4());
    let _fetched = Fetched::of(&model_key);
    worker.bucket.put(&model_key, &model()).await;
    let sandbox = worker.sandbox_with(now, whisper(&worker, &model_key, &hex_digest(b"another model")));
    let key = note(&worker).await;

    assert_eq!(deliver(&sandbox, [worker.created(&key.to_string(), "01")]).await, ["0"]);

    assert_eq!(worker.stored(&key).await.status, "requested");
    assert!(worker.runs().await.is_empty());
}

#[tokio::test]
async fn the_key_of_a_service_is_read_once() {
    let worker = TestWorker::new().await;
    let service = service_that_takes("the-key").await;
    let secret = Secret::holding(" the-key\n").await;
    let sandbox = worker.sandbox_with(now, openai(&service, &secret));

    let first = note(&worker).await;
    assert!(deliver(&sandbox, [worker.created(&first.to_string(), "01")]).await.is_empty());
    secret.replace("another-key").await;
    let second = note(&worker).await;
    assert!(deliver(&sandbox, [worker.created(&second.to_string(), "01")]).await.is_empty());

    for key in [first, second] {
        let stored = worker.stored(&key).await;
        assert_eq!(stored.transcript.as_deref(), Some("うれしかった"));
        assert_eq!(stored.model_name.as_deref(), Some("whisper-1"));
    }
}

#[tokio::test]
async fn a_key_that_was_replaced_is_read_again_after_the_service_refused_the_old_one() {
    let worker = TestWorker::new().await;
    let service = service_that_takes("new-key").await;
    let secret = Secret::holding("old-key").await;
    let sandbox = worker.sandbox_with(now, openai(&service, &secret));
    let key = note(&worker).await;
    let body = worker.created(&key.to_string(), "01");

    assert_eq!(deliver(&sandbox, [body.clone()]).await, ["0"], "refused");
    secret.replace("new-key").await;
    assert!(deliver(&sandbox, [body]).await.is_empty(), "the same sandbox, with the new key");

    assert_eq!(worker.stored(&key).await.status, "transcribed");
    let runs = worker.runs().await;
    let error = runs[0].1.as_deref().unwrap();
    assert!(error.contains("service_refused") && error.contains("check the API key"), "{error}");
    assert!(!error.contains("old-key"), "{error}");
}

#[tokio::test]
async fn without_its_secret_a_note_waits_and_no_attempt_is_spent() {
    let worker = TestWorker::new().await;
    let service = service_that_takes("the-key").await;
    let secret = Secret { client: Secrets::new(&settings()), name: format!("test-{}", Uuid::new_v4()) };
    let sandbox = worker.sandbox_with(later, openai(&service, &secret));
    let key = note(&worker).await;

    assert_eq!(deliver(&sandbox, [worker.created(&key.to_string(), "01")]).await, ["0"]);

    assert_eq!(worker.stored(&key).await.status, "requested");
    assert!(worker.runs().await.is_empty());
    assert!(service.received_requests().await.unwrap().is_empty());
}

async fn note(worker: &TestWorker) -> AudioKey {
    worker.upload(MediaType::Wav, &sample("kimochi_1.wav")).await
}

fn model() -> Vec<u8> {
    sample("../ggml-kimochi-q5_0.bin")
}

fn hex_digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn whisper(worker: &TestWorker, key: &str, sha256: &str) -> EngineConfig {
    EngineConfig::Whisper {
        model: ModelLocation::S3 { bucket: worker.bucket.name().to_owned(), key: key.to_owned() },
        sha256: Some(sha256.to_owned()),
        threads: 1,
    }
}

fn openai(service: &MockServer, secret: &Secret) -> EngineConfig {
    EngineConfig::OpenAi {
        base_url: format!("{}/v1", service.uri()),
        model: "whisper-1".to_owned(),
        api_key_secret: secret.name.clone(),
    }
}

/// A service that answers who has `key`, and nobody else.
async fn service_that_takes(key: &str) -> MockServer {
    let server = MockServer::start().await;
    let segment =
        json!({"start": 0.0, "end": 2.0, "text": "うれしかった", "avg_logprob": -0.1, "no_speech_prob": 0.0});
    let answer =
        json!({"task": "transcribe", "language": "japanese", "text": "うれしかった", "segments": [segment]});
    Mock::given(method("POST"))
        .and(path("/v1/audio/transcriptions"))
        .and(header("authorization", format!("Bearer {key}")))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(401))
        .with_priority(6)
        .mount(&server)
        .await;
    server
}

/// A secret in Secrets Manager.
struct Secret {
    client: Secrets,
    name: String,
}

impl Secret {
    async fn holding(text: &str) -> Self {
        let (client, name) = (Secrets::new(&settings()), format!("test-{}", Uuid::new_v4()));
        client.create_secret().name(&name).secret_string(text).send().await.unwrap();
        Self { client, name }
    }

    async fn replace(&self, text: &str) {
        self.client.put_secret_value().secret_id(&self.name).secret_string(text).send().await.unwrap();
    }
}

/// Where a sandbox keeps a model from S3; a test's machine lives longer than a sandbox.
struct Fetched(PathBuf);

impl Fetched {
    fn of(model_key: &str) -> Self {
        Self(std::env::temp_dir().join(model_key.trim_start_matches("models/")))
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
