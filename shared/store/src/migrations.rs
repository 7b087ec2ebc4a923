//! Bringing the database up to date.
//!
//! Migrations go forward only, and each tolerates the release before it, which still runs while they are
//! applied: expand, backfill, contract.

use refinery::{Migration, Runner};

use crate::{Database, Result};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Two deploys at once migrate one after the other: who holds this lock. The number is the word "kimochi".
const LOCK: i64 = 0x006b_696d_6f63_6869;

/// What [`migrate`] did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Names of the migrations that were applied now, in their order.
    pub applied: Vec<String>,
    /// The version that the database has now.
    pub version: i32,
}

/// Applies what is missing, each migration in a transaction of its own, and makes room in the audit log for a year
/// from now on. `db` connects as `kimochi_owner`.
///
/// # Errors
/// When a migration fails: it left nothing behind, the ones before it stay. Also when the database holds a
/// migration that this release does not have, or has with other content.
pub async fn migrate(db: &Database) -> Result<Report> {
    // Not returned to the pool: the lock ends with the session, whatever happens in between.
    let mut session = deadpool::managed::Object::take(db.client().await?);
    session.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await?;
    // A migration that waits for a long query must not make everyone else wait behind it.
    session.batch_execute("SET lock_timeout = '10s'").await?;

    let runner = embedded::migrations::runner();
    let report = runner.run_async(&mut *session).await?;
    session.execute("SELECT prepare_audit_months(now(), 13)", &[]).await?;
    let latest = runner.get_last_applied_migration_async(&mut *session).await?;
    Ok(Report {
        applied: report.applied_migrations().iter().map(ToString::to_string).collect(),
        version: latest.as_ref().map_or(0, Migration::version),
    })
}

/// The version that this release brings a database to.
pub fn latest_version() -> i32 {
    let runner: Runner = embedded::migrations::runner();
    runner.get_migrations().iter().map(Migration::version).max().unwrap_or_default()
}

/// A number that changes with every change of any migration.
pub fn fingerprint() -> u64 {
    let runner: Runner = embedded::migrations::runner();
    let checksums = runner.get_migrations().iter().map(Migration::checksum);
    checksums.fold(0, |all, checksum| all.rotate_left(7) ^ checksum)
}
