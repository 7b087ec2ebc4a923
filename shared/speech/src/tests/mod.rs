//! Tests that need more than one module: both engines, the whole way through [`crate::hear`], and the
//! faults of a service.

mod conformance;
mod deadline;
pub(crate) mod fixtures;
mod judgement;
mod service;
