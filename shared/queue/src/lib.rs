//! The queue that `transcribe` works off: saying again that an object is there, as S3 did when it came.
//!
//! The form of such a message is in `kimochi-blob`, where S3's own are read; which object is worth one is decided by the
//! functions.

mod transcribe_queue;

pub use transcribe_queue::{NotSent, TranscribeQueue};
