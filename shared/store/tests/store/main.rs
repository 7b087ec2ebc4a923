//! The statements on a real PostgreSQL, each test with a database of its own.

#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, but not in what they call")]

mod auditing;
mod children;
mod claiming;
mod connections;
mod emotion_logs;
mod idempotency;
mod isolation;
mod leaving;
mod listing;
mod looking;
mod migrating;
mod misuse;
mod privileges;
mod reporting;
mod retrying;
mod settling;
mod signing_in;
mod statuses;
mod support;
