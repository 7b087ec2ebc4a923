//! A clock that stands still.

use jiff::Timestamp;

/// The time in tests, unless a test says otherwise: a morning in Tokyo while it is still the day before in
/// UTC, so that a mistaken time zone shows.
pub const NOW: &str = "2026-03-31T23:30:00Z";

/// [`NOW`] as a time.
pub fn now() -> Timestamp {
    NOW.parse().expect("NOW is RFC 3339")
}
