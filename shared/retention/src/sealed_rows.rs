//! The rows that a seal covers, one after another, read piece by piece.

use std::collections::VecDeque;

use jiff::civil::Date;
use kimochi_store::audit_seals::{self, SealedRow};
use kimochi_store::{Connection, Result};

/// So many rows, 32 bytes each, are one row of the database.
pub(crate) const PIECE: usize = 1_000;

/// Where somebody is among the rows of a seal.
pub(crate) struct SealedRows<'a> {
    connection: &'a Connection,
    day: Date,
    /// The place of the first row behind `piece`.
    behind: i64,
    piece: VecDeque<SealedRow>,
}

impl<'a> SealedRows<'a> {
    /// Those of `day`, from the one at place `first` on.
    pub(crate) fn new(connection: &'a Connection, day: Date, first: i64) -> Self {
        Self { connection, day, behind: first, piece: VecDeque::new() }
    }

    /// The next one, which stays the next one; `None` at the end.
    pub(crate) async fn peek(&mut self) -> Result<Option<SealedRow>> {
        if self.piece.is_empty() {
            self.piece = audit_seals::rows_from(self.connection, self.day, self.behind).await?.into();
            self.behind += self.piece.len() as i64;
        }
        Ok(self.piece.front().copied())
    }

    /// Goes past the one that was peeked at.
    pub(crate) fn pass(&mut self) {
        self.piece.pop_front();
    }
}
