//! What became of voice notes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// What became of voice notes.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Voice {
    /// How many ended in each status.
    pub by_status: BTreeMap<String, i64>,
    /// How long it took.
    pub times: Times,
    /// The same by hours or days; without those in which none ended.
    pub steps: Vec<VoiceStep>,
}

/// What became of voice notes in one hour or day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VoiceStep {
    /// When it began.
    pub at: Timestamp,
    /// How many ended in each status.
    pub by_status: BTreeMap<String, i64>,
}

/// How long it took to hear them, in milliseconds; `None` when none was heard.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Times {
    /// Mean of the work.
    pub processing_ms_mean: Option<f64>,
    /// 95 of 100 took no longer.
    pub processing_ms_p95: Option<f64>,
    /// Mean from the upload to the transcript.
    pub wait_ms_mean: Option<f64>,
    /// 95 of 100 were there after no longer.
    pub wait_ms_p95: Option<f64>,
}

impl Voice {
    /// How many there were.
    pub fn total(&self) -> i64 {
        self.by_status.values().sum()
    }

    /// How many ended so.
    pub fn of(&self, status: &str) -> i64 {
        self.by_status.get(status).copied().unwrap_or_default()
    }

    /// The share of those that arrived; `None` when none did.
    pub fn percent(&self, status: &str) -> Option<f64> {
        let arrived = self.total() - self.of("expired");
        (arrived > 0).then(|| self.of(status) as f64 / arrived as f64 * 100.0)
    }
}
