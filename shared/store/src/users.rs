//! `users`: parents.

use jiff::Timestamp;
use kimochi_domain::{Identity, UserId};
use tokio_postgres::Row;

use crate::{Connection, Result};

/// A parent, and with that one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The family's id.
    pub id: UserId,
    /// When they first called.
    pub created_at: Timestamp,
}

/// Finds or makes the row of `identity` and opens that family's rows to the transaction.
pub(crate) async fn sign_in(connection: &Connection, identity: &Identity, now: Timestamp) -> Result<User> {
    const SQL: &str = "\
-- users::sign_in
SELECT user_id, user_created_at
FROM sign_in($1, $2, $3, $4)";

    let statement = connection.prepare_cached(SQL).await?;
    let row = connection
        .query_one(&statement, &[&UserId::new().0, &identity.issuer, &identity.subject, &now])
        .await?;
    from_row(&row)
}

fn from_row(row: &Row) -> Result<User> {
    Ok(User { id: UserId(row.try_get("user_id")?), created_at: row.try_get("user_created_at")? })
}
