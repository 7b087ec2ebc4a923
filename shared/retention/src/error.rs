//! What can go wrong on either side.

use kimochi_blob::BlobError;
use kimochi_domain::{ArchiveKey, Transient};

/// A step that was not done. What was done before it stays done, and nothing was removed that is not in a verified archive.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Of the database.
    #[error("the database did not do its part")]
    Rows(#[from] kimochi_store::Error),
    /// Of S3.
    #[error("S3 did not do its part")]
    Objects(#[from] BlobError),
    /// Another run is at it.
    #[error("another run is at it")]
    Busy,
    /// Where the rows belong, there are others, or a manifest of others. Nobody may overwrite them: someone has to look.
    #[error("something else lies at {key}")]
    Conflict {
        /// Of the archive.
        key: ArchiveKey,
    },
    /// What was stored a moment ago is not there.
    #[error("what was stored at {key} cannot be read back")]
    Unverified {
        /// Of the archive.
        key: ArchiveKey,
    },
}

impl Transient for Error {
    fn is_transient(&self) -> bool {
        match self {
            Self::Rows(error) => error.is_transient(),
            Self::Objects(error) => error.is_transient(),
            Self::Busy | Self::Unverified { .. } => true,
            Self::Conflict { .. } => false,
        }
    }
}
