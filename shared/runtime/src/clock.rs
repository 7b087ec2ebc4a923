//! The system clock, read at one place so that everything below takes the time as a parameter.

use jiff::Timestamp;

/// The time now. State structs hold this function, and tests put another in its place.
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    Timestamp::now()
}
