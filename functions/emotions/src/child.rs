//! A child as clients see and enter it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use kimochi_api::ETag;
use kimochi_domain::{BirthDate, ChildId, Gender, Nickname};
use kimochi_store::children::Child;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A child as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Child, examples(ChildView::example))]
pub(crate) struct ChildView {
    id: ChildId,
    nickname: Nickname,
    birth_date: BirthDate,
    #[schema(required)]
    gender: Option<Gender>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Child> for ChildView {
    fn from(child: Child) -> Self {
        let Child { id, nickname, birth_date, gender, created_at, updated_at, version: _ } = child;
        Self { id, nickname, birth_date, gender, created_at, updated_at }
    }
}

impl ChildView {
    /// One in the OpenAPI document.
    pub(crate) fn example() -> Value {
        json!({
            "id": "019d4640-9840-7000-8000-0000000000b1",
            "nickname": "みか",
            "birth_date": "2021-05-05",
            "gender": null,
            "created_at": "2026-03-31T23:30:00Z",
            "updated_at": "2026-03-31T23:30:00Z",
        })
    }
}

/// The validator of the child's present state.
pub(crate) fn etag(child: &Child) -> ETag {
    ETag::of(&[i64::from(child.version)])
}

/// 200 with the child and its `ETag`.
pub(crate) fn respond(child: Child) -> Response {
    let etag = HeaderValue::from(etag(&child));
    let headers = [(ETAG, etag), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::OK, headers, Json(ChildView::from(child))).into_response()
}
