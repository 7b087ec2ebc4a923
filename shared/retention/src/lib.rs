//! How long rows of logs stay in the database, what becomes of them afterwards, and how everybody can see that none of them
//! was changed, lost or added.
//!
//! - [`seal_days`] chains a digest of each finished day of `audit_logs` to that of the day before.
//! - [`archive_audit_logs`] and [`archive_job_runs`] bring what is old enough to the bucket, read it back, compare it, and
//!   only then remove exactly those rows. A process that dies on any line leaves something that the next run goes on
//!   with: the same rows have the same key, what lies there already is compared, and a row goes in the transaction that
//!   writes down its archive.
//! - [`verify_audit`] walks the chain from the first archive to the last row in the table and names every difference.
//!
//! Memory stays the same whatever the size: rows come in batches, archives in small parts. Statements are in
//! `kimochi-store`, the rules that hold for every role in `V17__retention.sql`, objects in `kimochi-blob`; when all this
//! runs, in the function that calls it.

mod archive;
mod digest;
mod due;
mod error;
mod limits;
mod manifest;
mod part;
mod report;
mod seal;
mod sealed_rows;
mod verify;

pub use archive::{archive_audit_logs, archive_job_runs};
pub use due::{due_audit_logs, due_job_runs};
pub use error::Error;
pub use limits::{AUDIT_LOGS_KEPT, GRACE, JOB_RUNS_KEPT, Limits, PART_BYTES, PART_ROWS};
pub use manifest::{End, Manifest};
pub use report::{ArchiveReport, Problem, SealReport, VerifyReport};
pub use seal::seal_days;
pub use verify::verify_audit;
