//! What is sealed, archived and verified, and what happens when a run is cut off; on a real database and a real S3.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod archiving;
mod house;
mod interrupted;
mod killed;
mod sealing;
mod verifying;
