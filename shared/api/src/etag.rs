//! `ETag` and `If-Match`: no change overwrites another one unseen.

use axum::extract::FromRequestParts;
use http::HeaderValue;
use http::request::Parts;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use crate::{FieldError, Problem};

/// The validator of one state of a resource.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(pattern = r#"^"[0-9a-f-]+"$"#)]
pub struct ETag(String);

impl ETag {
    /// Of a resource that changes together with these numbers and with nothing else.
    pub fn of(numbers: &[i64]) -> Self {
        let numbers: Vec<_> = numbers.iter().map(|number| format!("{number:x}")).collect();
        Self(format!("\"{}\"", numbers.join("-")))
    }

    /// As it stands in the header, in quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<ETag> for HeaderValue {
    fn from(etag: ETag) -> Self {
        Self::try_from(etag.0).expect("hexadecimal digits")
    }
}

/// Which states of the resource a request may change: the header `If-Match`. Without the header, and with `*`, any.
/// Answers 422 for anything but entity tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// Passes when the resource, which is now in the state of `etag`, may be changed.
    ///
    /// # Errors
    /// With a 412 when it is not the state that the client knows.
    pub fn check(&self, etag: &ETag) -> Result<(), Problem> {
        match &self.0 {
            // Strong comparison (RFC 9110, 8.8.3.2): a weak tag never matches.
            Some(tags) if !tags.contains(&etag.0) => Err(Problem::changed_meanwhile()),
            _ => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut tags = Vec::new();
        for value in parts.headers.get_all(http::header::IF_MATCH) {
            match value.to_str().map(str::trim) {
                Ok("*") => return Ok(Self(None)),
                Ok(text) => tags.extend(parse(text).ok_or_else(malformed)?),
                Err(_) => return Err(malformed()),
            }
        }
        Ok(Self(parts.headers.contains_key(http::header::IF_MATCH).then_some(tags)))
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let tag = r#"(W/)?"[!#-+\--~]*""#;
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(format!(r"^(\*|{tag}(\s*,\s*{tag})*)$")))
            .build();
        let description = "Only in one of these states, as `ETag` named them, is the change made; otherwise 412. \
                           `*`, and leaving it out, mean any.";
        let parameter = ParameterBuilder::new().name("If-Match").parameter_in(ParameterIn::Header);
        vec![parameter.description(Some(description)).schema(Some(schema)).build()]
    }
}

fn malformed() -> Problem {
    Problem::unprocessable(vec![FieldError::new("If-Match", "must be * or entity tags in quotes")])
}

/// Ours hold no comma and no quote, so a list of them can be cut at commas.
fn parse(text: &str) -> Option<Vec<String>> {
    text.split(',').map(str::trim).map(|tag| is_tag(tag).then(|| tag.to_owned())).collect()
}

fn is_tag(tag: &str) -> bool {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag);
    let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"'))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    async fn if_match(value: Option<&str>) -> Result<IfMatch, Problem> {
        let mut request = Request::builder();
        if let Some(value) = value {
            request = request.header("if-match", value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        IfMatch::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn only_the_known_state_may_be_changed() {
        let now = ETag::of(&[3, 255]);

        for (header, passes) in [
            (None, true),
            (Some("*"), true),
            (Some("\"3-ff\""), true),
            (Some("\"2-ff\", \"3-ff\""), true),
            (Some("\"2-ff\""), false),
            (Some("W/\"3-ff\""), false),
        ] {
            assert_eq!(if_match(header).await.unwrap().check(&now).is_ok(), passes, "{header:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_entity_tag_is_a_mistake() {
        for header in ["", "3-ff", "\"3-ff", "\"a\" \"b\""] {
            assert_eq!(if_match(Some(header)).await.unwrap_err().status().as_u16(), 422, "{header}");
        }
    }
}
