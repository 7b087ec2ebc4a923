//! Questions of a family: in its transaction or, where there is only one, asked and answered in one round trip.

use jiff::Timestamp;
use kimochi_domain::Caller;
use tokio::try_join;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::audit::Subject;
use crate::transaction::Transaction;
use crate::users::{self, Opening};
use crate::{Client, Database, Error, FamilyTransaction, Result};

/// What can be asked for rows of one family.
pub trait ReadFamily: Sync {
    /// The rows that `sql` asks for. It names the family as `(SELECT signed_in_user_id())`, whose transaction it is, and writes
    /// nothing: where the server is slow, it may be executed twice.
    ///
    /// # Errors
    /// When the database cannot be reached, or as [`Database::family`].
    fn rows(
        &self,
        sql: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Vec<Row>>> + Send;

    /// As [`rows`](Self::rows), for a question that one row answers, or none.
    ///
    /// # Errors
    /// As there.
    fn row(
        &self,
        sql: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Option<Row>>> + Send {
        async move { Ok(self.rows(sql, parameters).await?.pop()) }
    }
}

impl ReadFamily for FamilyTransaction {
    async fn rows(&self, sql: &'static str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let statement = self.prepare_cached(sql).await?;
        Ok(self.query(&statement, parameters).await?)
    }
}

/// Asks for rows of one family, each time in a transaction of its own. From its second use on a connection a question
/// takes one round trip: sign of life, BEGIN, whose transaction it is, the question itself and COMMIT travel together.
#[derive(Debug, Clone, Copy)]
pub struct FamilyReader<'a> {
    database: &'a Database,
    caller: &'a Caller,
    now: Timestamp,
}

impl<'a> FamilyReader<'a> {
    pub(crate) fn new(database: &'a Database, caller: &'a Caller, now: Timestamp) -> Self {
        Self { database, caller, now }
    }

    /// A transaction of the same family, for more than a question.
    ///
    /// # Errors
    /// As [`Database::family`].
    pub async fn begin(&self) -> Result<FamilyTransaction> {
        self.database.family(self.caller, self.now).await
    }

    /// Notes, if it is another family's, that there is no `subject` of this one.
    ///
    /// # Errors
    /// As [`Database::family`].
    pub async fn refuse(&self, subject: Subject) -> Result<()> {
        self.begin().await?.refuse(subject).await
    }
}

impl ReadFamily for FamilyReader<'_> {
    async fn rows(&self, sql: &'static str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        self.database.awake(|client| ask(client, self.caller, self.now, sql, parameters)).await
    }
}

/// Everything is prepared before the first statement is sent: none can overtake another, and COMMIT follows the last.
async fn ask(
    client: Client,
    caller: &Caller,
    now: Timestamp,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>> {
    let transaction = Transaction::new(client);
    let work = async {
        transaction.prepare_cached(users::OPEN_FAMILY).await?;
        let question = transaction.prepare_cached(sql).await?;
        let answer = async { Ok(transaction.query(&question, parameters).await?) };
        try_join!(biased; users::open_family(&transaction, caller, now), answer, transaction.send_commit())
    };
    let (opening, rows, ()) = transaction.open(work).await?;
    transaction.mark_committed();
    match opening {
        Opening::Open(_) => Ok(rows),
        Opening::Left => Err(Error::FamilyLeft),
    }
}
