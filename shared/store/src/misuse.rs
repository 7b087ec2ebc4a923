//! Who did unusually much of what may be a sign of misuse: counts from `audit_logs`, and whose they are.

use jiff::Timestamp;
use kimochi_domain::MisuseSign;
use tokio_postgres::Row;

use crate::columns::parsed;
use crate::{Database, Result};

/// Somebody who did more of something than most, in a span of time.
#[derive(Debug, Clone, PartialEq)]
pub struct BusyActor {
    /// What they did.
    pub sign: MisuseSign,
    /// `parent` or `operator`.
    pub actor_kind: String,
    /// The family's id, or the `sub` of the operator's token.
    pub actor: String,
    /// How often.
    pub deeds: i64,
    /// To how many recordings, families or other things.
    pub subjects: i64,
    /// How often an hour is usual for them: the median of those hours of the 28 days before in which they did it at all;
    /// `None` when there is none.
    pub usual: Option<f64>,
    /// How many there are who did it, them included.
    pub actors: i64,
}

/// Those who did the most of each sign from `since` on and before `until`, at most `top` of each; the busiest of a sign
/// first.
///
/// # Errors
/// When the database cannot be reached.
pub async fn busiest_actors(
    db: &Database,
    since: Timestamp,
    until: Timestamp,
    top: i32,
) -> Result<Vec<BusyActor>> {
    const SQL: &str = "\
-- misuse::busiest_actors
SELECT sign, actor_kind, actor, deeds, subjects, usual, actors FROM busiest_actors($1, $2, $3)";

    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.query(&statement, &[&since, &until, &top]).await?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<BusyActor> {
    Ok(BusyActor {
        sign: parsed(row, "sign")?,
        actor_kind: row.try_get("actor_kind")?,
        actor: row.try_get("actor")?,
        deeds: row.try_get("deeds")?,
        subjects: row.try_get("subjects")?,
        usual: row.try_get("usual")?,
        actors: row.try_get("actors")?,
    })
}
