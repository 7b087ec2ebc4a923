//! How full the bucket is, how fast it fills, and when it will be full.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::StandardUnit;
use jiff::Timestamp;
use kimochi_blob::Usage;
use kimochi_store::scheduled_runs;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::metrics::Number;
use crate::{App, Run, Task, notices, tell};

/// What is counted; everything in the bucket begins with one of them.
const PREFIXES: [&str; 6] = ["archive", "audio", "export", "images", "models", "text"];
/// From here on operators are told …
const TOLD_FROM_PERCENT: f64 = 80.0;
/// … once, until it has fallen below this.
const FORGOTTEN_BELOW_PERCENT: f64 = 75.0;
const SECONDS_IN_A_DAY: f64 = 86_400.0;

/// What lies below a prefix, as `job_runs` keeps it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct Counted {
    objects: u64,
    versions: u64,
    bytes: u64,
}

/// The day's numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Capacity {
    prefixes: BTreeMap<&'static str, Counted>,
    bytes: u64,
    /// Since the last time; `None` when there was none.
    bytes_a_day: Option<f64>,
    /// Of the quota; `None` without one.
    percent: Option<f64>,
    /// `None` without a quota, and when it does not grow; 0 when it is there.
    days_until_80_percent: Option<f64>,
    days_until_full: Option<f64>,
    /// Whether operators know that it fills.
    is_told: bool,
}

/// What the next run needs of an earlier one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Earlier {
    bytes: u64,
    is_told: bool,
}

pub(super) async fn run(app: &App, run: &Run<'_>) -> Result<Value, Failure> {
    let mut prefixes = BTreeMap::new();
    for prefix in PREFIXES {
        let usage = app.bucket.usage(&format!("{prefix}/"), || (app.clock)() >= run.until).await?;
        let Usage { objects, versions, bytes } = usage.ok_or(Failure::OutOfTime)?;
        prefixes.insert(prefix, Counted { objects, versions, bytes });
    }
    let earlier = scheduled_runs::latest(&app.database, Task::Capacity.kind(), (app.clock)()).await?;
    // What an earlier release wrote and this one cannot read begins anew.
    let earlier = earlier.and_then(|(at, details)| Some((at, serde_json::from_value(details).ok()?)));
    let mut capacity = judge(prefixes, earlier, app.quota_bytes, (app.clock)());
    if run.request.dry_run {
        return Ok(json!(capacity));
    }

    app.metrics.put(numbers(&capacity)).await;
    let was_told = earlier.is_some_and(|(_, earlier)| earlier.is_told);
    if let Some(percent) = capacity.percent.filter(|_| capacity.is_told && !was_told) {
        // Untold today, it is told tomorrow.
        capacity.is_told = tell(app, &notices::fills(percent, capacity.days_until_full, run.context)).await;
    }
    Ok(json!(capacity))
}

fn judge(
    prefixes: BTreeMap<&'static str, Counted>,
    earlier: Option<(Timestamp, Earlier)>,
    quota_bytes: u64,
    now: Timestamp,
) -> Capacity {
    let bytes = prefixes.values().map(|counted| counted.bytes).sum::<u64>();
    // A clock that went back says nothing of growth.
    let bytes_a_day = earlier.and_then(|(at, earlier)| {
        let days = now.duration_since(at).as_secs_f64() / SECONDS_IN_A_DAY;
        (days > 0.0).then(|| (bytes as f64 - earlier.bytes as f64) / days)
    });
    let quota = (quota_bytes > 0).then_some(quota_bytes as f64);
    let percent = quota.map(|quota| bytes as f64 / quota * 100.0);
    let days_until = |share: f64| {
        let missing = quota? * share - bytes as f64;
        match bytes_a_day {
            _ if missing <= 0.0 => Some(0.0),
            Some(growth) if growth > 0.0 => Some(missing / growth),
            _ => None,
        }
    };
    let was_told = earlier.is_some_and(|(_, earlier)| earlier.is_told);
    let limit = if was_told { FORGOTTEN_BELOW_PERCENT } else { TOLD_FROM_PERCENT };
    Capacity {
        bytes,
        bytes_a_day,
        percent,
        days_until_80_percent: days_until(TOLD_FROM_PERCENT / 100.0),
        days_until_full: days_until(1.0),
        is_told: percent.is_some_and(|percent| percent >= limit),
        prefixes,
    }
}

fn numbers(capacity: &Capacity) -> Vec<Number> {
    let of = |name, prefix: Option<&str>, value, unit| Number {
        name,
        prefix: prefix.map(str::to_owned),
        value,
        unit,
    };
    let by_prefix = capacity.prefixes.iter().flat_map(|(prefix, counted)| {
        [
            of("BucketBytes", Some(prefix), counted.bytes as f64, StandardUnit::Bytes),
            of("BucketObjects", Some(prefix), counted.objects as f64, StandardUnit::Count),
        ]
    });
    let of_all = [
        Some(of("BucketBytes", None, capacity.bytes as f64, StandardUnit::Bytes)),
        capacity.percent.map(|percent| of("CapacityPercent", None, percent, StandardUnit::Percent)),
        capacity.days_until_full.map(|days| of("DaysUntilFull", None, days, StandardUnit::None)),
    ];
    by_prefix.chain(of_all.into_iter().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const GIB: u64 = 1 << 30;

    fn judged(gib: u64, earlier: Option<(f64, u64, bool)>, quota_gib: u64) -> Capacity {
        let now: Timestamp = "2026-04-02T00:00:00Z".parse().unwrap();
        let counted = Counted { bytes: gib * GIB, ..Counted::default() };
        let earlier = earlier.map(|(days, gib, is_told)| {
            let at = now - SignedDuration::from_secs((days * SECONDS_IN_A_DAY) as i64);
            (at, Earlier { bytes: gib * GIB, is_told })
        });
        judge(BTreeMap::from([("audio", counted)]), earlier, quota_gib * GIB, now)
    }

    #[test]
    fn growth_says_when_it_will_be_full() {
        let capacity = judged(60, Some((2.0, 50, false)), 100);

        assert_eq!(capacity.percent, Some(60.0));
        assert_eq!(capacity.bytes_a_day, Some(5.0 * GIB as f64));
        assert_eq!((capacity.days_until_80_percent, capacity.days_until_full), (Some(4.0), Some(8.0)));
        assert!(!capacity.is_told);
    }

    #[test]
    fn it_is_told_at_80_percent_and_forgotten_below_75() {
        for (gib, was_told, is_told) in
            [(79, false, false), (80, false, true), (79, true, true), (75, true, true), (74, true, false)]
        {
            assert_eq!(judged(gib, Some((1.0, 79, was_told)), 100).is_told, is_told, "{gib} {was_told}");
        }
    }

    #[test]
    fn without_a_quota_a_past_or_growth_nothing_is_guessed() {
        let without_quota = judged(60, Some((1.0, 50, false)), 0);
        assert_eq!((without_quota.percent, without_quota.days_until_full), (None, None));
        let first = judged(60, None, 100);
        assert_eq!((first.bytes_a_day, first.days_until_full), (None, None));
        assert_eq!(judged(60, Some((1.0, 70, false)), 100).days_until_full, None, "it shrinks");
        assert_eq!(judged(60, Some((-1.0, 50, false)), 100).bytes_a_day, None, "the clock went back");
        assert_eq!(judged(100, None, 100).days_until_full, Some(0.0));
    }
}
