//! Reading domain types from text columns.

use std::error::Error as StdError;
use std::str::FromStr;

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::{Error, Result};

/// The columns of a row that has many, by name. Reading them in the order in which they were selected spares the search: of a
/// page of logs that was a tenth of all instructions.
pub(crate) struct Columns<'a> {
    row: &'a Row,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(row: &'a Row) -> Self {
        Self { row, next: 0 }
    }

    /// The value of a column.
    pub(crate) fn get<T: FromSql<'a>>(&mut self, column: &'static str) -> Result<T> {
        let columns = self.row.columns();
        let is_next = columns.get(self.next).is_some_and(|next| next.name() == column);
        let place =
            if is_next { Some(self.next) } else { columns.iter().position(|one| one.name() == column) };
        let Some(place) = place else {
            return Ok(self.row.try_get(column)?);
        };
        self.next = place + 1;
        Ok(self.row.try_get(place)?)
    }

    /// The value of a column that is never NULL.
    pub(crate) fn parsed<T>(&mut self, column: &'static str) -> Result<T>
    where
        T: FromStr<Err: StdError + Send + Sync + 'static>,
    {
        self.get::<&str>(column)?.parse().map_err(|source| corrupt(column, source))
    }

    /// The value of a column that may be NULL.
    pub(crate) fn parsed_if_any<T>(&mut self, column: &'static str) -> Result<Option<T>>
    where
        T: FromStr<Err: StdError + Send + Sync + 'static>,
    {
        let text: Option<&str> = self.get(column)?;
        text.map(str::parse).transpose().map_err(|source| corrupt(column, source))
    }
}

/// The value of a column that is never NULL.
pub(crate) fn parsed<T>(row: &Row, column: &'static str) -> Result<T>
where
    T: FromStr<Err: StdError + Send + Sync + 'static>,
{
    Columns::of(row).parsed(column)
}

/// The value of a column that may be NULL.
pub(crate) fn parsed_if_any<T>(row: &Row, column: &'static str) -> Result<Option<T>>
where
    T: FromStr<Err: StdError + Send + Sync + 'static>,
{
    Columns::of(row).parsed_if_any(column)
}

/// The error for a column whose value no release of ours writes.
pub(crate) fn corrupt(column: &'static str, source: impl StdError + Send + Sync + 'static) -> Error {
    Error::Corrupt { column, source: Box::new(source) }
}
