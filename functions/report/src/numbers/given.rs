//! What a source gave, or why it gave nothing.

use serde::Serialize;

/// What a source gave, or why it gave nothing. Never a zero in the place of what nobody measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Given<T> {
    /// It was measured.
    Known(T),
    /// It was not; the reason is for operators, in Japanese.
    Missing {
        /// Why.
        unavailable: String,
    },
}

impl<T> Given<T> {
    /// Nothing, because …
    pub fn missing(why: impl Into<String>) -> Self {
        Self::Missing { unavailable: why.into() }
    }

    /// What was measured.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing { .. } => None,
        }
    }

    /// Why it was not.
    pub fn why_not(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Missing { unavailable } => Some(unavailable),
        }
    }
}

impl<T> From<Result<T, String>> for Given<T> {
    fn from(result: Result<T, String>) -> Self {
        match result {
            Ok(value) => Self::Known(value),
            Err(unavailable) => Self::Missing { unavailable },
        }
    }
}
