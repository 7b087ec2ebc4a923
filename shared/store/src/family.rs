//! A transaction in which only one family exists, and where in it a statement is executed.

use std::ops::Deref;

use jiff::Timestamp;
use kimochi_domain::Caller;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::audit::{self, Subject};
use crate::transaction::Transaction;
use crate::users::{self, Opening, User};
use crate::{Client, Connection, Error, Result};

/// A transaction of one family: row-level security hides every other family's rows from it. What takes one
/// of these cannot be called without having said whose it is.
#[derive(Debug)]
pub struct FamilyTransaction {
    transaction: Transaction,
    user: User,
}

impl FamilyTransaction {
    pub(crate) async fn begin(client: Client, caller: &Caller, now: Timestamp) -> Result<Self> {
        let transaction = Transaction::new(client);
        match transaction.open(users::open_family(&transaction, caller, now)).await? {
            Opening::Open(user) => Ok(Self { transaction, user }),
            Opening::Left => Err(Error::FamilyLeft),
        }
    }

    /// Whose transaction it is.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Ends it with nothing done, because there is no `subject` of this family. If it is another family's, that is
    /// noted.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn refuse(self, subject: Subject) -> Result<()> {
        audit::note_refusal(self.last(), subject).await
    }

    /// For its last statement, with which it is committed, in one round trip.
    pub fn last(self) -> LastStatement {
        LastStatement(self)
    }

    /// Makes everything that was done in it happen; the parent's own row too, if this was their first call.
    ///
    /// # Errors
    /// When it did not happen, or, if the connection broke, when nobody can tell.
    pub async fn commit(self) -> Result<()> {
        self.transaction.commit().await
    }
}

impl Deref for FamilyTransaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.transaction
    }
}

/// Where a statement that changes something of a family is executed: in its transaction, or as the last of it.
pub trait WriteFamily: Send {
    /// Whose transaction it is.
    fn user(&self) -> User;

    /// Executes `sql`; the rows that it returns.
    ///
    /// # Errors
    /// When it fails or the database cannot be reached; of the last one also as [`FamilyTransaction::commit`].
    fn write(
        self,
        sql: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Vec<Row>>> + Send;
}

impl WriteFamily for &FamilyTransaction {
    fn user(&self) -> User {
        self.user
    }

    async fn write(self, sql: &'static str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let statement = self.prepare_cached(sql).await?;
        Ok(self.query(&statement, parameters).await?)
    }
}

/// The end of a family's transaction: what is executed here is its last statement, and COMMIT travels with it.
#[derive(Debug)]
#[must_use = "without a statement the transaction is rolled back"]
pub struct LastStatement(FamilyTransaction);

impl WriteFamily for LastStatement {
    fn user(&self) -> User {
        self.0.user
    }

    async fn write(self, sql: &'static str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        self.0.transaction.last(sql, parameters).await
    }
}
