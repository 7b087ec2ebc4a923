//! A connection for work that must not run twice at once.

use std::ops::Deref;

use deadpool::managed::Object;
use jiff::Timestamp;
use kimochi_domain::{JobKind, Transient as _};
use tokio_postgres::error::SqlState;

use crate::{Connection, Database, Error, Result};

/// What only one run may do at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Sealing, archiving or verifying `audit_logs`: each relies on the others standing still.
    AuditLogs,
    /// Archiving `job_runs`.
    JobRuns,
    /// What is done on a schedule.
    Scheduled(JobKind),
}

impl Work {
    /// The name of its advisory lock in the database.
    fn lock(self) -> String {
        match self {
            Self::AuditLogs => "audit_logs".to_owned(),
            Self::JobRuns => "job_runs".to_owned(),
            Self::Scheduled(kind) => format!("scheduled/{kind}"),
        }
    }
}

/// A connection of its own that has a piece of work to itself, until it is dropped or its process dies.
#[derive(Debug)]
pub struct Exclusive {
    connection: Connection,
    work: Work,
    opened_at: Timestamp,
}

impl Exclusive {
    /// Opens a connection and waits for the work's lock, as long as the role may wait for locks; `None` when another run
    /// has it for longer.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn begin(db: &Database, work: Work) -> Result<Option<Self>> {
        const SQL: &str = "\
-- exclusive::begin
SELECT pg_advisory_lock(hashtextextended($1, 0)), clock_timestamp() AS now";

        // Not returned to the pool: the lock ends with the session, whatever happens in between.
        let connection = Object::take(db.client().await?);
        match connection.query_one(SQL, &[&work.lock()]).await {
            Ok(row) => Ok(Some(Self { opened_at: row.try_get("now")?, connection, work })),
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The server's time when the work began.
    pub fn opened_at(&self) -> Timestamp {
        self.opened_at
    }

    /// Begins a transaction. Who meets an error in it drops the whole connection.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn begin_transaction(&self) -> Result<()> {
        Ok(self.batch_execute("BEGIN").await?)
    }

    /// Makes what was done in the transaction happen.
    ///
    /// # Errors
    /// When it did not happen, or, if the connection broke, when nobody can tell.
    pub async fn commit(&self) -> Result<()> {
        Ok(self.batch_execute("COMMIT").await?)
    }

    /// Makes it as if the transaction had never begun.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn roll_back(&self) -> Result<()> {
        Ok(self.batch_execute("ROLLBACK").await?)
    }

    /// Gives the work back at once; dropping does so as soon as the server notices.
    pub async fn end(self) {
        const SQL: &str = "\
-- exclusive::end
SELECT pg_advisory_unlock(hashtextextended($1, 0))";

        // If it fails, the connection is dead, and the lock with it.
        let ended = self.execute(SQL, &[&self.work.lock()]).await.map_err(Error::from);
        if let Err(error) = ended {
            tracing::warn!(%error, transient = error.is_transient(), "a lock was not given back in time");
        }
    }
}

impl Deref for Exclusive {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}
