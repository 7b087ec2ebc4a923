//! Ids and names in paths.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::{IntoParams, PartialSchema};

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
        let text = parameter(parts, state, "id").await;
        let id =
            text.parse().map_err(|_| Problem::unprocessable(vec![FieldError::new("id", "must be a UUID")]));
        id.map(Self)
    }
}

/// The name in a path such as `/v1/admin/emotions/{name}`. Answers 422 when it is no such name.
#[derive(Debug, Clone)]
pub struct PathName<T>(pub T);

impl<S, T> FromRequestParts<S> for PathName<T>
where
    S: Send + Sync,
    T: FromStr<Err: std::fmt::Display>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = parameter(parts, state, "name").await;
        let name = text.parse().map_err(|error| Problem::unprocessable(vec![FieldError::new("name", error)]));
        name.map(Self)
    }
}

/// The parameter of the route that is called `name`; empty when it is no text.
async fn parameter<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> String {
    let parameters = RawPathParams::from_request_parts(parts, state).await.ok();
    let found = parameters.as_ref().and_then(|all| all.iter().find(|(candidate, _)| *candidate == name));
    found.map(|(_, text)| text.to_owned()).unwrap_or_default()
}

impl<T: PartialSchema> IntoParams for PathId<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![described::<T>("id")]
    }
}

impl<T: PartialSchema> IntoParams for PathName<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![described::<T>("name")]
    }
}

fn described<T: PartialSchema>(name: &str) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
    parameter.required(Required::True).schema(Some(T::schema())).build()
}
