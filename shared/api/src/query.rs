//! Parameters after the question mark.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::{FieldError, Problem};

/// The query of a request as a `T`, whose fields are texts for the handler to parse: so each mistake is named with its
/// parameter. Answers 422 for a parameter that `T` does not have or that comes twice.
#[derive(Debug, Clone)]
pub struct QueryOf<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(rejection) => {
                let cause = std::error::Error::source(&rejection).map(ToString::to_string);
                let detail = cause.unwrap_or_else(|| rejection.to_string());
                Err(Problem::unprocessable(vec![FieldError::new("query", detail)]))
            }
        }
    }
}
