//! How our functions were called.

use jiff::Timestamp;
use serde::Serialize;

/// How our functions were called.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Functions {
    /// Each that was called.
    pub each: Vec<FunctionUse>,
    /// Calls of those that answer requests, by hours or days.
    pub api_calls: Vec<(Timestamp, f64)>,
}

/// How one function was called.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunctionUse {
    /// Its name, without the stack's.
    pub name: &'static str,
    /// Calls.
    pub invocations: f64,
    /// Calls that ended with an error.
    pub errors: f64,
    /// Calls that had to wait, or were refused.
    pub throttles: f64,
    /// Mean time of a call.
    pub mean_ms: Option<f64>,
    /// 95 of 100 took no more; of several days that of the slowest one.
    pub p95_ms: Option<f64>,
}
