//! Reading JSON bodies, with errors that name the field.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::{FieldError, Problem};

/// The largest body, in bytes; ours are a few hundred.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// A JSON body of type `T`.
///
/// Answers 415 for another content type, 413 above 64 KiB, 400 for what is no JSON, 422 with the field's name
/// for JSON of another shape.
#[derive(Debug, Clone)]
pub struct JsonBody<T>(pub T);

impl<S, T> FromRequest<S> for JsonBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send the body as application/json.",
            ));
        }
        let bytes = to_bytes(request.into_body(), MAX_BODY_BYTES).await.map_err(|_| {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("A body may have {MAX_BODY_BYTES} bytes."))
        })?;
        parse(&bytes).map(Self)
    }
}

/// For a field of a PATCH that cannot be emptied: absent is `None`, `null` is an error. To be used as
/// `#[serde(default, deserialize_with = "given")]`.
///
/// # Errors
/// When the value is no `T`.
pub fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// For a field of a PATCH that can be emptied: absent is `None`, `null` is `Some(None)`. To be used as
/// `#[serde(default, deserialize_with = "present")]`.
///
/// # Errors
/// When the value is no `T`.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

fn is_json(request: &Request) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let field = error.path().to_string();
        describe(&field, error.inner())
    })?;
    deserializer.end().map_err(|error| describe(".", &error))?;
    Ok(value)
}

fn describe(field: &str, error: &serde_json::Error) -> Problem {
    match error.classify() {
        Category::Data => {
            let field = if field == "." { "body" } else { field };
            Problem::unprocessable(vec![FieldError::new(field, error)])
        }
        Category::Syntax | Category::Eof | Category::Io => {
            Problem::new(StatusCode::BAD_REQUEST, format!("The body is no JSON: {error}."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        #[expect(dead_code, reason = "only parsing is tested")]
        size: i64,
    }

    fn status(body: &[u8]) -> u16 {
        parse::<Wanted>(body).unwrap_err().status().as_u16()
    }

    #[test]
    fn what_is_no_json_is_a_400() {
        for body in ["", "{", "{\"size\":1}x", "size=1", "{\"size\":1,}", "\u{feff}{}"] {
            assert_eq!(status(body.as_bytes()), 400, "{body}");
        }
        assert_eq!(status(b"{\"size\":\"\xff\"}"), 400);
    }

    #[test]
    fn nesting_without_end_is_refused_and_not_followed() {
        let deep = format!("{{\"size\":{}", "[".repeat(100_000));
        assert_eq!(status(deep.as_bytes()), 422);
        let deep = "[".repeat(100_000);
        assert_eq!(parse::<serde_json::Value>(deep.as_bytes()).unwrap_err().status().as_u16(), 400);
    }

    #[test]
    fn json_of_another_shape_is_a_422_that_names_the_field() {
        for (body, named) in [
            (r#"{"size":"1"}"#, "size"),
            (r#"{"size":1.5}"#, "size"),
            (r#"{"size":99999999999999999999}"#, "size"),
            (r#"{}"#, "size"),
            (r#"{"size":1,"colour":2}"#, "colour"),
            (r#"[]"#, "body"),
            (r#"null"#, "body"),
        ] {
            let problem = parse::<Wanted>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            assert!(serde_json::to_string(&problem).unwrap().contains(named), "{body}");
        }
    }
}
