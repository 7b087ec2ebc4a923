//! Reading query parameters: each mistake is named with its parameter, and all of them at once.

use std::fmt::Display;
use std::str::FromStr;

use crate::{Cursor, FieldError, Limit, Problem};

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Parameters(Vec<FieldError>);

impl Parameters {
    /// The parameter parsed; `None` when it is not given, and when it is wrong.
    pub fn read<T>(&mut self, name: &str, text: Option<&str>) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        text?.parse().map_err(|error: T::Err| self.reject(name, error)).ok()
    }

    /// The parameter as an id.
    pub fn read_id<T: FromStr>(&mut self, name: &str, text: Option<&str>) -> Option<T> {
        text?.parse().map_err(|_| self.reject(name, "must be a UUID")).ok()
    }

    /// Which page of a list: how many items, and after which place.
    pub fn read_page(&mut self, limit: Option<&str>, cursor: Option<&str>) -> (Limit, Option<Cursor>) {
        (self.read("limit", limit).unwrap_or_default(), self.read("cursor", cursor))
    }

    /// A mistake that only the caller can see.
    pub fn reject(&mut self, name: &str, detail: impl Display) {
        self.0.push(FieldError::new(name, detail));
    }

    /// Passes when nothing was wrong.
    ///
    /// # Errors
    /// 422, with each mistake.
    pub fn check(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::unprocessable(self.0)) }
    }
}
