//! Who did unusually much in the hour that has ended: played, copied, looked at families, was refused.
//!
//! The greatest number of each sign becomes a metric, on which an alarm stands; who it was goes into the log, as an id. Into
//! `job_runs` go counts only: an id there would outlive its family.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::StandardUnit;
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use kimochi_domain::MisuseSign;
use kimochi_store::misuse::{BusyActor, busiest_actors};
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::metrics::Number;
use crate::{App, Run};

/// So many of each sign are named in the log, if all of them are over the threshold.
const TOP: i32 = 20;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How often in an hour somebody does it before operators hear of it: more than so many. The alarms have the same ones from
/// the same parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MisuseThresholds {
    /// Links to sound, by one family. A family that listens to a note each minute makes 60.
    pub recording_plays: u32,
    /// Copies of all its data, by one family.
    pub exports: u32,
    /// Looks at families, by one operator.
    pub family_views: u32,
    /// Asking for what is not theirs, by one family or operator. Ids cannot be guessed: nobody does this by accident often.
    pub refused_accesses: u32,
}

impl Default for MisuseThresholds {
    fn default() -> Self {
        Self { recording_plays: 100, exports: 5, family_views: 30, refused_accesses: 5 }
    }
}

impl MisuseThresholds {
    fn of(&self, sign: MisuseSign) -> i64 {
        i64::from(match sign {
            MisuseSign::RecordingPlay => self.recording_plays,
            MisuseSign::FamilyExport => self.exports,
            MisuseSign::FamilyView => self.family_views,
            MisuseSign::RefusedAccess => self.refused_accesses,
        })
    }
}

/// An hour of one sign, as `job_runs` keeps it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct Counted {
    /// Of whoever did the most.
    greatest: i64,
    /// How many did it at all.
    actors: i64,
    /// How many did it more often than the threshold allows; at most [`TOP`].
    over_threshold: i64,
}

pub(super) async fn run(app: &App, run: &Run<'_>) -> Result<Value, Failure> {
    let until = hour_of((app.clock)());
    let since = until - HOUR;
    let busiest = busiest_actors(&app.database, since, until, TOP).await?;
    let counted = count(&busiest, &app.misuse);
    let numbers = json!({"since": since, "until": until, "signs": named(&counted)});
    if run.request.dry_run {
        return Ok(numbers);
    }

    for actor in busiest.iter().filter(|actor| is_over(actor, &app.misuse)) {
        warn_of(actor, app.misuse.of(actor.sign), since);
    }
    // Without the metric no alarm would ever speak up: the run is tried again, and told in the end.
    if app.metrics.put(counted.iter().map(number).collect()).await {
        Ok(numbers)
    } else {
        Err(Failure::Incomplete { failed: counted.len() as u64, numbers })
    }
}

/// The beginning of the hour (UTC).
fn hour_of(now: Timestamp) -> Timestamp {
    now.round(TimestampRound::new().smallest(Unit::Hour).mode(RoundMode::Floor)).unwrap_or(now)
}

/// Every sign, also one that nobody gave: its zero brings the alarm back to rest.
fn count(busiest: &[BusyActor], thresholds: &MisuseThresholds) -> Vec<(MisuseSign, Counted)> {
    let of = |sign: MisuseSign| {
        let actors: Vec<_> = busiest.iter().filter(|actor| actor.sign == sign).collect();
        let over = actors.iter().filter(|actor| is_over(actor, thresholds)).count();
        Counted {
            greatest: actors.iter().map(|actor| actor.deeds).max().unwrap_or_default(),
            actors: actors.first().map_or(0, |actor| actor.actors),
            over_threshold: i64::try_from(over).unwrap_or(i64::MAX),
        }
    };
    MisuseSign::ALL.iter().map(|sign| (*sign, of(*sign))).collect()
}

fn named(counted: &[(MisuseSign, Counted)]) -> BTreeMap<&'static str, Counted> {
    counted.iter().map(|(sign, counted)| (sign.as_str(), *counted)).collect()
}

fn is_over(actor: &BusyActor, thresholds: &MisuseThresholds) -> bool {
    actor.deeds > thresholds.of(actor.sign)
}

/// Ids and counts, and nothing else. No dots in the names: Logs Insights would look for what is inside `actor`.
fn warn_of(actor: &BusyActor, threshold: i64, since: Timestamp) {
    tracing::warn!(
        sign = actor.sign.as_str(),
        actor_kind = actor.actor_kind,
        actor_id = actor.actor,
        deeds = actor.deeds,
        subjects = actor.subjects,
        usual = actor.usual,
        threshold,
        %since,
        "unusually much in an hour"
    );
}

fn number((sign, counted): &(MisuseSign, Counted)) -> Number {
    let name = match sign {
        MisuseSign::RecordingPlay => "RecordingPlaysByOneFamily",
        MisuseSign::FamilyExport => "ExportsByOneFamily",
        MisuseSign::FamilyView => "FamilyViewsByOneOperator",
        MisuseSign::RefusedAccess => "RefusedAccessesByOneActor",
    };
    Number { name, prefix: None, value: counted.greatest as f64, unit: StandardUnit::Count }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(sign: MisuseSign, deeds: i64, actors: i64) -> BusyActor {
        let (actor_kind, actor) = ("parent".to_owned(), format!("family-{deeds}"));
        BusyActor { sign, actor_kind, actor, deeds, subjects: 1, usual: None, actors }
    }

    #[test]
    fn more_than_the_threshold_is_unusual_and_as_much_is_not() {
        let thresholds = MisuseThresholds { exports: 3, ..MisuseThresholds::default() };
        let busiest = [4, 3, 2].map(|deeds| busy(MisuseSign::FamilyExport, deeds, 7));

        let counted = count(&busiest, &thresholds);

        let exports = counted.iter().find(|(sign, _)| *sign == MisuseSign::FamilyExport).unwrap().1;
        assert_eq!(exports, Counted { greatest: 4, actors: 7, over_threshold: 1 });
    }

    #[test]
    fn a_sign_that_nobody_gave_is_counted_as_none() {
        let counted = count(&[], &MisuseThresholds::default());

        assert_eq!(counted.len(), MisuseSign::ALL.len());
        assert!(counted.iter().all(|(_, counted)| *counted == Counted::default()));
        assert!(counted.iter().all(|counted| number(counted).value == 0.0));
    }

    #[test]
    fn the_hour_is_the_one_that_has_ended() {
        for (now, hour) in [
            ("2026-03-31T15:00:00Z", "2026-03-31T15:00:00Z"),
            ("2026-03-31T15:59:59.999Z", "2026-03-31T15:00:00Z"),
            ("2026-04-01T00:03:00Z", "2026-04-01T00:00:00Z"),
        ] {
            assert_eq!(hour_of(now.parse().unwrap()).to_string(), hour, "{now}");
        }
    }
}
