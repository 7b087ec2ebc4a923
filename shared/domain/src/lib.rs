//! Pure types and rules of きもちみっけ！: identifiers, storage keys, the life of a recording,
//! what a family may enter, severities.
//!
//! No I/O, no async, no AWS, no PostgreSQL: whatever talks to the outside lives in `store`, `blob`,
//! `notify` and `api`, which know each other only through the types of this crate.

mod archive_key;
mod birth_date;
mod card;
pub mod console;
mod days;
mod emotion;
mod failure;
mod graph;
mod identity;
mod ids;
mod job;
mod media_type;
mod misuse;
mod moment;
mod names;
mod recording;
mod report;
mod sequencer;
mod severity;
mod storage_key;
mod text;
mod text_enum;
mod transient;
mod upload;

pub use archive_key::{ArchiveKey, ArchivedTable};
pub use birth_date::{BirthDate, InvalidBirthDate};
pub use card::{CardColor, CardPosition, InvalidCardColor, InvalidCardPosition};
pub use days::{Day, Days, InvalidDay, InvalidDays, MAX_DAYS, moments_of};
pub use emotion::{EmotionName, FeltAt, Intensity, InvalidEmotionName, InvalidFeltAt, InvalidIntensity};
pub use failure::Failure;
pub use graph::{Graph, GraphLine, InvalidGraph, Statistic};
pub use identity::{Caller, Identity};
pub use ids::{AuditLogId, ChildId, EmotionLogId, JobRunId, RecordingId, UserId};
pub use job::{JobKind, JobStatus, MAX_ATTEMPTS};
pub use media_type::{MediaType, UnsupportedMediaType};
pub use misuse::MisuseSign;
pub use moment::{InvalidMoment, Moment};
pub use names::{AuditAction, AuditActor, InvalidAuditAction, InvalidAuditActor, InvalidJobName, JobName};
pub use recording::{Quality, Recording, RecordingStatus, Transcript};
pub use report::{InvalidPeriod, ReportFormat, ReportKey, ReportKind, ReportPeriod};
pub use sequencer::Sequencer;
pub use severity::Severity;
pub use storage_key::{
    AudioKey, ExportKey, InvalidKey, PictureKey, TextKey, UniqueId, export_folder, family_folders,
    recording_prefix,
};
pub use text::{CardLabel, Gender, InvalidText, Nickname, Note, SupportReason};
pub use text_enum::UnknownName;
pub use transient::Transient;
pub use upload::{
    InvalidDigest, InvalidSize, MAX_UPLOAD_BYTES, MAX_UPLOAD_LIFETIME, Sha256Digest, UploadSize,
};
