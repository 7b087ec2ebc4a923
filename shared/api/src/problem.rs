//! Errors as RFC 9457 Problem documents.

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong, for the client and the person before it (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the status says what kind of problem it is (RFC 9457, 4.2.1).
    #[serde(rename = "type")]
    #[schema(pattern = "^about:blank$")]
    kind: &'static str,
    /// The status's own name.
    title: &'static str,
    /// The same as the answer's.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, minimum = 400, maximum = 599)]
    status: StatusCode,
    /// What to do about it.
    detail: String,
    /// What is wrong, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

/// What is wrong with one part of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field in the body (`a.b[0]`), a parameter, or a header by name.
    pub field: String,
    /// What it should be.
    pub detail: String,
}

impl FieldError {
    /// Says of `field` what it should be.
    pub fn new(field: impl Into<String>, detail: impl ToString) -> Self {
        Self { field: field.into(), detail: detail.to_string() }
    }

    /// The error of `field`, if it could not be parsed.
    pub fn of<T, E: ToString>(field: &str, parsed: Result<T, E>) -> Option<Self> {
        parsed.err().map(|error| Self::new(field, error))
    }
}

impl Problem {
    /// A problem whose title is the status's own name.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self { kind: "about:blank", title, status, detail: detail.into(), errors: Vec::new() }
    }

    /// 404. Also the answer for what belongs to another family.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no such {what}."))
    }

    /// 410: the family has left the service.
    pub fn gone() -> Self {
        let detail = "You have left the service; nothing of yours can be reached any more.";
        Self::new(StatusCode::GONE, detail)
    }

    /// 412: the client changes a state that is no more.
    pub(crate) fn changed_meanwhile() -> Self {
        let detail = "It has changed meanwhile. Read it again and repeat the change on what you find.";
        Self::new(StatusCode::PRECONDITION_FAILED, detail)
    }

    /// With what is wrong, field by field.
    #[must_use]
    pub fn with_errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// 422 with what is wrong, field by field.
    pub fn unprocessable(errors: Vec<FieldError>) -> Self {
        let detail = "The request is understood, but cannot be carried out; see errors.";
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }

    /// 422 with those of `errors` that there are.
    pub fn of_fields<const N: usize>(errors: [Option<FieldError>; N]) -> Self {
        Self::unprocessable(errors.into_iter().flatten().collect())
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, axum::Json(self)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}
