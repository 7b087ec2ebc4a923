//! PostgreSQL: every SQL statement of the system, the migrations, and the connections that run them.
//!
//! Rules that need no database are in `kimochi-domain`, objects in `kimochi-blob`. One file holds the
//! statements of one table; [`transcription`], [`purge`], [`support`] and [`reports`] hold what concerns several, [`log_lines`]
//! what is common to logs, [`misuse`] what the audit log tells of who does unusually much.

pub mod archives;
pub mod audit;
pub mod audit_seals;
pub mod children;
mod columns;
mod config;
mod connection;
mod database;
pub mod emotion_logs;
pub mod emotions;
mod error;
mod exclusive;
pub mod export;
mod family;
mod family_reader;
mod iam;
pub mod idempotency;
pub mod job_runs;
mod listing;
pub mod log_lines;
pub mod migrations;
pub mod misuse;
mod operator;
pub mod purge;
pub mod recording_keys;
pub mod recordings;
pub mod reports;
pub mod scheduled_runs;
pub mod stale;
pub mod support;
mod tls;
mod transaction;
pub mod transcription;
pub mod users;

pub use config::DatabaseConfig;
pub use connection::Connection;
pub use database::{Auth, Client, Database, DatabaseSettings};
pub use error::{Error, Result};
pub use exclusive::{Exclusive, Work};
pub use family::{FamilyTransaction, LastStatement, WriteFamily};
pub use family_reader::{FamilyReader, ReadFamily};
pub use operator::OperatorTransaction;
pub use users::User;
