//! Why an alert is not where it should be.

/// Why a destination does not have an alert. Reasons are for the log and for the other destination: codes, never content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Not now; later it may be possible.
    Later(String),
    /// Never like this: the destination refuses it.
    Never(String),
    /// The secret is not accepted (any more).
    Unauthorized(String),
}

impl Trouble {
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Later(reason) | Self::Never(reason) | Self::Unauthorized(reason) => reason,
        }
    }
}
