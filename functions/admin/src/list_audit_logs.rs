//! `GET /v1/admin/audit-logs`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use kimochi_api::openapi::NotFound;
use kimochi_api::{ApiError, Cursor, Limit, Page, Parameters, Problem, QueryOf, SignedIn};
use kimochi_domain::{AuditAction, AuditActor, AuditLogId, Moment, UserId};
use kimochi_store::audit::{self, Deed, Filter, Position};
use kimochi_store::support::View;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::reason::ReasonIfAny;
use crate::{App, look};

/// Which deeds to list: texts, so that each mistake can be named with its parameter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only what concerns this family: a look at a family, which needs `x-support-reason`.
    #[param(value_type = Option<UserId>)]
    user_id: Option<String>,
    /// Only what this operator (the `sub` of the token) or this function did.
    #[param(value_type = Option<AuditActor>)]
    actor: Option<String>,
    /// Only this, such as `family.view`.
    #[param(value_type = Option<AuditAction>)]
    action: Option<String>,
    /// Done at this time or later.
    #[param(inline, value_type = Option<Moment>)]
    from: Option<String>,
    /// Done before this time.
    #[param(inline, value_type = Option<Moment>)]
    to: Option<String>,
    /// How many on a page.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{32}$")]
    cursor: Option<String>,
}

/// What somebody did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditLog, examples(DeedView::example))]
pub(crate) struct DeedView {
    id: AuditLogId,
    at: Timestamp,
    /// `parent`, `operator` or `function`.
    actor_kind: String,
    /// `null` for a parent, who is the family.
    #[schema(required, value_type = Option<AuditActor>)]
    actor: Option<String>,
    /// The family concerned; `null` when none is.
    #[schema(required)]
    user_id: Option<UserId>,
    #[schema(value_type = AuditAction)]
    action: String,
    /// The kind of thing it was done to.
    subject_kind: String,
    /// Which one.
    #[schema(required)]
    subject_id: Option<String>,
    /// `done` or `refused`.
    outcome: String,
    /// The `x-request-id` of the request.
    #[schema(required)]
    request_id: Option<String>,
    /// Where the request came from.
    #[schema(required, value_type = Option<String>)]
    source_address: Option<IpAddr>,
    /// Names of changed columns, numbers, or the reason of an operator's look.
    #[schema(required, value_type = Option<Object>)]
    details: Option<Value>,
}

impl From<Deed> for DeedView {
    fn from(deed: Deed) -> Self {
        Self {
            id: deed.id,
            at: deed.at,
            actor_kind: deed.actor_kind,
            actor: deed.actor,
            user_id: deed.user_id,
            action: deed.action,
            subject_kind: deed.subject_kind,
            subject_id: deed.subject_id,
            outcome: deed.outcome,
            request_id: deed.request_id,
            source_address: deed.source_address,
            details: deed.details,
        }
    }
}

impl DeedView {
    /// One in the OpenAPI document.
    fn example() -> Value {
        json!({
            "id": "019d4640-9840-7000-8000-0000000000f1",
            "at": "2026-03-31T23:30:00Z",
            "actor_kind": "operator",
            "actor": "5f0c9c6e-0000-4000-8000-0000000000aa",
            "user_id": "019d4640-9840-7000-8000-0000000000aa",
            "action": "family.view",
            "subject_kind": "family",
            "subject_id": "019d4640-9840-7000-8000-0000000000aa",
            "outcome": "done",
            "request_id": "JKJaXmPLvHcESHA=",
            "source_address": "192.0.2.1",
            "details": {"reason": "問い合わせ #123 への回答"},
        })
    }
}

/// Lists who did what, page by page.
///
/// 200 with the deeds, the latest first; 404 when there is no such family; 422 when a parameter cannot be understood, and
/// when a family is named without a reason.
#[utoipa::path(
    get,
    path = "/v1/admin/audit-logs",
    operation_id = "list_audit_logs",
    tag = "administration",
    security(("Operator" = [])),
    params(ListQuery, ReasonIfAny),
    responses(
        (
            status = 200,
            body = Page<DeedView>,
            example = json!({
                "items": [DeedView::example()],
                "next_cursor": "AAZOW-V1wsABnUZAmEBwAIAAAAAAAADR",
            }),
        ),
        NotFound,
    ),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    reason: ReasonIfAny,
) -> Result<impl IntoResponse, ApiError> {
    let (filter, after, limit) = parse(&query)?;
    let look = filter.user_id.map(|id| reason.needed().map(|reason| (id, reason))).transpose()?;

    let mut operator = app.database.operator(&caller, (app.clock)()).await?;
    if let Some((id, reason)) = look {
        (operator, _) = look::at(operator, id, View::AuditLogs, &reason).await?;
    }
    let deeds = audit::list(&operator, &filter, after, limit.and_one()).await?;
    operator.commit().await?;

    let page = Page::cut(deeds, limit, place, DeedView::from);
    Ok(([(CACHE_CONTROL, "no-store")], Json(page)))
}

fn place(deed: &Deed) -> Cursor {
    Cursor { at: deed.at, id: deed.id.0 }
}

fn parse(query: &ListQuery) -> Result<(Filter, Option<Position>, Limit), Problem> {
    let mut parameters = Parameters::default();
    let filter = Filter {
        user_id: parameters.read_id("user_id", query.user_id.as_deref()),
        actor: parameters.read("actor", query.actor.as_deref()),
        action: parameters.read("action", query.action.as_deref()),
        from: parameters.read("from", query.from.as_deref()).map(Moment::timestamp),
        until: parameters.read("to", query.to.as_deref()).map(Moment::timestamp),
    };
    let (limit, cursor) = parameters.read_page(query.limit.as_deref(), query.cursor.as_deref());
    parameters.check()?;
    Ok((filter, cursor.map(|end| Position { at: end.at, id: AuditLogId(end.id) }), limit))
}
