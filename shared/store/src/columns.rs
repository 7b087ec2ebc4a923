//! Reading domain types from text columns.

use std::error::Error as StdError;
use std::str::FromStr;

use tokio_postgres::Row;

use crate::{Error, Result};

/// The value of a column that is never NULL.
pub(crate) fn parsed<T>(row: &Row, column: &'static str) -> Result<T>
where
    T: FromStr<Err: StdError + Send + Sync + 'static>,
{
    row.try_get::<_, &str>(column)?.parse().map_err(|source| corrupt(column, source))
}

/// The value of a column that may be NULL.
pub(crate) fn parsed_if_any<T>(row: &Row, column: &'static str) -> Result<Option<T>>
where
    T: FromStr<Err: StdError + Send + Sync + 'static>,
{
    let text: Option<&str> = row.try_get(column)?;
    text.map(str::parse).transpose().map_err(|source| corrupt(column, source))
}

/// The error for a column whose value no release of ours writes.
pub(crate) fn corrupt(column: &'static str, source: impl StdError + Send + Sync + 'static) -> Error {
    Error::Corrupt { column, source: Box::new(source) }
}
