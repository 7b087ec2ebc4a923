//! A transaction of one of our operators, who sees of a family only what [`support`](crate::support) shows.

use std::ops::Deref;

use jiff::Timestamp;
use kimochi_domain::Caller;

use crate::transaction::Transaction;
use crate::{Client, Connection, Result};

/// A transaction of one operator: what it writes is noted under their name.
#[derive(Debug)]
pub struct OperatorTransaction(Transaction);

impl OperatorTransaction {
    pub(crate) async fn begin(client: Client, caller: &Caller, now: Timestamp) -> Result<Self> {
        let transaction = Transaction::new(client);
        transaction.open(open(&transaction, caller, now)).await?;
        Ok(Self(transaction))
    }

    /// Makes everything that was done in it happen.
    ///
    /// # Errors
    /// When it did not happen, or, if the connection broke, when nobody can tell.
    pub async fn commit(self) -> Result<()> {
        self.0.commit().await
    }
}

impl Deref for OperatorTransaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

async fn open(connection: &Connection, caller: &Caller, now: Timestamp) -> Result<()> {
    const SQL: &str = "\
-- operator::open
SELECT open_operator($1, $2, $3, $4)";

    let statement = connection.prepare_cached(SQL).await?;
    let Caller { identity, request_id, source_address } = caller;
    connection.execute(&statement, &[&identity.subject, &now, request_id, source_address]).await?;
    Ok(())
}
