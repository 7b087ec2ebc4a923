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

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_notify::{AlertTopic, Notice};
use kimochi_queue::TranscribeQueue;
use kimochi_schedule::{Job, once, until};
use kimochi_store::Database;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::Value;

pub use config::Config;
pub use fuse::Fuse;
pub use kimochi_schedule::Answer;
pub use metrics::Metrics;
pub use task::{Request, Task};
pub use tasks::MisuseThresholds;

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

/// Does one task, once for its period.
///
/// # Errors
/// When the task failed; Lambda asks twice more, and the next period goes on where this one ended.
pub async fn handle(app: &App, event: LambdaEvent<Value>) -> Result<Answer, Diagnostic> {
    let request: Request =
        serde_json::from_value(event.payload).map_err(|error| kimochi_schedule::invalid_request(&error))?;
    let answer = run(app, request, &event.context).await;
    if !request.dry_run {
        watch::look(app, &event.context).await;
    }
    answer
}

async fn run(app: &App, request: Request, context: &Context) -> Result<Answer, Diagnostic> {
    let now = (app.clock)();
    let period = request.task.period(now, &app.time_zone);
    let job = Job {
        database: &app.database,
        kind: request.task.kind(),
        period: &period,
        is_rehearsal: request.dry_run,
        context,
        clock: app.clock,
    };
    let run = Run { request, context, until: until(context, now) };
    let done = once(&job, request.task.run(app, &run)).await;
    if let Err(failed) = &done
        && failed.is_final
        && !request.dry_run
    {
        // Untold, it is missing soon, and told as such.
        let _ = tell(app, &notices::failed(request.task, &period, context, &failed.failure)).await;
    }
    Ok(done?)
}

/// Tells the operators. `false` when that failed: who depends on it tells them again.
pub(crate) async fn tell(app: &App, notice: &Notice) -> bool {
    let published = app.alerts.publish(notice).await;
    if let Err(error) = &published {
        tracing::error!(event_type = notice.event_type, %error, "the operators could not be told");
    }
    published.is_ok()
}
