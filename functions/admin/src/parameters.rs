//! Reading query parameters: each mistake is named with its parameter, and all of them at once.

use std::fmt::Display;
use std::str::FromStr;

use kimochi_api::{FieldError, Problem};

/// What is wrong so far.
#[derive(Default)]
pub(crate) struct Parameters(Vec<FieldError>);

impl Parameters {
    /// The parameter parsed; `None` when it is not given, and when it is wrong.
    pub(crate) fn read<T>(&mut self, name: &str, text: Option<&str>) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        text?.parse().map_err(|error: T::Err| self.0.push(FieldError::new(name, error))).ok()
    }

    /// The parameter as an id.
    pub(crate) fn read_id<T: FromStr>(&mut self, name: &str, text: Option<&str>) -> Option<T> {
        text?.parse().map_err(|_| self.0.push(FieldError::new(name, "must be a UUID"))).ok()
    }

    /// Passes when nothing was wrong.
    pub(crate) fn check(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::unprocessable(self.0)) }
    }
}
