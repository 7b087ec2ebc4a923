//! What families are taken to do, and what else was not measured.

use serde::Deserialize;
use serde_json::{Map, Value};

/// What the formula names; what each means, and why, stands beside it in `usage.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Usage {
    /// How many there are, in columns of their own.
    pub(super) families: Vec<f64>,
    pub(super) notes: f64,
    pub(super) note_bytes: f64,
    pub(super) polls: f64,
    pub(super) playbacks: f64,
    pub(super) openings: f64,
    pub(super) other_requests: f64,
    pub(super) list_bytes: f64,
    pub(super) answer_bytes: f64,
    pub(super) months: f64,
    pub(super) hours: f64,
    pub(super) peak: f64,
    pub(super) note_peak: f64,
    pub(super) http_memory_mb: f64,
    pub(super) transcribe_memory_mb: f64,
    pub(super) network_ms: f64,
    pub(super) connect_ms: f64,
    pub(super) cold_share: f64,
    pub(super) model_seconds: f64,
    pub(super) log_bytes: f64,
    pub(super) row_bytes: f64,
    pub(super) log_row_bytes: f64,
    pub(super) log_row_months: f64,
    pub(super) least_storage_gb: f64,
    pub(super) zones: f64,
    pub(super) database_load: f64,
    pub(super) list_blocks: f64,
    pub(super) most_reads: f64,
    pub(super) system_memory_gib: f64,
    pub(super) reserved_connections: f64,
    pub(super) idle_polls: f64,
    pub(super) metrics: f64,
    pub(super) alarm_metrics: f64,
    pub(super) endpoints: f64,
    pub(super) transcribe_limit: f64,
    pub(super) throttle: f64,
    pub(super) account_concurrency: f64,
}

impl Usage {
    /// `usage.json` without its sentences, which are for people.
    pub(super) fn of(file: Map<String, Value>) -> serde_json::Result<Self> {
        let value = |(name, entry): (String, Value)| (name, entry["value"].clone());
        serde_json::from_value(Value::Object(file.into_iter().map(value).collect()))
    }

    /// How often a second something happens on average that happens so often in a month.
    pub(super) fn per_second(&self, a_month: f64) -> f64 {
        a_month / (self.hours * 3_600.0)
    }
}
