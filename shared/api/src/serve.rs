//! What every request goes through, whatever its route: a request id, one line in the log, answers for
//! routes that do not exist.

use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode};
use lambda_http::request::RequestContext;
use tracing::Instrument as _;

use crate::Problem;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Serves `router` to Lambda until the sandbox ends.
///
/// # Errors
/// When the Lambda runtime cannot be reached.
pub async fn serve(router: Router) -> Result<(), lambda_http::Error> {
    lambda_http::run(finish(router)).await
}

/// Adds to `router` what all functions share. Tests call the result as Lambda would.
pub fn finish(router: Router) -> Router {
    router
        .fallback(async || Problem::not_found("route"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This route does not take that method.")
        })
        .layer(from_fn(trace))
}

/// Gives the request its id and writes one line when it is done: route, status and time, never content.
async fn trace(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = request_id(&request);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", request.id = request_id, %method, route);

    let mut response = next.run(request).instrument(span.clone()).await;

    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    let status = response.status().as_u16();
    let duration_ms = started.elapsed().as_millis() as u64;
    span.in_scope(|| tracing::info!(status, duration_ms, "{method} {route}: {status}"));
    response
}

/// API Gateway's id of the request: the same in its access log, in our log and in the answer.
fn request_id(request: &Request) -> String {
    let gateway = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    let lambda =
        || request.extensions().get::<lambda_http::Context>().map(|context| context.request_id.clone());
    gateway.or_else(lambda).unwrap_or_default()
}
