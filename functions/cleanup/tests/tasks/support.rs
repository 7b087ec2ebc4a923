//! The function on a real database, a real S3 and a real queue, with a topic that remembers.

use cleanup::{Answer, App, Fuse, Metrics, MisuseThresholds, handle};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_notify::AlertTopic;
use kimochi_queue::TranscribeQueue;
use kimochi_retention::{AUDIT_LOGS_KEPT, JOB_RUNS_KEPT};
use kimochi_testing::{Household, TestBucket, TestDatabase, TestQueue, now, settings, settings_at};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::Value;
use uuid::Uuid;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Two days after what the tests enter.
pub(crate) fn later() -> Timestamp {
    now() + SignedDuration::from_hours(48)
}

/// The function, with a topic that remembers.
pub(crate) struct TestCleanup {
    pub(crate) database: TestDatabase,
    pub(crate) bucket: TestBucket,
    pub(crate) queue: TestQueue,
    topic: MockServer,
}

impl TestCleanup {
    pub(crate) async fn new() -> Self {
        let bucket = TestBucket::new().await;
        bucket.keep_versions().await;
        let topic = MockServer::start().await;
        let answer =
            "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
        let published = ResponseTemplate::new(200).set_body_string(answer);
        Mock::given(method("POST")).respond_with(published).mount(&topic).await;
        Self { database: TestDatabase::new().await, bucket, queue: TestQueue::new().await, topic }
    }

    pub(crate) fn app(&self, clock: fn() -> Timestamp) -> App {
        App {
            database: self.database.cleanup(),
            bucket: MediaBucket::new(self.bucket.settings(), self.bucket.name()),
            queue: TranscribeQueue::new(&settings(), self.queue.url(), "cleanup"),
            alerts: AlertTopic::new(
                &settings_at(&self.topic.uri()),
                "arn:aws:sns:ap-northeast-1:123456789012:alerts",
            ),
            metrics: Metrics::new(&settings(), self.metrics_namespace()),
            fuse: Fuse::default(),
            quota_bytes: 0,
            audit_logs_kept: AUDIT_LOGS_KEPT,
            job_runs_kept: JOB_RUNS_KEPT,
            time_zone: TimeZone::get("Asia/Tokyo").unwrap(),
            clock,
            misuse: MisuseThresholds::default(),
        }
    }

    /// Where its metrics go.
    pub(crate) fn metrics_namespace(&self) -> String {
        format!("Test/{}", self.bucket.name())
    }

    /// A family that leaves.
    pub(crate) async fn leaving(&self, name: &str) -> Household {
        let household = Household::new(&self.database, &self.bucket, name).await;
        kimochi_store::users::withdraw(&self.database.api(), &household.caller, now()).await.unwrap();
        household
    }

    /// Rows of a kind: period, status, attempt, error, details.
    pub(crate) async fn rows(&self, kind: &str) -> Vec<(String, String, i16, Option<String>, Value)> {
        let superuser = self.database.superuser().await;
        let sql = "SELECT subject, status, attempt, error, details FROM job_runs WHERE kind = $1 ORDER BY id";
        let rows = superuser.query(sql, &[&kind]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4))).collect()
    }

    /// What operators were told.
    pub(crate) async fn notices(&self) -> Vec<String> {
        let requests = self.topic.received_requests().await.unwrap();
        requests.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect()
    }
}

/// Calls the function with all the time that Lambda gives.
pub(crate) async fn call(app: &App, event: Value) -> Result<Answer, Diagnostic> {
    call_for(app, event, SignedDuration::from_mins(15)).await
}

/// Calls the function with as much time.
pub(crate) async fn call_for(app: &App, event: Value, time: SignedDuration) -> Result<Answer, Diagnostic> {
    let mut context = Context::default();
    context.request_id = Uuid::now_v7().to_string();
    let ends_at = (app.clock)() + time;
    context.deadline = u64::try_from(ends_at.as_millisecond()).unwrap();
    handle(app, LambdaEvent::new(event, context)).await
}

pub(crate) fn numbers(answer: Answer) -> Value {
    match answer {
        Answer::Done { numbers, .. } => numbers,
        other => panic!("{other:?}"),
    }
}
