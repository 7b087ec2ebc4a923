//! What every function does before its first event: logging, AWS settings, the clock.
//!
//! The functions' own configuration lives beside them (`config.rs`); clients live with the crates that use them.

pub mod aws;
pub mod clock;
pub mod logging;
mod time_zone;

pub use time_zone::time_zone;
