//! How urgent a notice is (operations document, 4.2.2 and 7.1).

use std::time::Duration;

use crate::text_enum::text_enum;

text_enum! {
    /// How urgent a notice is.
    pub enum Severity as "severity" {
        /// 緊急, level 1: the service is down or data are lost.
        Critical = "critical",
        /// 重要, level 2: a part does not work or works badly.
        Warning = "warning",
        /// 情報, level 3: for office hours.
        Info = "info",
    }
}

impl Severity {
    /// The word operators use.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Critical => "緊急",
            Self::Warning => "重要",
            Self::Info => "情報",
        }
    }

    /// The incident level, 1 being the most urgent.
    pub const fn level(self) -> u8 {
        match self {
            Self::Critical => 1,
            Self::Warning => 2,
            Self::Info => 3,
        }
    }

    /// Within which time someone answers.
    pub const fn response_time(self) -> Duration {
        match self {
            Self::Critical => Duration::from_secs(30 * 60),
            Self::Warning => Duration::from_secs(2 * 60 * 60),
            Self::Info => Duration::from_secs(24 * 60 * 60),
        }
    }
}
