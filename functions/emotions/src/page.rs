//! A list as clients see it.

use serde::Serialize;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Page<T> {
    /// In their order.
    pub(crate) items: Vec<T>,
    /// To be sent as `cursor` for what comes after; `null` at the end.
    pub(crate) next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A list that has only this page.
    pub(crate) fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next_cursor: None }
    }
}
