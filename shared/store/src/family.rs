//! A transaction in which only one family exists.

use std::ops::Deref;

use jiff::Timestamp;
use kimochi_domain::Identity;
use tokio::try_join;

use crate::transaction::Transaction;
use crate::{Client, Connection, Result, User, users};

/// A transaction of one family: row-level security hides every other family's rows from it. What takes one
/// of these cannot be called without having said whose it is.
#[derive(Debug)]
pub struct FamilyTransaction {
    transaction: Transaction,
    user: User,
}

impl FamilyTransaction {
    pub(crate) async fn begin(client: Client, identity: &Identity, now: Timestamp) -> Result<Self> {
        let transaction = Transaction::new(client);
        let ((), user) = try_join!(biased; transaction.begin(), users::sign_in(&transaction, identity, now))?;
        Ok(Self { transaction, user })
    }

    /// Whose transaction it is.
    pub fn user(&self) -> &User {
        &self.user
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
