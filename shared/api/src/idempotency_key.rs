//! The `Idempotency-Key` header: repeating a POST without doing it twice.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::{FieldError, Problem};

const HEADER: &str = "idempotency-key";
const MAX_LENGTH: usize = 200;

/// The key a client chose for this request, 1 to 200 visible ASCII characters; `None` when it sent none.
/// Answers 422 for any other text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl IdempotencyKey {
    /// The key and, as SHA-256, what it was sent for: `request` as it was understood, to `route`. Two bodies that say
    /// the same are the same request, however they are written.
    pub fn fingerprint(&self, route: &str, request: &impl Serialize) -> Option<(&str, [u8; 32])> {
        let key = self.0.as_deref()?;
        let request = serde_json::to_vec(&(route, request)).expect("requests are made of texts and numbers");
        Some((key, Sha256::digest(request).into()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(HEADER) else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or_default().trim();
        if (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(Some(text.to_owned())))
        } else {
            let detail = format!("must be 1 to {MAX_LENGTH} visible ASCII characters");
            Err(Problem::unprocessable(vec![FieldError::new("Idempotency-Key", detail)]))
        }
    }
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX_LENGTH))
            .pattern(Some("^[!-~]+$"))
            .build();
        let description = "A text of the client's making. A request that is repeated with the same key and body is \
                           carried out once.";
        let parameter = ParameterBuilder::new().name("Idempotency-Key").parameter_in(ParameterIn::Header);
        vec![parameter.description(Some(description)).schema(Some(schema)).build()]
    }
}
