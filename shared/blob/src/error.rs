//! What can go wrong with S3, sorted by what the caller can do about it.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use kimochi_domain::Transient;

/// What we asked of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Sign a URL; needs no network.
    Presign,
    /// Read an object.
    Get,
    /// Write an object.
    Put,
    /// Ask which objects there are.
    List,
    /// Remove objects.
    Delete,
}

/// A failed operation. Its text names neither key nor URL: both may end up in a log.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// S3 or the way to it is in trouble; the same call may succeed later.
    #[error("S3 {operation:?} is not possible right now ({code})")]
    Unavailable {
        /// What we asked for.
        operation: Operation,
        /// S3's error code, or what kind of trouble it was.
        code: String,
    },
    /// S3 says no, and will say no again: permissions, a wrong bucket, a bug of ours.
    #[error("S3 {operation:?} was refused ({code})")]
    Refused {
        /// What we asked for.
        operation: Operation,
        /// S3's error code.
        code: String,
    },
    /// The object is larger than its kind may be.
    #[error("the object has {found} bytes, more than {limit}")]
    TooLarge {
        /// Its size in bytes.
        found: i64,
        /// The largest size in bytes.
        limit: i64,
    },
    /// The disk failed, on an object's way from S3 or to it.
    #[error("an object could not be written to disk or read from it")]
    Disk(#[from] std::io::Error),
}

impl Transient for BlobError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

impl BlobError {
    /// Sorts an error that S3 reports for one object among many.
    pub(crate) fn of_code(operation: Operation, code: &str) -> Self {
        let code = code.to_owned();
        match code.as_str() {
            "InternalError" | "SlowDown" | "ServiceUnavailable" => Self::Unavailable { operation, code },
            _ => Self::Refused { operation, code },
        }
    }

    /// The answer is none that S3 gives.
    pub(crate) fn broken_answer(operation: Operation) -> Self {
        Self::Unavailable { operation, code: "broken answer".to_owned() }
    }

    /// Sorts an SDK error. Answers of 5xx and 429 and everything that is no answer may pass; others stay.
    pub(crate) fn from_sdk<E>(operation: Operation, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let code = error.code().map(str::to_owned);
        match error {
            SdkError::ServiceError(answer) if !may_pass(answer.raw().status().as_u16()) => {
                let status = answer.raw().status().as_u16();
                Self::Refused { operation, code: code.unwrap_or_else(|| format!("HTTP {status}")) }
            }
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                Self::Unavailable { operation, code: code.unwrap_or_else(|| format!("HTTP {status}")) }
            }
            SdkError::TimeoutError(_) => Self::Unavailable { operation, code: "timeout".to_owned() },
            SdkError::DispatchFailure(_) => Self::Unavailable { operation, code: "no connection".to_owned() },
            SdkError::ResponseError(_) => Self::Unavailable { operation, code: "broken answer".to_owned() },
            _ => Self::Refused { operation, code: "request not possible".to_owned() },
        }
    }
}

/// Whether an answer with this status may be another one later.
fn may_pass(status: u16) -> bool {
    status >= 500 || status == 429 || status == 408
}
