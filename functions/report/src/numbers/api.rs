//! What clients met: availability, errors, times.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use serde::Serialize;

use super::Given;

/// For so long availability has one value, as in AWS's service level agreements.
const INTERVAL_SECONDS: i64 = 300;

/// Points of a metric, in the order of time.
pub(crate) type Series = Vec<(Timestamp, f64)>;

/// What CloudWatch measured at the gateway.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    /// Requests in each five minutes, or in each hour.
    pub requests: Series,
    /// Answers of 5xx, in the same.
    pub errors: Series,
    /// Answers of 4xx in each hour.
    pub refusals: Series,
    /// The sum of the times of answers, in each hour.
    pub latency_sum: Series,
    /// How many those are.
    pub latency_count: Series,
    /// Of each step.
    pub latency_p95: Series,
    /// Of each day.
    pub latency_p95_of_days: Series,
}

/// What clients met.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Api {
    /// Requests.
    pub requests: f64,
    /// Answers of 5xx.
    pub errors: f64,
    /// Answers of 4xx.
    pub refusals: f64,
    /// The mean, over all five minutes, of the share of requests that were no failure; five minutes without a request count
    /// as available. Missing where CloudWatch keeps hours only.
    pub availability_percent: Given<f64>,
    /// The share of 5xx.
    pub error_percent: f64,
    /// Mean time to the answer.
    pub mean_ms: Given<f64>,
    /// 95 of 100 were answered in no more; of several days that of the slowest one.
    pub p95_ms: Given<f64>,
    /// The same by hours or days.
    pub steps: Vec<ApiStep>,
}

/// What clients met in one hour or day.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ApiStep {
    /// When it began.
    pub at: Timestamp,
    /// Requests.
    pub requests: f64,
    /// Answers of 5xx.
    pub errors: f64,
    /// Mean time to the answer; `None` without any.
    pub mean_ms: Option<f64>,
    /// 95 of 100 were answered in no more.
    pub p95_ms: Option<f64>,
}

impl Measured {
    /// What follows from it; `is_fine` when requests were counted in each five minutes. `step_of` says when the hour or day of
    /// a moment began. `None` when no request was counted.
    pub(crate) fn judge(
        &self,
        range: &Range<Timestamp>,
        is_fine: bool,
        step_of: impl Fn(Timestamp) -> Timestamp,
    ) -> Option<Api> {
        let requests = sum(&self.requests);
        if requests <= 0.0 {
            return None;
        }
        let errors = sum(&self.errors);
        let count = sum(&self.latency_count);
        let mean = (count > 0.0).then(|| sum(&self.latency_sum) / count);
        let p95 = self.latency_p95_of_days.iter().map(|(_, value)| *value).reduce(f64::max);
        let none = || "CloudWatch に応答時間の指標がありません".to_owned();
        Some(Api {
            requests,
            errors,
            refusals: sum(&self.refusals),
            availability_percent: if is_fine {
                Given::Known(self.availability(range))
            } else {
                Given::missing("5分ごとの指標は63日で消えます")
            },
            error_percent: errors / requests * 100.0,
            mean_ms: mean.ok_or_else(none).into(),
            p95_ms: p95.ok_or_else(none).into(),
            steps: self.steps(step_of),
        })
    }

    fn availability(&self, range: &Range<Timestamp>) -> f64 {
        let errors: BTreeMap<_, _> = self.errors.iter().copied().collect();
        let lost = self.requests.iter().filter(|(_, requests)| *requests > 0.0);
        let lost = lost.map(|(at, requests)| errors.get(at).copied().unwrap_or_default() / requests);
        let intervals = range.end.duration_since(range.start).as_secs() as f64 / INTERVAL_SECONDS as f64;
        (1.0 - lost.sum::<f64>() / intervals.max(1.0)) * 100.0
    }

    fn steps(&self, step_of: impl Fn(Timestamp) -> Timestamp) -> Vec<ApiStep> {
        let mut steps: BTreeMap<Timestamp, (ApiStep, f64, f64)> = BTreeMap::new();
        let mut add = |series: &Series, to: fn(&mut (ApiStep, f64, f64), f64)| {
            for (at, value) in series {
                let at = step_of(*at);
                let entry = steps.entry(at).or_insert((ApiStep { at, ..ApiStep::default() }, 0.0, 0.0));
                to(entry, *value);
            }
        };
        add(&self.requests, |(step, ..), value| step.requests += value);
        add(&self.errors, |(step, ..), value| step.errors += value);
        add(&self.latency_sum, |(_, sum, _), value| *sum += value);
        add(&self.latency_count, |(.., count), value| *count += value);
        add(&self.latency_p95, |(step, ..), value| {
            step.p95_ms = Some(step.p95_ms.map_or(value, |known| known.max(value)));
        });
        let done = |(step, sum, count): (ApiStep, f64, f64)| ApiStep {
            mean_ms: (count > 0.0).then(|| sum / count),
            ..step
        };
        steps.into_values().map(done).collect()
    }
}

pub(crate) fn sum(series: &Series) -> f64 {
    series.iter().map(|(_, value)| value).sum()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        "2026-03-30T15:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    fn hour_of(moment: Timestamp) -> Timestamp {
        at(moment.duration_since(at(0)).as_hours() * 60)
    }

    #[test]
    fn five_minutes_without_an_answer_cost_as_much_as_they_last() {
        let measured = Measured {
            requests: vec![(at(0), 1_000.0), (at(5), 2.0), (at(65), 10.0)],
            errors: vec![(at(5), 2.0)],
            ..Measured::default()
        };

        let api = measured.judge(&(at(0)..at(24 * 60)), true, hour_of).unwrap();

        // One of 288 intervals was lost, however few asked in it; the rest of the day nobody did.
        let available = *api.availability_percent.known().unwrap();
        assert!((available - (1.0 - 1.0 / 288.0) * 100.0).abs() < 1e-9, "{api:?}");
        assert!((api.error_percent - 2.0 / 1_012.0 * 100.0).abs() < 1e-9);
        assert_eq!(api.steps.iter().map(|step| step.requests).collect::<Vec<_>>(), [1_002.0, 10.0]);
    }

    #[test]
    fn a_mean_weighs_hours_by_their_requests_and_a_p95_is_that_of_the_slowest_part() {
        let measured = Measured {
            requests: vec![(at(0), 4.0)],
            latency_sum: vec![(at(0), 300.0), (at(60), 1_000.0)],
            latency_count: vec![(at(0), 3.0), (at(60), 1.0)],
            latency_p95: vec![(at(0), 150.0), (at(60), 1_000.0)],
            latency_p95_of_days: vec![(at(0), 700.0), (at(60), 900.0)],
            ..Measured::default()
        };

        let api = measured.judge(&(at(0)..at(120)), true, hour_of).unwrap();

        assert_eq!((api.mean_ms, api.p95_ms), (Given::Known(325.0), Given::Known(900.0)));
        assert_eq!(
            api.steps.iter().map(|step| step.mean_ms).collect::<Vec<_>>(),
            [Some(100.0), Some(1_000.0)]
        );
    }

    #[test]
    fn without_a_request_nothing_is_said_and_without_times_no_time() {
        assert_eq!(Measured::default().judge(&(at(0)..at(60)), true, hour_of), None);
        let measured = Measured { requests: vec![(at(0), 1.0)], ..Measured::default() };
        let api = measured.judge(&(at(0)..at(60)), true, hour_of).unwrap();
        assert_eq!((&api.availability_percent, api.error_percent), (&Given::Known(100.0), 0.0));
        let coarse = measured.judge(&(at(0)..at(60)), false, hour_of).unwrap();
        assert_eq!((coarse.requests, coarse.availability_percent.known()), (1.0, None));
        assert!(api.mean_ms.why_not().is_some() && api.p95_ms.why_not().is_some());
    }
}
