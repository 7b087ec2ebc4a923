//! Why a run did not do what it was for, as `job_runs`, Lambda and the operators hear of it.

use std::error::Error;

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};

/// Why a run did not do what it was for.
pub trait Failure: Error + From<kimochi_store::Error> {
    /// Stable, for alarms and for `job_runs`.
    fn code(&self) -> &'static str;

    /// Whether trying again may help.
    fn may_pass(&self) -> bool;

    /// What the run did all the same.
    fn numbers(&self) -> Value {
        json!({})
    }

    /// The code, and the whole story behind it.
    fn text(&self) -> String {
        let mut text = format!("{}: {self}", self.code());
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        text
    }
}

/// A failure, and what is to be done about it.
#[derive(Debug)]
pub struct Failed<F> {
    /// What went wrong.
    pub failure: F,
    /// Whether nothing tries again, so that operators are to be told. When the run could not begin, nobody knows which attempt
    /// it was; it is missing soon, and told as such.
    pub is_final: bool,
}

impl<F: Failure> Failed<F> {
    pub(crate) fn unbegun(error: kimochi_store::Error) -> Self {
        Self { failure: error.into(), is_final: false }
    }
}

impl<F: Failure> From<Failed<F>> for Diagnostic {
    fn from(Failed { failure, .. }: Failed<F>) -> Self {
        let (code, text) = (failure.code(), failure.text());
        tracing::error!(error = text, "the run failed");
        Self { error_type: code.to_owned(), error_message: text }
    }
}
