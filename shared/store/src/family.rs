//! A transaction in which only one family exists.

use std::ops::Deref;

use jiff::Timestamp;
use kimochi_domain::Caller;

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
        audit::note_refusal(&self, subject).await?;
        self.commit().await
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
