//! The function's routes with the verbs of a client.

use std::sync::Arc;

use axum::Router;
use emotions::{App, routes};
use jiff::tz::TimeZone;
use kimochi_blob::UrlSigner;
use kimochi_environment::Environment;
use kimochi_runtime::aws;
use kimochi_store::Database;
use kimochi_testing::{ApiCall, ApiResponse, TestDatabase, now};
use serde_json::{Value, json};

/// One parent's client, and the sandbox that answers it.
pub(crate) struct TestApi {
    test_database: Arc<TestDatabase>,
    database: Database,
    router: Router,
    parent: String,
}

impl TestApi {
    pub(crate) async fn new() -> Self {
        Self::on(Arc::new(TestDatabase::new().await), "mika")
    }

    fn on(test_database: Arc<TestDatabase>, parent: &str) -> Self {
        let database = test_database.api();
        let app = App {
            database: database.clone(),
            urls: UrlSigner::new(&aws::settings(&mut Environment::from_lookup(variable)), "media"),
            image_base_url: None,
            time_zone: TimeZone::get("Asia/Tokyo").unwrap(),
            clock: now,
        };
        Self { test_database, database, router: kimochi_api::finish(routes(app)), parent: parent.to_owned() }
    }

    /// Another sandbox for the same parent.
    pub(crate) fn sandbox(&self) -> Self {
        self.as_parent(&self.parent)
    }

    pub(crate) fn as_parent(&self, parent: &str) -> Self {
        Self::on(Arc::clone(&self.test_database), parent)
    }

    pub(crate) async fn get(&self, path: &str) -> ApiResponse {
        self.get_with(path, "").await
    }

    pub(crate) async fn get_with(&self, path: &str, query: &str) -> ApiResponse {
        self.call("GET", path).with_query(query).send(&self.router).await
    }

    pub(crate) async fn get_as_nobody(&self, path: &str) -> ApiResponse {
        self.call("GET", path).by_nobody().send(&self.router).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> ApiResponse {
        self.call("POST", path).with_body(body.to_string()).send(&self.router).await
    }

    pub(crate) async fn post_with_key(&self, path: &str, body: Value, key: &str) -> ApiResponse {
        let call = self.call("POST", path).with_header("idempotency-key", key);
        call.with_body(body.to_string()).send(&self.router).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value, if_match: Option<&str>) -> ApiResponse {
        self.matching("PATCH", path, if_match).with_body(body.to_string()).send(&self.router).await
    }

    pub(crate) async fn delete(&self, path: &str, if_match: Option<&str>) -> ApiResponse {
        self.matching("DELETE", path, if_match).send(&self.router).await
    }

    /// The id of a new child.
    pub(crate) async fn child(&self, nickname: &str) -> String {
        let created =
            self.post("/v1/children", json!({"nickname": nickname, "birth_date": "2021-05-05"})).await;
        created.body["id"].as_str().unwrap().to_owned()
    }

    /// The id of a new log of that child.
    pub(crate) async fn log(&self, child_id: &str, felt_at: &str) -> String {
        let body = json!({"child_id": child_id, "emotion": "ureshii", "intensity": 2, "felt_at": felt_at});
        let created = self.post("/v1/emotion-logs", body).await;
        created.body["id"].as_str().unwrap().to_owned()
    }

    /// How many refusals were noted.
    pub(crate) async fn refusals(&self) -> i64 {
        let sql = "SELECT count(*) FROM audit_logs WHERE outcome = 'refused'";
        self.test_database.superuser().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// How many statements a request sends beside the first one of every transaction.
    pub(crate) async fn statements_of(&self, method: &str, path: &str, body: Option<Value>) -> i64 {
        let before = self.executions().await;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut call = self.call(method, path).with_query(query);
        if let Some(body) = body {
            call = call.with_body(body.to_string()).with_header("idempotency-key", "counted");
        }
        let response = call.send(&self.router).await;
        assert!(response.status.as_u16() < 500, "{response:?}");
        self.executions().await - before
    }

    /// Every statement of ours is prepared, and PostgreSQL counts how often each of them was planned.
    async fn executions(&self) -> i64 {
        let sql = "
SELECT COALESCE(sum(generic_plans + custom_plans), 0)::bigint
FROM pg_prepared_statements
WHERE statement LIKE '-- %' AND statement NOT LIKE '-- users::open_family%'";
        self.database.client().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }

    fn call(&self, method: &str, path: &str) -> ApiCall {
        let event = if method == "GET" { "emotions/list_emotion_logs" } else { "emotions/create_child" };
        ApiCall::recorded(event).by(&self.parent).with_query("").with_method(method).to(path)
    }

    fn matching(&self, method: &str, path: &str, if_match: Option<&str>) -> ApiCall {
        let call = self.call(method, path);
        match if_match {
            Some(etag) => call.with_header("if-match", etag),
            None => call,
        }
    }
}

fn variable(name: &str) -> Option<String> {
    let value = match name {
        "AWS_REGION" => "ap-northeast-1",
        "AWS_ACCESS_KEY_ID" => "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY" => "secret",
        _ => return None,
    };
    Some(value.to_owned())
}
