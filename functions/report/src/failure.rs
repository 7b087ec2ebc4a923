//! Why there is no report. A source that gives nothing is no reason: the report says so.

use kimochi_domain::Transient as _;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The run could not be written down.
    #[error(transparent)]
    Store(#[from] kimochi_store::Error),
    /// The report could not be kept.
    #[error(transparent)]
    Blob(#[from] kimochi_blob::BlobError),
    /// It is kept, and nobody was told.
    #[error("the operators could not be told of the report")]
    Untold(#[from] kimochi_notify::NotPublished),
    /// Its days are beyond the calendar.
    #[error("the period cannot be computed")]
    Calendar(#[from] jiff::Error),
    /// A mistake of ours.
    #[error("the report could not be written: {0}")]
    Unwritable(String),
}

impl kimochi_schedule::Failure for Failure {
    fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "database",
            Self::Blob(_) => "s3",
            Self::Untold(_) => "untold",
            Self::Calendar(_) => "calendar",
            Self::Unwritable(_) => "unwritable",
        }
    }

    fn may_pass(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Blob(error) => error.is_transient(),
            Self::Untold(_) => true,
            Self::Calendar(_) | Self::Unwritable(_) => false,
        }
    }
}
