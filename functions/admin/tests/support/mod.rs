//! The function on a real database, a real S3 and a real queue.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "each test binary uses its part of this module")]

use admin::{App, Logs, TranscribeQueue, routes};
use aws_sdk_sqs::Client;
use axum::Router;
use kimochi_blob::MediaBucket;
use kimochi_testing::{ApiCall, ApiResponse, TestBucket, TestDatabase, now, settings, settings_at};
use serde_json::Value;
use uuid::Uuid;

/// An endpoint where nothing listens.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:9";

pub(crate) struct TestAdmin {
    pub(crate) database: TestDatabase,
    pub(crate) bucket: TestBucket,
    sqs: Client,
    queue_url: String,
}

impl TestAdmin {
    pub(crate) async fn new() -> Self {
        let sqs = Client::new(&settings());
        let create = sqs.create_queue().queue_name(format!("test-{}", Uuid::now_v7().simple()));
        let queue_url = create.send().await.unwrap().queue_url.unwrap();
        Self { database: TestDatabase::new().await, bucket: TestBucket::new().await, sqs, queue_url }
    }

    pub(crate) fn app(&self) -> App {
        App {
            database: self.database.operator(),
            bucket: MediaBucket::new(self.bucket.settings(), self.bucket.name()),
            queue: TranscribeQueue::new(&settings(), &self.queue_url),
            logs: Logs {
                region: "ap-northeast-1".to_owned(),
                group_prefix: "/aws/lambda/kimochi-test-".to_owned(),
            },
            clock: now,
        }
    }

    /// One that cannot reach its queue.
    pub(crate) fn app_without_queue(&self) -> App {
        App { queue: TranscribeQueue::new(&settings_at(NOWHERE), &self.queue_url), ..self.app() }
    }

    pub(crate) async fn send(&self, call: ApiCall) -> ApiResponse {
        send_to(self.app(), call).await
    }

    /// The messages that are in the queue, which they leave.
    pub(crate) async fn messages(&self) -> Vec<String> {
        let receive = self.sqs.receive_message().queue_url(&self.queue_url).max_number_of_messages(10);
        let messages = receive.send().await.unwrap().messages.unwrap_or_default();
        messages.into_iter().filter_map(|message| message.body).collect()
    }

    /// What was noted under an action, without id and time.
    pub(crate) async fn noted(&self, action: &str) -> Vec<Value> {
        let sql = "SELECT to_jsonb(a) - 'id' - 'at' FROM audit_logs a WHERE action = $1 ORDER BY at, id";
        let rows = self.database.superuser().await.query(sql, &[&action]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

pub(crate) async fn send_to(app: App, call: ApiCall) -> ApiResponse {
    let router: Router = kimochi_api::finish(routes(app));
    call.send(&router).await
}
