//! Objects in S3 by their storage keys: presigned URLs, reading, writing, removing, and the events S3 sends about them.
//!
//! What a key looks like is decided in `kimochi-domain`; what an object means is decided by the functions.

mod archive;
mod erase;
mod error;
mod key_walk;
mod media_bucket;
pub mod notification;
mod quarantine;
mod url_signer;
mod usage;

pub use archive::Put;
pub use erase::Erased;
pub use error::{BlobError, Operation};
pub use key_walk::{KeyWalk, Listed};
pub use media_bucket::MediaBucket;
pub use quarantine::Quarantine;
pub use url_signer::{PresignedDownload, PresignedUpload, UrlSigner};
pub use usage::Usage;
