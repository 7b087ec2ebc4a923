//! What all HTTP functions share: Problem documents, reading bodies and ids, who is calling, request ids.
//!
//! Routes and handlers live in the functions; this crate knows neither the database nor S3.

mod body;
mod caller;
mod error;
mod idempotency_key;
mod path;
mod problem;
mod serve;

pub use body::JsonBody;
pub use caller::Caller;
pub use error::ApiError;
pub use idempotency_key::IdempotencyKey;
pub use path::PathId;
pub use problem::{FieldError, Problem};
pub use serve::{finish, serve};
