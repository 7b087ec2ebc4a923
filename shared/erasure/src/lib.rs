//! Removing for good what families deleted, and all that families had who left.
//!
//! One order holds everywhere: objects with every version, then rows, then the tombstone. Rows are what finds the
//! objects again, so a process that dies on any line leaves something that the next run finds and goes on with; and each
//! step may be done twice. What is removed from where is in `kimochi-store` and `kimochi-blob`; when it runs, in the
//! function that calls this.

mod error;
mod limits;
mod report;
mod run;

pub use error::Error;
pub use limits::{Limits, QUIET_TIME, UPLOAD_TIME};
pub use report::Report;
pub use run::{erase_deleted, erase_families_that_left, erase_old_answers};
