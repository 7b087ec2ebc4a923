//! The audit log as operators look through it.

use std::net::IpAddr;

use jiff::Timestamp;
use kimochi_domain::{AuditAction, AuditActor, AuditLogId, UserId};
use serde_json::Value;
use tokio_postgres::Row;

use crate::listing::Listing;
use crate::{OperatorTransaction, Result};

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Its id.
    pub id: AuditLogId,
    /// When it was done.
    pub at: Timestamp,
    /// `parent`, `operator` or `function`.
    pub actor_kind: String,
    /// The operator's `sub` or the function's name; `None` for a parent, who is the family.
    pub actor: Option<String>,
    /// The family concerned.
    pub user_id: Option<UserId>,
    /// What was done to what.
    pub action: String,
    /// The kind of thing it was done to.
    pub subject_kind: String,
    /// Which one.
    pub subject_id: Option<String>,
    /// `done` or `refused`.
    pub outcome: String,
    /// API Gateway's id of the request.
    pub request_id: Option<String>,
    /// Where the request came from.
    pub source_address: Option<IpAddr>,
    /// Names of changed columns, numbers, an operator's reason: an object.
    pub details: Option<Value>,
}

/// Which deeds to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those that concern one family.
    pub user_id: Option<UserId>,
    /// Those of one operator or function.
    pub actor: Option<AuditActor>,
    /// Those of one kind.
    pub action: Option<AuditAction>,
    /// Done at this time or later.
    pub from: Option<Timestamp>,
    /// Done before this time.
    pub until: Option<Timestamp>,
}

/// A place in the list: after the deed with these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When it was done.
    pub at: Timestamp,
    /// Its id.
    pub id: AuditLogId,
}

/// The first `limit` deeds after `after`, the latest first.
///
/// # Errors
/// When the database cannot be reached.
pub async fn list(
    operator: &OperatorTransaction,
    filter: &Filter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Deed>> {
    const SQL: &str = "\
-- audit::list
SELECT id, at, actor_kind, actor, user_id, action, subject_kind, subject_id, outcome, request_id, source_address, details
FROM audit_logs";

    let actor = filter.actor.as_ref().map(AuditActor::as_str);
    let action = filter.action.as_ref().map(AuditAction::as_str);
    let mut listing = Listing::new(SQL);
    listing.filter("user_id = ?", filter.user_id.as_ref().map(|id| &id.0));
    listing.filter("actor = ?", actor.as_ref());
    listing.filter("action = ?", action.as_ref());
    listing.filter("at >= ?", filter.from.as_ref());
    listing.filter("at < ?", filter.until.as_ref());
    listing.after("at", after.as_ref().map(|end| (&end.at, &end.id.0)));
    listing.latest(operator, "at", &limit).await?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<Deed> {
    let user_id: Option<uuid::Uuid> = row.try_get("user_id")?;
    Ok(Deed {
        id: AuditLogId(row.try_get("id")?),
        at: row.try_get("at")?,
        actor_kind: row.try_get("actor_kind")?,
        actor: row.try_get("actor")?,
        user_id: user_id.map(UserId),
        action: row.try_get("action")?,
        subject_kind: row.try_get("subject_kind")?,
        subject_id: row.try_get("subject_id")?,
        outcome: row.try_get("outcome")?,
        request_id: row.try_get("request_id")?,
        source_address: row.try_get("source_address")?,
        details: row.try_get("details")?,
    })
}
