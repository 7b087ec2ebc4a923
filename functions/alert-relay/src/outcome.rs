//! What became of bringing an alert to one destination.

/// What became of bringing an alert to one destination. Reasons are for the log and for the other destination: codes,
/// never content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is there.
    Delivered,
    /// Not now; later it may be possible.
    Later(String),
    /// Never like this: the destination refuses it.
    Never(String),
    /// The secret is not accepted (any more).
    Unauthorized(String),
}

impl Outcome {
    /// Whether it is there.
    pub(crate) fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered)
    }

    /// Why it is not there; empty when it is.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Delivered => "",
            Self::Later(reason) | Self::Never(reason) | Self::Unauthorized(reason) => reason,
        }
    }
}
