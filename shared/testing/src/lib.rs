//! For tests only: a database of their own, a clock that stands still, events as AWS sends them, the corpora of the
//! fuzz targets.
//!
//! Test doubles of a crate's own types live in that crate.

mod api;
pub mod audit_rows;
mod bucket;
mod clock;
pub mod corpus;
mod database;
pub mod events;
mod household;
mod queue;
mod server;
mod step;
mod template;
mod victim;

pub use api::{ApiCall, ApiResponse};
pub use bucket::{TestBucket, settings, settings_at};
pub use clock::{NOW, now};
pub use database::TestDatabase;
pub use household::{Household, SAID, Voice};
pub use queue::TestQueue;
pub use step::{Step, Taken};
pub use victim::Victim;
