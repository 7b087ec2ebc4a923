//! Whether the runs of tasks and reports are missing or stuck: looked at after every run, so that a schedule which is off is
//! noticed by the others'. When none of them comes any more, the alarm on this function's invocations speaks up.

use jiff::{SignedDuration, Timestamp};
use kimochi_domain::JobKind;
use kimochi_erasure::{Limits, QUIET_TIME};
use kimochi_notify::Notice;
use kimochi_store::purge;
use kimochi_store::scheduled_runs::{Lately, lately, note_told, was_told};
use lambda_runtime::Context;

use crate::{App, Task, notices, tell};

/// Lambda ends every run after a quarter of an hour at most.
const LONGEST_RUN: SignedDuration = SignedDuration::from_mins(20);
/// How long what was deleted may wait before operators hear of it.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Reports, which another function makes, and how long there may be none: a day longer than from one to the next.
const REPORTS: [(JobKind, SignedDuration); 3] = [
    (JobKind::ReportDaily, SignedDuration::from_hours(24 * 2)),
    (JobKind::ReportWeekly, SignedDuration::from_hours(24 * 8)),
    (JobKind::ReportMonthly, SignedDuration::from_hours(24 * 32)),
];

/// What is wrong with the runs of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// None has succeeded since then.
    Missing { since: Timestamp },
    /// One has been running since then.
    Stuck { since: Timestamp },
    /// What should have gone has been waiting since then.
    Backlog { since: Timestamp },
}

impl Finding {
    /// A name for it that does not change while it lasts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Stuck { .. } => "stuck",
            Self::Backlog { .. } => "backlog",
        }
    }

    pub(crate) fn since(self) -> Timestamp {
        match self {
            Self::Missing { since } | Self::Stuck { since } | Self::Backlog { since } => since,
        }
    }
}

/// Tells the operators what is wrong, once for each thing and day.
pub(crate) async fn look(app: &App, context: &Context) {
    let now = (app.clock)();
    // Two runs of a task may be late.
    let tasks = Task::ALL.into_iter().map(|task| (task.kind(), task.every() * 3));
    for (kind, longest_gap) in tasks.chain(REPORTS) {
        let found = match lately(&app.database, kind).await {
            Ok(lately) => judge(longest_gap, &lately, now),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the runs could not be looked at");
                return;
            }
        };
        if let Some(finding) = found {
            report(app, kind, finding, context, now).await;
        }
    }
    let limits = Limits { batch: 1, quiet_time: QUIET_TIME, until: now, clock: app.clock };
    if let Ok(plan) = purge::planned(&app.database, limits.batch()).await
        && let Some(since) = plan.waiting_since.filter(|since| now.duration_since(*since) > LONGEST_WAIT)
    {
        report(app, JobKind::Purge, Finding::Backlog { since }, context, now).await;
    }
}

async fn report(app: &App, kind: JobKind, finding: Finding, context: &Context, now: Timestamp) {
    let day = now.to_zoned(app.time_zone.clone()).date();
    let what = format!("{kind}/{}/{day}", finding.name());
    tell_once(app, &what, &notices::found(kind, finding, context, app), context).await;
}

/// Tells the operators of `what`, unless they know.
pub(crate) async fn tell_once(app: &App, what: &str, notice: &Notice, context: &Context) {
    match was_told(&app.database, what).await {
        Ok(true) => return,
        Ok(false) => (),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "nobody knows whether operators know");
        }
    }
    // Told first: twice is better than never.
    if tell(app, notice).await
        && let Err(error) = note_told(&app.database, what, &context.request_id, (app.clock)()).await
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "operators may be told again");
    }
}

fn judge(longest_gap: SignedDuration, lately: &Lately, now: Timestamp) -> Option<Finding> {
    if let Some(since) = lately.running_since.filter(|since| now.duration_since(*since) > LONGEST_RUN) {
        return Some(Finding::Stuck { since });
    }
    // What never succeeded is missing from its first sign of life on.
    let since = lately.succeeded_at.or(lately.first_at)?;
    (now.duration_since(since) > longest_gap).then_some(Finding::Missing { since })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_missing_after_three_periods_and_stuck_after_lambdas_limit() {
        let now: Timestamp = "2026-04-01T12:00:00Z".parse().unwrap();
        let ago = |minutes| now - SignedDuration::from_mins(minutes);
        let judged = |succeeded: Option<i64>, running: Option<i64>, first: Option<i64>| {
            let lately = Lately {
                succeeded_at: succeeded.map(ago),
                running_since: running.map(ago),
                first_at: first.map(ago),
            };
            judge(Task::Purge.every() * 3, &lately, now)
        };

        assert_eq!(judged(Some(45), None, Some(1_000)), None);
        assert_eq!(judged(Some(46), None, Some(1_000)), Some(Finding::Missing { since: ago(46) }));
        assert_eq!(judged(None, None, Some(46)), Some(Finding::Missing { since: ago(46) }));
        assert_eq!(judged(None, None, None), None, "the first one is still to come");
        assert_eq!(judged(Some(10), Some(20), Some(1_000)), None);
        assert_eq!(judged(Some(10), Some(21), Some(1_000)), Some(Finding::Stuck { since: ago(21) }));
    }
}
