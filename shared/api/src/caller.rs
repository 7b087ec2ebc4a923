//! Who is calling, as API Gateway's JWT authorizer has verified it.

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use kimochi_domain::{Caller, Identity};
use lambda_http::request::RequestContext;

use crate::Problem;

/// The verified caller. Answers 401 when the request came without a verified token.
///
/// The signature, issuer, audience and expiry were checked by the authorizer; here its claims are only read.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        caller(parts)
            .map(Self)
            .ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "Sign in and send the token as a bearer."))
    }
}

fn caller(parts: &Parts) -> Option<Caller> {
    let RequestContext::ApiGatewayV2(context) = parts.extensions.get::<RequestContext>()? else {
        return None;
    };
    let claims = &context.authorizer.as_ref()?.jwt.as_ref()?.claims;
    let claim = |name: &str| claims.get(name).filter(|text| !text.is_empty()).cloned();
    Some(Caller {
        identity: Identity { issuer: claim("iss")?, subject: claim("sub")? },
        request_id: context.request_id.clone().unwrap_or_default(),
        source_address: context.http.source_ip.as_deref().and_then(|address| address.parse().ok()),
    })
}
