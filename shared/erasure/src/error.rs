//! What can go wrong on either side.

use kimochi_blob::BlobError;
use kimochi_domain::Transient;

/// A step that was not done. What was removed before it stays removed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Of the database.
    #[error("rows could not be removed")]
    Rows(#[from] kimochi_store::Error),
    /// Of S3.
    #[error("objects could not be removed")]
    Objects(#[from] BlobError),
    /// Of a family that left there is something in the database that no step removes.
    #[error("rows of the family are left that nothing removes")]
    Remains,
}

impl Transient for Error {
    fn is_transient(&self) -> bool {
        match self {
            Self::Rows(error) => error.is_transient(),
            Self::Objects(error) => error.is_transient(),
            Self::Remains => false,
        }
    }
}
