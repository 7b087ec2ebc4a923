//! Ids in paths.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use crate::{FieldError, Problem};

/// The id in a path such as `/v1/recordings/{id}`. Answers 422 when it is no UUID.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<S, T> FromRequestParts<S> for PathId<T>
where
    S: Send + Sync,
    T: FromStr,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await.ok();
        let text = params.as_ref().and_then(|params| params.iter().find(|(name, _)| *name == "id"));
        text.and_then(|(_, text)| text.parse().ok())
            .map(Self)
            .ok_or_else(|| Problem::unprocessable(vec![FieldError::new("id", "must be a UUID")]))
    }
}
