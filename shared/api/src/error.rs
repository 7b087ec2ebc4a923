//! The one error type of handlers.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kimochi_domain::Transient;

use crate::Problem;

/// Why a handler gives no ordinary answer.
#[derive(Debug)]
pub enum ApiError {
    /// The client is told exactly what is wrong.
    Problem(Problem),
    /// Something of ours failed. The client learns only whether to try again; the log gets the whole chain.
    Failure(Box<dyn Transient + Send + Sync>),
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl<E: Transient + Send + Sync + 'static> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self::Failure(Box::new(error))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Failure(error) if error.is_gone() => Problem::gone().into_response(),
            Self::Failure(error) => {
                let status = if error.is_transient() {
                    StatusCode::SERVICE_UNAVAILABLE
                } else {
                    StatusCode::INTERNAL_SERVER_ERROR
                };
                tracing::error!(error = chain(&*error), status = status.as_u16(), "request failed");
                Problem::new(status, "Something went wrong on our side. Please try again in a moment.")
                    .into_response()
            }
        }
    }
}

/// The error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
