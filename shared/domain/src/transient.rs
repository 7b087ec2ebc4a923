//! Errors that may pass.

/// An error that knows whether the same call may succeed later: S3 or the database being away, as opposed to a
/// refusal or a mistake of ours. Decides between 503 and 500, and between another attempt and giving up.
pub trait Transient: std::error::Error {
    /// Whether the same call may succeed later.
    fn is_transient(&self) -> bool;

    /// Whether what was asked for is no more and will not come back: a 410.
    fn is_gone(&self) -> bool {
        false
    }
}
