//! What all HTTP functions share: Problem documents, reading bodies and ids, pages of lists, who is calling, request ids,
//! and how the OpenAPI document tells of them.
//!
//! Routes and handlers live in the functions; this crate knows neither the database nor S3.

mod body;
mod caller;
mod cursor;
mod error;
mod etag;
mod idempotency_key;
pub mod openapi;
mod page;
mod parameters;
mod path;
mod problem;
mod query;
mod recording_view;
mod serve;
mod whole_number;

pub use body::{JsonBody, given, present};
pub use caller::SignedIn;
pub use cursor::{Cursor, InvalidCursor};
pub use error::ApiError;
pub use etag::{ETag, IfMatch};
pub use idempotency_key::IdempotencyKey;
pub use page::{InvalidLimit, Limit, Page};
pub use parameters::Parameters;
pub use path::{PathId, PathName};
pub use problem::{FieldError, Problem};
pub use query::QueryOf;
pub use recording_view::RecordingView;
pub use serve::{finish, serve};
pub use whole_number::WholeNumber;
