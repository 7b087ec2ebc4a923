//! Calling a function's routes as API Gateway and Lambda would, without a network.

use axum::Router;
use axum::body::to_bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::events;

/// A recorded HTTP event on its way to a function.
#[derive(Debug, Clone)]
pub struct ApiCall {
    event: Value,
}

/// What the function answered.
#[derive(Debug)]
pub struct ApiResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; `null` when it is empty.
    pub body: Value,
}

impl ApiCall {
    /// The recorded event of this name, such as `presign/create_upload`.
    pub fn recorded(name: &str) -> Self {
        Self { event: events::recorded(name) }
    }

    /// Signed in as the parent with this `sub`.
    #[must_use]
    pub fn by(mut self, subject: &str) -> Self {
        self.event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = json!(subject);
        self
    }

    /// Signed in at another issuer.
    #[must_use]
    pub fn from_issuer(mut self, issuer: &str) -> Self {
        self.event["requestContext"]["authorizer"]["jwt"]["claims"]["iss"] = json!(issuer);
        self
    }

    /// As it would arrive had the route no authorizer.
    #[must_use]
    pub fn by_nobody(mut self) -> Self {
        self.event["requestContext"]["authorizer"] = Value::Null;
        self
    }

    /// With another path.
    #[must_use]
    pub fn to(mut self, path: &str) -> Self {
        self.event["rawPath"] = json!(path);
        self.event["requestContext"]["http"]["path"] = json!(path);
        self
    }

    /// With these parameters after the question mark.
    #[must_use]
    pub fn with_query(mut self, query: &str) -> Self {
        self.event["rawQueryString"] = json!(query);
        self
    }

    /// With another method.
    #[must_use]
    pub fn with_method(mut self, method: &str) -> Self {
        self.event["requestContext"]["http"]["method"] = json!(method);
        self
    }

    /// With one header set.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.event["headers"][name] = json!(value);
        self
    }

    /// With this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<String>) -> Self {
        self.event["body"] = json!(body.into());
        self
    }

    /// Sends it.
    ///
    /// # Panics
    /// When the event is none, or the answer is neither empty nor JSON.
    pub async fn send(self, router: &Router) -> ApiResponse {
        let request = lambda_http::request::from_str(&self.event.to_string()).expect("an HTTP event");
        let response = router.clone().oneshot(request).await.expect("routers do not fail");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        ApiResponse { status: parts.status, headers: parts.headers, body }
    }
}

impl ApiResponse {
    /// The fields that a 422 complains about.
    pub fn complaints(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["field"].as_str()).collect()
    }
}
