//! A list whose filters may be set or not.
//!
//! Each combination of filters is a statement of its own, planned for what it asks: with `$1 IS NULL OR …` in one statement
//! for all of them, the planner could not count on an index.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::{Connection, Result};

/// A statement to which conditions are added.
pub(crate) struct Listing<'a> {
    sql: String,
    parameters: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Listing<'a> {
    /// `select` is all that stands before WHERE.
    pub(crate) fn new(select: &str) -> Self {
        Self { sql: format!("{select}\nWHERE true"), parameters: Vec::new() }
    }

    /// Adds a condition if its `value` is set; `?` is where that belongs.
    pub(crate) fn filter<T: ToSql + Sync>(&mut self, condition: &str, value: Option<&'a T>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.condition(&condition.replace('?', &place));
        }
    }

    /// Adds a condition.
    pub(crate) fn condition(&mut self, condition: &str) {
        self.sql += " AND ";
        self.sql += condition;
    }

    /// Adds that rows come after the place where the last page ended. That `time` is not later is said by itself, too,
    /// because only so the planner knows which partitions can be left out.
    pub(crate) fn after<T: ToSql + Sync, I: ToSql + Sync>(
        &mut self,
        time: &str,
        end: Option<(&'a T, &'a I)>,
    ) {
        if let Some((at, id)) = end {
            let (at, id) = (self.bind(at), self.bind(id));
            self.condition(&format!("{time} <= {at} AND ({time}, id) < ({at}, {id})"));
        }
    }

    /// The first `limit` rows, the latest first.
    pub(crate) async fn latest(
        mut self,
        connection: &Connection,
        time: &str,
        limit: &'a i64,
    ) -> Result<Vec<Row>> {
        let limit = self.bind(limit);
        self.sql += &format!("\nORDER BY {time} DESC, id DESC\nLIMIT {limit}");
        let statement = connection.prepare_cached(&self.sql).await?;
        Ok(connection.query(&statement, &self.parameters).await?)
    }

    fn bind(&mut self, value: &'a (dyn ToSql + Sync)) -> String {
        self.parameters.push(value);
        format!("${}", self.parameters.len())
    }
}
