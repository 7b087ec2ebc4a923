//! HTTP to services that are none of AWS's: one client with one TLS set-up, and when to ask again.
//!
//! What is asked, and what an answer means, is known where a service is used.

pub mod backoff;
mod client;

pub use client::{Unusable, client};
