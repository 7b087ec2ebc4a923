//! POSTs that may be repeated: answered once, and then with the same answer.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use kimochi_api::{ApiError, ETag, FieldError, IdempotencyKey, Problem};
use kimochi_store::FamilyTransaction;
use kimochi_store::idempotency::{self, Answer, Earlier, KeyedRequest};
use serde::Serialize;

/// What `request` to `route` is remembered by; `None` without a key.
pub(crate) fn keyed<'a>(
    key: &'a IdempotencyKey,
    route: &str,
    request: &impl Serialize,
) -> Option<KeyedRequest<'a>> {
    key.fingerprint(route, request).map(|(key, fingerprint)| KeyedRequest { key, fingerprint })
}

/// Commits what was made and answers 201 with it; the answer is kept for whoever repeats the request.
pub(crate) async fn created(
    family: FamilyTransaction,
    request: Option<&KeyedRequest<'_>>,
    location: String,
    etag: &ETag,
    view: &impl Serialize,
) -> Result<Response, ApiError> {
    let answer = Answer {
        status: StatusCode::CREATED.as_u16(),
        etag: Some(etag.as_str().to_owned()),
        location: Some(location),
        body: serde_json::to_string(view).expect("views are made of texts and numbers"),
    };
    match request {
        Some(request) => idempotency::remember(family.last(), request, &answer).await?,
        None => family.commit().await?,
    }
    Ok(respond(answer))
}

/// The first answer again; 422 when the key was used for another request, 409 while that one is being worked on.
pub(crate) async fn repeated(
    family: FamilyTransaction,
    request: Option<&KeyedRequest<'_>>,
) -> Result<Response, ApiError> {
    let request = request.expect("only a request with a key can find it taken");
    let earlier = idempotency::earlier(&family, request).await?;
    family.commit().await?;
    match earlier {
        Earlier::Answered(answer) => Ok(respond(answer)),
        Earlier::OtherRequest => {
            let detail = "was used before, with another body";
            Err(Problem::unprocessable(vec![FieldError::new("Idempotency-Key", detail)]).into())
        }
        Earlier::UnderWay => {
            let detail = "A request with this Idempotency-Key is being worked on. Repeat it in a moment.";
            Err(Problem::new(StatusCode::CONFLICT, detail).into())
        }
    }
}

fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in [(ETAG, answer.etag), (LOCATION, answer.location)] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
    (status, headers, answer.body).into_response()
}
