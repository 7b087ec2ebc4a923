//! What the OpenAPI document says of every operation alike.
//!
//! Extractors and [`serve`](crate::serve()) treat all requests in the same way, and what an operation takes decides how
//! it can be refused. So a handler's `#[utoipa::path]` names only what is its own, and [`complete`] adds the rest.
//! Nothing of this runs in a function.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::schema::{Array, ArrayItems, Components, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::{ETag, FieldError, Problem};

/// 404, for an operation that looks for something that its path does not name.
pub struct NotFound;

/// 409, for an operation that can clash with another one.
pub struct Conflict;

impl IntoResponses for NotFound {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([refusal(StatusCode::NOT_FOUND)])
    }
}

impl IntoResponses for Conflict {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([refusal(StatusCode::CONFLICT)])
    }
}

/// What API Gateway says when it answers itself.
#[derive(ToSchema)]
struct GatewayMessage {
    #[expect(dead_code, reason = "API Gateway makes it")]
    message: String,
}

/// Adds to a function's document what holds for all operations: who may call, how a request can be refused, and the
/// headers of every answer.
pub fn complete(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            let refusals = refusals(operation);
            let responses = &mut operation.responses.responses;
            responses.iter_mut().for_each(|(status, response)| complete_answer(status, response));
            for (status, response) in refusals.into_iter().map(refusal) {
                responses.entry(status).or_insert(response);
            }
        }
    }

    let components = document.components.get_or_insert_default();
    add_schema::<ETag>(components);
    add_schema::<FieldError>(components);
    add_schema::<GatewayMessage>(components);
    add_schema::<Problem>(components);
    components.responses.extend(PROBLEMS.map(|problem| (name(problem.0), describe(problem).into())));
    for (scheme, description) in [
        (PARENT, "A parent's token, from the parents' user pool."),
        ("Operator", "An operator's token, from the operators' user pool, which demands a second factor."),
    ] {
        let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        components
            .add_security_scheme(scheme, SecurityScheme::Http(http.description(Some(description)).build()));
    }
    refer(components);
    document
}

/// utoipa writes out what a generic type is a list of; here it becomes a reference again.
fn refer(components: &mut Components) {
    let named = components.schemas.clone();
    for schema in components.schemas.values_mut() {
        let RefOr::T(Schema::Object(object)) = schema else { continue };
        for property in object.properties.values_mut() {
            let RefOr::T(Schema::Array(Array { items: ArrayItems::RefOrSchema(items), .. })) = property
            else {
                continue;
            };
            if let Some((name, _)) = named.iter().find(|(_, schema)| **schema == **items) {
                **items = Ref::from_schema_name(name).into();
            }
        }
    }
}

/// The authorizer of a route that names none, here as in the template.
const PARENT: &str = "Parent";

fn parent() -> SecurityRequirement {
    SecurityRequirement::new::<_, [&str; 0], &str>(PARENT, [])
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// How a request can be refused, by what the operation takes and who may call it.
fn refusals(operation: &mut Operation) -> Vec<StatusCode> {
    let callers = operation.security.get_or_insert_with(|| vec![parent()]);
    let mut refusals = vec![
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    if !callers.contains(&SecurityRequirement::default()) {
        refusals.push(StatusCode::UNAUTHORIZED);
    }
    if callers.contains(&parent()) {
        refusals.push(StatusCode::GONE);
    }
    for parameter in operation.parameters.iter().flatten() {
        refusals.push(StatusCode::UNPROCESSABLE_ENTITY);
        match parameter {
            RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Path => {
                refusals.push(StatusCode::NOT_FOUND);
            }
            RefOr::T(parameter) if parameter.name == "If-Match" => {
                refusals.push(StatusCode::PRECONDITION_FAILED);
            }
            _ => (),
        }
    }
    if operation.request_body.is_some() {
        refusals.extend([
            StatusCode::BAD_REQUEST,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]);
    }
    refusals
}

/// Who answers with a status: the functions, API Gateway before or instead of them, or either.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Function,
    Gateway,
    Either,
}

const PROBLEMS: [(StatusCode, By, &str); 12] = [
    (StatusCode::BAD_REQUEST, By::Function, "The body is no JSON."),
    (StatusCode::UNAUTHORIZED, By::Either, "There is no token, or not a valid one."),
    (StatusCode::NOT_FOUND, By::Function, "There is none that you could reach."),
    (StatusCode::CONFLICT, By::Function, "It clashes with something else that is there or under way."),
    (StatusCode::GONE, By::Function, "The family has left, or what is asked for has been deleted."),
    (StatusCode::PRECONDITION_FAILED, By::Function, "It is in another state than `If-Match` says."),
    (StatusCode::PAYLOAD_TOO_LARGE, By::Either, "The body has more than 64 KiB."),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, By::Function, "The body is not sent as `application/json`."),
    (StatusCode::UNPROCESSABLE_ENTITY, By::Function, "A field, parameter or header cannot be taken."),
    (StatusCode::TOO_MANY_REQUESTS, By::Gateway, "Too many requests at once."),
    (StatusCode::INTERNAL_SERVER_ERROR, By::Either, "A mistake of ours."),
    (StatusCode::SERVICE_UNAVAILABLE, By::Either, "Out of order for the moment; try again."),
];

/// A reference to the component that describes `status`.
fn refusal(status: StatusCode) -> (String, RefOr<Response>) {
    (status.as_str().to_owned(), Ref::from_response_name(name(status)).into())
}

/// `NotFound` for 404.
fn name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or_default().replace(' ', "")
}

fn describe((status, by, description): (StatusCode, By, &str)) -> Response {
    let mut response = ResponseBuilder::new().description(description);
    if by != By::Gateway {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name())));
        response = response
            .content("application/problem+json", content.example(Some(example(status, description))).build());
    }
    if by != By::Function {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(GatewayMessage::name())));
        let message = json!({"message": status.canonical_reason()});
        response = response.content("application/json", content.example(Some(message)).build());
    }
    let header = if by == By::Function { always(request_id()) } else { request_id() };
    response.header(REQUEST_ID, header).build()
}

fn example(status: StatusCode, description: &str) -> Value {
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::not_found("child"),
        StatusCode::GONE => Problem::gone(),
        StatusCode::PRECONDITION_FAILED => Problem::changed_meanwhile(),
        StatusCode::UNPROCESSABLE_ENTITY => {
            Problem::unprocessable(vec![FieldError::new("nickname", "must not be empty")])
        }
        other => Problem::new(other, description),
    };
    json!(problem)
}

/// An answer as a handler describes it: named after its status if by nothing else, and with its request's id.
fn complete_answer(status: &str, answer: &mut RefOr<Response>) {
    let RefOr::T(answer) = answer else { return };
    if answer.description.is_empty() {
        let status = status.parse::<StatusCode>().ok();
        answer.description =
            status.and_then(|status| status.canonical_reason()).unwrap_or("Answer").to_owned();
    }
    answer.headers.insert(REQUEST_ID.to_owned(), request_id().into());
    for header in answer.headers.values_mut() {
        if let RefOr::T(header) = header {
            *header = always(header.clone());
        }
    }
}

const REQUEST_ID: &str = "x-request-id";

fn request_id() -> Header {
    let description = "The request in our log. Name it when you ask us about it.";
    HeaderBuilder::new().schema(Some(String::schema())).description(Some(description)).build()
}

/// A header that never fails to come; utoipa has no `required` for headers.
fn always(mut header: Header) -> Header {
    header.extensions = Some(Extensions::from_iter([("required", true)]));
    header
}

fn add_schema<T: ToSchema>(components: &mut Components) {
    components.schemas.insert(T::name().into_owned(), T::schema());
}
