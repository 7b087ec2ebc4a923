//! The function on a real database, a real S3 and the embedded Whisper, with a topic that can be looked into.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "each test binary uses its part of this module")]

use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_blob::notification::{self, ObjectCreated};
use kimochi_domain::{
    AudioKey, Caller, Identity, JobRunId, MediaType, RecordingId, Sequencer, UniqueId, UploadSize,
};
use kimochi_notify::AlertTopic;
use kimochi_speech::Thresholds;
use kimochi_store::recordings::{self, Insertion, NewRecording};
use kimochi_store::transcription::{self, Arrival, Claim, Retry, Run};
use kimochi_testing::{TestBucket, TestDatabase, events, now, settings_at};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::Value;
use transcribe::{App, Engine, EngineConfig, ModelLocation, handle};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const PUBLISHED: &str =
    "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";

/// An endpoint where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:9";

pub(crate) struct TestWorker {
    pub(crate) database: TestDatabase,
    pub(crate) bucket: TestBucket,
    pub(crate) topic: MockServer,
}

/// What stands in a recording's row.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) status: String,
    pub(crate) transcript: Option<String>,
    pub(crate) quality: Option<String>,
    pub(crate) failure: Option<String>,
    pub(crate) partial_reason: Option<String>,
    pub(crate) text_key: Option<String>,
    pub(crate) duration_ms: Option<i64>,
    pub(crate) model_name: Option<String>,
}

impl TestWorker {
    pub(crate) async fn new() -> Self {
        let topic = MockServer::start().await;
        let published = ResponseTemplate::new(200).set_body_raw(PUBLISHED, "text/xml");
        Mock::given(any()).respond_with(published).mount(&topic).await;
        Self { database: TestDatabase::new().await, bucket: TestBucket::new().await, topic }
    }

    /// A fresh sandbox of the function at the time `clock`, with the embedded model.
    pub(crate) fn sandbox(&self, clock: fn() -> Timestamp) -> App {
        self.sandbox_with(clock, embedded())
    }

    /// A fresh sandbox with another engine.
    pub(crate) fn sandbox_with(&self, clock: fn() -> Timestamp, engine: EngineConfig) -> App {
        App {
            database: self.database.worker(),
            bucket: MediaBucket::new(self.bucket.settings(), self.bucket.name()),
            alerts: AlertTopic::new(
                &settings_at(&self.topic.uri()),
                "arn:aws:sns:ap-northeast-1:123456789012:a",
            ),
            engine: Engine::new(engine, self.bucket.settings()),
            thresholds: Thresholds::default(),
            clock,
        }
    }

    /// A sandbox that cannot reach S3.
    pub(crate) fn sandbox_without_s3(&self, clock: fn() -> Timestamp) -> App {
        let bucket = MediaBucket::new(&settings_at(NOWHERE), self.bucket.name());
        App { bucket, ..self.sandbox(clock) }
    }

    /// Asks for an upload as a family would.
    pub(crate) async fn request(&self, media_type: MediaType) -> AudioKey {
        let family = self.database.api().family(&caller("mother"), now()).await.unwrap();
        let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
        let audio_key = AudioKey::new(family.user().id, now(), &zone, UniqueId::random(), media_type);
        let new = NewRecording {
            audio_key: &audio_key,
            size: UploadSize::try_from(1).unwrap(),
            sha256: None,
            idempotency_key: None,
        };
        let insertion = recordings::insert(&family, &new, now()).await.unwrap();
        assert!(matches!(insertion, Insertion::Created(_)));
        family.commit().await.unwrap();
        audio_key
    }

    /// Asks for an upload and stores `bytes` for it.
    pub(crate) async fn upload(&self, media_type: MediaType, bytes: &[u8]) -> AudioKey {
        let key = self.request(media_type).await;
        self.bucket.put(&key.to_string(), bytes).await;
        key
    }

    /// The body of S3's message about an object.
    pub(crate) fn created(&self, key: &str, sequencer: &str) -> String {
        events::object_created(self.bucket.name(), key, 1, sequencer).to_string()
    }

    pub(crate) async fn stored(&self, key: &AudioKey) -> Stored {
        let sql =
            "SELECT status, transcript, quality, failure, partial_reason, text_key, duration_ms, model_name
            FROM recordings WHERE audio_key = $1";
        let row = self.database.superuser().await.query_one(sql, &[&key.to_string()]).await.unwrap();
        Stored {
            status: row.get("status"),
            transcript: row.get("transcript"),
            quality: row.get("quality"),
            failure: row.get("failure"),
            partial_reason: row.get("partial_reason"),
            text_key: row.get("text_key"),
            duration_ms: row.get("duration_ms"),
            model_name: row.get("model_name"),
        }
    }

    /// Status and error of each attempt, in order.
    pub(crate) async fn runs(&self) -> Vec<(String, Option<String>)> {
        let sql = "SELECT status, error FROM job_runs ORDER BY id";
        let rows = self.database.superuser().await.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// The notices that were published.
    pub(crate) async fn notices(&self) -> Vec<Value> {
        let requests = self.topic.received_requests().await.unwrap();
        let message = |body: &[u8]| {
            let message = url::form_urlencoded::parse(body).find(|(name, _)| name == "Message");
            serde_json::from_str(&message.unwrap().1).unwrap()
        };
        requests.iter().map(|request| message(&request.body)).collect()
    }

    /// The kinds of the notices that were published.
    pub(crate) async fn notice_types(&self) -> Vec<String> {
        let notices = self.notices().await;
        notices.iter().map(|n| n["metadata"]["eventType"].as_str().unwrap().to_owned()).collect()
    }
}

fn caller(subject: &str) -> Caller {
    Caller {
        identity: Identity { issuer: "https://issuer.example".to_owned(), subject: subject.to_owned() },
        request_id: "req".to_owned(),
        source_address: None,
    }
}

/// Delivers messages, called `0`, `1`, …, in one batch, and gives the names of those that are to come back.
pub(crate) async fn deliver<const N: usize>(app: &App, bodies: [String; N]) -> Vec<String> {
    let names: Vec<String> = (0..N).map(|n| n.to_string()).collect();
    let batch = events::sqs_batch(names.iter().map(String::as_str).zip(bodies));
    let mut context = Context::default();
    context.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned();
    let ends_at = (app.clock)() + SignedDuration::from_secs(60);
    context.deadline = u64::try_from(ends_at.as_millisecond()).unwrap();
    let event = LambdaEvent::new(serde_json::from_value(batch).unwrap(), context);
    let response = handle(app, event).await.unwrap();
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

/// After every lease of an attempt made at [`now`].
pub(crate) fn later() -> Timestamp {
    now() + SignedDuration::from_mins(2)
}

/// After every lease of an attempt made at [`later`].
pub(crate) fn much_later() -> Timestamp {
    now() + SignedDuration::from_mins(4)
}

/// After every lease of an attempt made at [`much_later`].
pub(crate) fn at_last() -> Timestamp {
    now() + SignedDuration::from_mins(6)
}

/// A sample of the model's folder, such as `kimochi_1.wav`.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/../../models/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What is said in a sample.
pub(crate) fn expected(name: &str) -> String {
    let samples: Value = serde_json::from_slice(&sample("samples.json")).unwrap();
    let entry = samples.as_array().unwrap().iter().find(|entry| entry["file"] == name);
    entry.unwrap_or_else(|| panic!("{name} is not in samples.json"))["text"].as_str().unwrap().to_owned()
}

fn embedded() -> EngineConfig {
    EngineConfig::Whisper { model: ModelLocation::Embedded, sha256: None, threads: 1 }
}

impl TestWorker {
    /// Claims the recording as an attempt would at [`now`], and never comes back.
    pub(crate) async fn pretend_an_attempt_died(&self, key: &AudioKey, sequencer: &str) {
        let arrival = Arrival { audio_key: key, sequencer: &Sequencer::new(sequencer), uploaded_at: now() };
        let lease_until = now() + SignedDuration::from_secs(60);
        let run = Run { request_id: "the-one-that-died", now: now(), lease_until };
        let claim = transcription::claim(&self.database.worker(), &arrival, &run).await.unwrap();
        assert!(matches!(claim, Claim::Claimed(_)));
    }

    /// Makes the row say that so many attempts were made.
    pub(crate) async fn pretend_attempts(&self, key: &AudioKey, attempts: i16) {
        let sql = "UPDATE recordings SET attempts = $2 WHERE audio_key = $1";
        self.database.superuser().await.execute(sql, &[&key.to_string(), &attempts]).await.unwrap();
    }

    /// Puts a failed recording back as an operator does, and gives the message that the queue gets then.
    pub(crate) async fn retry(&self, key: &AudioKey) -> String {
        let sql = "SELECT recording_id, id FROM job_runs WHERE subject = $1 ORDER BY id DESC LIMIT 1";
        let last = self.database.superuser().await.query_one(sql, &[&key.to_string()]).await.unwrap();
        let (recording, run) = (RecordingId(last.get(0)), JobRunId(last.get(1)));
        let operator = self.database.operator().operator(&caller("operator"), later()).await.unwrap();
        let retried = transcription::retry(&operator, recording, run, later()).await.unwrap();
        operator.commit().await.unwrap();
        let Some(Retry::Waiting(object)) = retried else { panic!("{retried:?}") };
        let object = ObjectCreated {
            bucket: self.bucket.name().to_owned(),
            key: object.audio_key.to_string(),
            size_bytes: object.size_bytes,
            created_at: object.uploaded_at,
            sequencer: object.sequencer,
        };
        notification::created(&object, "a test")
    }
}
