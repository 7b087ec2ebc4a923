//! What all HTTP functions share: Problem documents, reading bodies and ids, who is calling, request ids.
//!
//! Routes and handlers live in the functions; this crate knows neither the database nor S3.

mod body;
mod caller;
mod error;
mod etag;
mod idempotency_key;
mod path;
mod problem;
mod query;
mod recording_view;
mod serve;

pub use body::{JsonBody, given, present};
pub use caller::SignedIn;
pub use error::ApiError;
pub use etag::{ETag, IfMatch};
pub use idempotency_key::IdempotencyKey;
pub use path::PathId;
pub use problem::{FieldError, Problem};
pub use query::QueryOf;
pub use recording_view::RecordingView;
pub use serve::{finish, serve};
