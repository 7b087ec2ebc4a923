//! Why a run did not do what it was for.

use kimochi_domain::Transient as _;
use serde_json::{Value, json};

/// Why a run did not do what it was for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Too much would have gone.
    #[error("{doomed} of {all} {what} would go")]
    FuseBlown { what: &'static str, doomed: i64, all: i64 },
    /// Some of it could not be done; the rest was.
    #[error("{failed} of them could not be done")]
    Incomplete { failed: u64, numbers: Value },
    /// There was not time enough for what cannot be done in parts.
    #[error("the time was too short")]
    OutOfTime,
    /// What should be sorted is not, so nothing can be said of what is missing.
    #[error("keys came out of order")]
    OutOfOrder,
    /// Of sealing, archiving and verifying.
    #[error(transparent)]
    Retention(#[from] kimochi_retention::Error),
    /// Of the queue.
    #[error(transparent)]
    Queue(#[from] kimochi_queue::NotSent),
    /// Of the database.
    #[error(transparent)]
    Store(#[from] kimochi_store::Error),
    /// Of S3.
    #[error(transparent)]
    Blob(#[from] kimochi_blob::BlobError),
    /// Of removing.
    #[error(transparent)]
    Erasure(#[from] kimochi_erasure::Error),
}

impl kimochi_schedule::Failure for Failure {
    fn code(&self) -> &'static str {
        match self {
            Self::FuseBlown { .. } => "fuse_blown",
            Self::Incomplete { .. } => "incomplete",
            Self::OutOfTime => "out_of_time",
            Self::OutOfOrder => "out_of_order",
            Self::Retention(kimochi_retention::Error::Conflict { .. }) => "archive_conflict",
            Self::Retention(_) => "retention",
            Self::Queue(_) => "queue",
            Self::Store(_) => "database",
            Self::Blob(_) => "s3",
            Self::Erasure(_) => "erasure",
        }
    }

    fn may_pass(&self) -> bool {
        match self {
            Self::FuseBlown { .. } => false,
            Self::Incomplete { .. } | Self::OutOfTime | Self::OutOfOrder => true,
            Self::Retention(error) => error.is_transient(),
            Self::Queue(error) => error.is_transient(),
            Self::Blob(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
            Self::Erasure(error) => error.is_transient(),
        }
    }

    fn numbers(&self) -> Value {
        match self {
            Self::Incomplete { numbers, .. } => numbers.clone(),
            Self::FuseBlown { doomed, all, .. } => json!({"doomed": doomed, "all": all}),
            Self::OutOfTime
            | Self::OutOfOrder
            | Self::Retention(_)
            | Self::Queue(_)
            | Self::Store(_)
            | Self::Blob(_)
            | Self::Erasure(_) => json!({}),
        }
    }
}
