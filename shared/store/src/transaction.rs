//! A transaction that owns its connection, begins along with its first statement, and is rolled back when
//! dropped.

use std::ops::Deref;

use futures_util::FutureExt as _;
use tokio::try_join;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::connection::{is_new, sign_of_life};
use crate::{Client, Connection, Result};

/// A transaction. Statements run on it as on a [`Connection`]; without [`commit`](Self::commit) or [`last`](Self::last) they
/// never happened.
///
/// `tokio_postgres` has its own transaction, which borrows the connection until BEGIN is answered. This one
/// does not, so that BEGIN and the first statement can travel together: PostgreSQL executes in the order in
/// which futures are first polled.
#[derive(Debug)]
pub(crate) struct Transaction {
    client: Client,
    committed: bool,
}

impl Transaction {
    /// Takes the connection; nothing is sent yet, but from here on dropping rolls back.
    pub(crate) fn new(client: Client) -> Self {
        Self { client, committed: false }
    }

    /// Begins. May be joined with the first statement if polled before it.
    pub(crate) async fn begin(&self) -> Result<()> {
        Ok(self.client.batch_execute("BEGIN").await?)
    }

    /// Begins, and waits for the `first` statement, which must run on this connection: both in one round trip. That it has
    /// begun is the sign of life of a connection that was used before.
    ///
    /// # Errors
    /// [`Error::Asleep`](crate::Error::Asleep) when there was none within a second. A new connection may do it then; should
    /// the server only have been slow, what was sent is executed all the same, and once more there.
    pub(crate) async fn open<T>(&self, first: impl Future<Output = Result<T>>) -> Result<T> {
        let begun = async {
            if is_new(&self.client) { self.begin().await } else { sign_of_life(self.begin()).await }
        };
        let ((), opened) = try_join!(biased; begun, first)?;
        Ok(opened)
    }

    /// Makes everything that was done in it happen.
    ///
    /// # Errors
    /// When it did not happen, or, if the connection broke, when nobody can tell.
    pub(crate) async fn commit(self) -> Result<()> {
        self.send_commit().await?;
        self.mark_committed();
        Ok(())
    }

    /// Sends COMMIT. May be joined with the last statement if polled after it: should that fail, PostgreSQL takes COMMIT for
    /// ROLLBACK.
    pub(crate) async fn send_commit(&self) -> Result<()> {
        Ok(self.client.batch_execute("COMMIT").await?)
    }

    /// Executes its last statement and commits, in one round trip if the statement was used on this connection before.
    ///
    /// # Errors
    /// As [`commit`](Self::commit), or when the statement fails.
    pub(crate) async fn last(self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        // Before the first of them is sent, so that COMMIT cannot overtake it.
        let statement = self.prepare_cached(sql).await?;
        let answer = async { Ok(self.query(&statement, parameters).await?) };
        let (rows, ()) = try_join!(biased; answer, self.send_commit())?;
        self.mark_committed();
        Ok(rows)
    }

    /// After COMMIT was answered.
    pub(crate) fn mark_committed(mut self) {
        self.committed = true;
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.client
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.committed {
            // Polling once sends it; the connection's task reads the answer. Whoever gets the connection next is behind it in
            // the queue. Where COMMIT was sent already, all it does is a warning in PostgreSQL's log.
            let _ = self.client.batch_execute("ROLLBACK").now_or_never();
        }
    }
}
