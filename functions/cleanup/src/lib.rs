//! What the operations document promises to families is done by machines: on a schedule, bounded, counted, and visible in
//! `job_runs`.
//!
//! A schedule calls this function with the name of a [`Task`]. [`handle`] begins a run, which no other run of the kind
//! shares its time or its period with, lets the task do as much as there is time for, writes down what came of it, and then
//! [looks](watch) whether any task's runs are missing or stuck.

mod config;
mod failure;
mod fuse;
mod metrics;
mod notices;
mod task;
mod tasks;
mod watch;

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_notify::{AlertTopic, Notice};
use kimochi_queue::TranscribeQueue;
use kimochi_store::Database;
use kimochi_store::scheduled_runs::{self, Begun, RunEnd, Start};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde::Serialize;
use serde_json::Value;

pub use config::Config;
pub use fuse::Fuse;
pub use metrics::Metrics;
pub use task::{Request, Task};
pub use tasks::MisuseThresholds;

use crate::failure::Failure;

/// Kept free at the end of an invocation, to write down what came of it. A step may be under way that takes this long.
const RESERVE: Duration = Duration::from_secs(20);
/// Lambda asks twice more after a failure; what still fails then is told to the operators.
const LAST_ATTEMPT: i16 = 3;

/// What the tasks share.
pub struct App {
    /// The rows.
    pub database: Database,
    /// The objects.
    pub bucket: MediaBucket,
    /// Where transcribe's work waits.
    pub queue: TranscribeQueue,
    /// Where operators are told.
    pub alerts: AlertTopic,
    /// Where numbers go that are drawn and watched.
    pub metrics: Metrics,
    /// From how much on a run is refused.
    pub fuse: Fuse,
    /// How much the bucket is meant to hold; 0 when nobody says.
    pub quota_bytes: u64,
    /// How long audit rows stay in the database.
    pub audit_logs_kept: SignedDuration,
    /// How long job runs stay in the database.
    pub job_runs_kept: SignedDuration,
    /// Whose calendar days the periods are.
    pub time_zone: TimeZone,
    /// The time now.
    pub clock: fn() -> Timestamp,
    /// How much in an hour is unusual.
    pub misuse: MisuseThresholds,
}

/// What a task needs to know of its run.
pub(crate) struct Run<'a> {
    pub(crate) request: Request,
    pub(crate) context: &'a Context,
    /// After this time no further step begins.
    pub(crate) until: Timestamp,
}

impl Run<'_> {
    /// Whether no further step may begin.
    pub(crate) fn is_over(&self, app: &App) -> bool {
        (app.clock)() >= self.until
    }
}

/// What came of an invocation.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Answer {
    /// The task did what it had time for; numbers of its own.
    Done {
        /// For which period.
        period: String,
        /// What it did, or, in a rehearsal, would do.
        numbers: Value,
    },
    /// The period is done.
    AlreadyDone {
        /// Which one.
        period: String,
    },
    /// Another run of the kind is under way.
    Busy,
}

/// Does one task, once for its period.
///
/// # Errors
/// When the task failed; Lambda asks twice more, and the next period goes on where this one ended.
pub async fn handle(app: &App, event: LambdaEvent<Value>) -> Result<Answer, Diagnostic> {
    let request: Request = serde_json::from_value(event.payload).map_err(|error| {
        tracing::error!(error = %error, "the event is none of this function's");
        diagnostic("InvalidRequest", &format!("the event is none of this function's: {error}"))
    })?;
    let answer = run(app, request, &event.context).await;
    if !request.dry_run {
        watch::look(app, &event.context).await;
    }
    answer
}

async fn run(app: &App, request: Request, context: &Context) -> Result<Answer, Diagnostic> {
    let now = (app.clock)();
    let period = request.task.period(now, &app.time_zone);
    let start = Start {
        kind: request.task.kind(),
        period: &period,
        is_rehearsal: request.dry_run,
        request_id: &context.request_id,
        now,
    };
    let begun = scheduled_runs::begin(&app.database, &start).await.map_err(|error| failed(&error.into()))?;
    let run = match begun {
        Begun::Ours(run) => run,
        Begun::AlreadyDone => {
            tracing::info!(period, "the period is done");
            return Ok(Answer::AlreadyDone { period });
        }
        Begun::Busy => {
            tracing::warn!(period, "another run of the kind is under way");
            return Ok(Answer::Busy);
        }
    };
    let attempt = run.attempt;
    let result = request.task.run(app, &Run { request, context, until: until(context, now) }).await;

    let (end, numbers) = match &result {
        Ok(numbers) => (RunEnd::Succeeded, numbers.clone()),
        Err(failure) => (RunEnd::Failed(&failure.text()), failure.numbers()),
    };
    let kind = request.task.kind().as_str();
    tracing::info!(kind, period, attempt, dry_run = request.dry_run, %numbers, "the run is over");
    let ended = run.end(end, &numbers, (app.clock)()).await;
    match result {
        Ok(numbers) => {
            ended.map_err(|error| failed(&error.into()))?;
            Ok(Answer::Done { period, numbers })
        }
        Err(failure) => {
            if !failure.may_pass() || attempt >= LAST_ATTEMPT {
                // Untold, it is missing soon, and told as such.
                let _ = tell(app, &notices::failed(request.task, &period, context, &failure)).await;
            }
            Err(failed(&failure))
        }
    }
}

/// Tells the operators. `false` when that failed: who depends on it tells them again.
pub(crate) async fn tell(app: &App, notice: &Notice) -> bool {
    let published = app.alerts.publish(notice).await;
    if let Err(error) = &published {
        tracing::error!(event_type = notice.event_type, %error, "the operators could not be told");
    }
    published.is_ok()
}

fn failed(failure: &Failure) -> Diagnostic {
    tracing::error!(error = failure.text(), "the run failed");
    diagnostic(failure.code(), &failure.text())
}

fn diagnostic(error_type: &str, message: &str) -> Diagnostic {
    Diagnostic { error_type: error_type.to_owned(), error_message: message.to_owned() }
}

fn until(context: &Context, now: Timestamp) -> Timestamp {
    let ends_at = i64::try_from(context.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    let reserve = SignedDuration::try_from(RESERVE).unwrap_or_default();
    ends_at.unwrap_or(now) - reserve
}
