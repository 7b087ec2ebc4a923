//! PostgreSQL: every SQL statement of the system, the migrations, and the connections that run them.
//!
//! Rules that need no database are in `kimochi-domain`, objects in `kimochi-blob`. One file holds the
//! statements of one table; [`transcription`], [`purge`] and [`support`] hold what concerns several.

pub mod audit;
pub mod children;
mod columns;
mod config;
mod connection;
mod database;
pub mod emotion_logs;
pub mod emotions;
mod error;
pub mod export;
mod family;
mod iam;
pub mod idempotency;
pub mod job_runs;
mod listing;
pub mod migrations;
mod operator;
pub mod purge;
pub mod recordings;
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
pub use family::FamilyTransaction;
pub use operator::OperatorTransaction;
pub use users::User;
