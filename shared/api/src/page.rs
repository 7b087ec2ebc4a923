//! A list as clients see it, and how much of it they want at once.

use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;

use crate::Cursor;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Page<T> {
    /// In their order.
    pub items: Vec<T>,
    /// To be sent as `cursor` for what comes after; `null` at the end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A list that has only this page.
    pub fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next_cursor: None }
    }

    /// The first `limit` of `found`, shown as `view` does. If there is more, the page ends with a cursor: the place of
    /// its last item.
    pub fn cut<I>(
        mut found: Vec<I>,
        limit: Limit,
        place: fn(&I) -> Cursor,
        view: impl FnMut(I) -> T,
    ) -> Self {
        let is_last = found.len() <= limit.0;
        found.truncate(limit.0);
        let end = found.last().filter(|_| !is_last).map(place);
        Self {
            next_cursor: end.map(|cursor| cursor.to_string()),
            items: found.into_iter().map(view).collect(),
        }
    }
}

/// How many items a client wants on a page: 1 to 200, by default 50.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(usize);

/// A text that is no such number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be from 1 to {}", Limit::MAX)]
pub struct InvalidLimit;

impl Limit {
    const MAX: usize = 200;

    /// How many to look for: one more than wanted tells whether there are more.
    pub fn and_one(self) -> i64 {
        i64::try_from(self.0 + 1).expect("it is small")
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl FromStr for Limit {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        match text.parse() {
            Ok(limit @ 1..=Self::MAX) => Ok(Self(limit)),
            _ => Err(InvalidLimit),
        }
    }
}
