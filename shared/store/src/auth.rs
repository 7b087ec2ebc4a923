//! How a function's configuration says in which way its role proves who it is.

use std::str::FromStr;

use aws_types::SdkConfig;

use crate::Auth;

/// The value of `DATABASE_AUTH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseAuth {
    /// `iam`: on AWS.
    Iam,
    /// `none`: on a laptop, where the server trusts its socket.
    None,
}

impl DatabaseAuth {
    /// Completed with the region and credentials of the function.
    ///
    /// # Panics
    /// When `iam` meets settings without credentials: connecting without proof instead would go unnoticed.
    pub fn with(self, settings: &SdkConfig) -> Auth {
        match self {
            Self::None => Auth::None,
            Self::Iam => Auth::Iam {
                region: settings.region().map(ToString::to_string).unwrap_or_default(),
                credentials: settings.credentials_provider().expect("a function has credentials"),
            },
        }
    }
}

impl FromStr for DatabaseAuth {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "iam" => Ok(Self::Iam),
            "none" => Ok(Self::None),
            _ => Err("must be iam or none"),
        }
    }
}
