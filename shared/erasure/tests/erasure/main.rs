//! Erasing on a real database and a real S3.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod erasing;
mod killed;
mod support;
