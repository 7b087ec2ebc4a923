//! The function on a real database, a real S3 and a real queue.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "each test binary uses its part of this module")]

use admin::{App, Logs, routes};
use axum::Router;
use kimochi_blob::MediaBucket;
use kimochi_queue::TranscribeQueue;
use kimochi_testing::{
    ApiCall, ApiResponse, TestBucket, TestDatabase, TestQueue, now, settings, settings_at,
};
use serde_json::Value;

/// An endpoint where nothing listens.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:9";

pub(crate) struct TestAdmin {
    pub(crate) database: TestDatabase,
    pub(crate) bucket: TestBucket,
    pub(crate) queue: TestQueue,
}

impl TestAdmin {
    pub(crate) async fn new() -> Self {
        Self {
            database: TestDatabase::new().await,
            bucket: TestBucket::new().await,
            queue: TestQueue::new().await,
        }
    }

    pub(crate) fn app(&self) -> App {
        App {
            database: self.database.operator(),
            bucket: MediaBucket::new(self.bucket.settings(), self.bucket.name()),
            queue: TranscribeQueue::new(&settings(), self.queue.url(), "admin"),
            logs: Logs {
                region: "ap-northeast-1".to_owned(),
                group_prefix: "/aws/lambda/kimochi-test-".to_owned(),
            },
            clock: now,
        }
    }

    /// One that cannot reach its queue.
    pub(crate) fn app_without_queue(&self) -> App {
        App { queue: TranscribeQueue::new(&settings_at(NOWHERE), self.queue.url(), "admin"), ..self.app() }
    }

    pub(crate) async fn send(&self, call: ApiCall) -> ApiResponse {
        send_to(self.app(), call).await
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
