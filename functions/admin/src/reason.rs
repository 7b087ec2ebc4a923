//! The `x-support-reason` header: why an operator looks at a family.

use axum::extract::FromRequestParts;
use http::request::Parts;
use kimochi_api::{FieldError, Problem};
use kimochi_domain::SupportReason;
use percent_encoding::percent_decode_str;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

const HEADER: &str = "x-support-reason";

/// The reason that a request states. Answers 422 when there is none, or one that cannot be taken.
///
/// Headers carry ASCII: a browser sends nothing else, and what arrives of other bytes depends on who passes them on. So
/// other characters come percent-encoded, as UTF-8.
#[derive(Debug, Clone)]
pub(crate) struct Reason(pub(crate) SupportReason);

/// The same for a request that may go without. Answers 422 for one that cannot be taken.
#[derive(Debug, Clone)]
pub(crate) struct ReasonIfAny(Option<SupportReason>);

impl ReasonIfAny {
    /// The reason, now that one is needed.
    pub(crate) fn needed(self) -> Result<SupportReason, Problem> {
        self.0.ok_or_else(|| refused("must say why you look at this family, in 10 to 500 characters"))
    }
}

impl<S: Sync> FromRequestParts<S> for Reason {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        ReasonIfAny::from_request_parts(parts, state).await?.needed().map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for ReasonIfAny {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(HEADER) else { return Ok(Self(None)) };
        let is_plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        let text = value.to_str().ok().filter(|text| text.as_bytes().iter().all(is_plain));
        let text = text.and_then(|text| percent_decode_str(text).decode_utf8().ok());
        let text = text.ok_or_else(|| refused("must be ASCII, other characters percent-encoded as UTF-8"))?;
        text.parse().map(|reason| Self(Some(reason))).map_err(refused)
    }
}

fn refused(detail: impl ToString) -> Problem {
    Problem::unprocessable(vec![FieldError::new(HEADER, detail)])
}

impl IntoParams for Reason {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![described(Required::True, "Why you look at this family")]
    }
}

impl IntoParams for ReasonIfAny {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![described(Required::False, "Needed with `user_id`: why you look at this family")]
    }
}

fn described(required: Required, what: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).min_length(Some(10)).build();
    let description = format!(
        "{what}, in 10 to 500 characters. It is kept in the audit log. Other characters than ASCII are \
         percent-encoded as UTF-8."
    );
    let parameter = ParameterBuilder::new().name(HEADER).parameter_in(ParameterIn::Header);
    parameter.required(required).description(Some(description)).schema(Some(schema)).build()
}
