//! How full the bucket is, from what `cleanup` wrote down.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How full the bucket is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Capacity {
    /// When it was counted.
    pub counted_at: Timestamp,
    /// What lies where.
    pub prefixes: BTreeMap<String, Counted>,
    /// All of it.
    pub bytes: u64,
    /// Of the quota; `None` without one.
    pub percent: Option<f64>,
    /// Since the day before.
    pub bytes_a_day: Option<f64>,
    /// `None` without a quota, and when it does not grow.
    pub days_until_80_percent: Option<f64>,
    /// `None` without a quota, and when it does not grow.
    pub days_until_full: Option<f64>,
    /// Since the first count of the period; `None` when there was but one.
    pub grown_bytes: Option<i64>,
}

/// What lies below a prefix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counted {
    /// What a client finds.
    pub objects: u64,
    /// Every version counted.
    pub bytes: u64,
}

/// As much of cleanup's numbers as we know; another release may write more or less.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    prefixes: BTreeMap<String, Counted>,
    bytes: u64,
    percent: Option<f64>,
    bytes_a_day: Option<f64>,
    days_until_80_percent: Option<f64>,
    days_until_full: Option<f64>,
}

impl Capacity {
    /// Of the first and the last count.
    ///
    /// # Errors
    /// When this release cannot read what another one wrote.
    pub(crate) fn of(counts: [(Timestamp, Value); 2]) -> Result<Self, serde_json::Error> {
        let [(first_at, first), (counted_at, last)] = counts;
        let first: Details = serde_json::from_value(first)?;
        let last: Details = serde_json::from_value(last)?;
        let grown = i64::try_from(last.bytes).ok().zip(i64::try_from(first.bytes).ok());
        Ok(Self {
            counted_at,
            bytes: last.bytes,
            prefixes: last.prefixes,
            percent: last.percent,
            bytes_a_day: last.bytes_a_day,
            days_until_80_percent: last.days_until_80_percent,
            days_until_full: last.days_until_full,
            grown_bytes: grown.filter(|_| counted_at > first_at).map(|(last, first)| last - first),
        })
    }
}
