//! Pure types and rules of きもちみっけ！: identifiers, storage keys, the life of a recording, severities.
//!
//! No I/O, no async, no AWS, no PostgreSQL: whatever talks to the outside lives in `store`, `blob`,
//! `notify` and `api`, which know each other only through the types of this crate.

mod failure;
mod identity;
mod ids;
mod job;
mod media_type;
mod recording;
mod sequencer;
mod severity;
mod storage_key;
mod text_enum;
mod transient;
mod upload;

pub use failure::Failure;
pub use identity::Identity;
pub use ids::{JobRunId, RecordingId, UserId};
pub use job::{JobKind, JobStatus, MAX_ATTEMPTS};
pub use media_type::{MediaType, UnsupportedMediaType};
pub use recording::{Quality, RecordingStatus};
pub use sequencer::Sequencer;
pub use severity::Severity;
pub use storage_key::{AudioKey, InvalidKey, TextKey, UniqueId};
pub use text_enum::UnknownName;
pub use transient::Transient;
pub use upload::{
    InvalidDigest, InvalidSize, MAX_UPLOAD_BYTES, MAX_UPLOAD_LIFETIME, Sha256Digest, UploadSize,
};
