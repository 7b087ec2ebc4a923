//! A setting that each severity has its own of.

use kimochi_domain::Severity;

/// One value for each severity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerSeverity<T> {
    /// 緊急
    pub critical: T,
    /// 重要
    pub warning: T,
    /// 情報
    pub info: T,
}

impl<T> PerSeverity<T> {
    /// The value of this severity.
    pub fn of(&self, severity: Severity) -> &T {
        match severity {
            Severity::Critical => &self.critical,
            Severity::Warning => &self.warning,
            Severity::Info => &self.info,
        }
    }
}
