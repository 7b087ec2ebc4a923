//! End to end: the template as it was deployed, driven from outside over HTTP, S3, SQS and SNS.
//!
//! `make test` deploys the stack and sets the variables of `.local/env`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod alerts;
mod api;
mod cleanup;
mod crash;
mod failures;
mod families;
mod isolation;
mod leaving;
mod misuse;
mod operations;
mod report;
mod stack;
mod upload_url;
mod voice_notes;
