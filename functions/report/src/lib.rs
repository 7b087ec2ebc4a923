//! Reports to the operators: the state of the service every day, performance and security every week, trends, cost and
//! suggestions every month (operations document, 6.2.2).
//!
//! A schedule calls this function with the name of a report. [`handle`] begins a run, which no other run of the kind shares
//! its period with; [`Sources`] gather the [`Numbers`](numbers::Numbers); from these alone follow Markdown, JSON, the chart
//! and the summary. They are kept in the bucket, and the summary goes to the alerts topic. What a source cannot give is
//! said, with the reason, and never guessed.

mod advice;
mod chart;
mod config;
mod failure;
mod markdown;
mod notices;
pub mod numbers;
mod rendered;
mod request;
mod sections;
mod sources;
mod summary;
mod targets;
mod words;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_domain::{ReportKey, ReportPeriod};
use kimochi_notify::AlertTopic;
use kimochi_schedule::{Answer, Job, invalid_request, once, until};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::{Value, json};

pub use config::Config;
pub use rendered::{Rendered, render};
pub use request::Request;
pub use sources::{Kept, Service, Sources};

use crate::failure::Failure;
use crate::sources::When;

/// For writing a report, keeping it, and telling of it, when all its numbers are there or their time is over.
const KEEPING: SignedDuration = SignedDuration::from_secs(30);

/// What a report needs.
pub struct App {
    /// Where numbers come from.
    pub sources: Sources,
    /// Where reports are kept.
    pub bucket: MediaBucket,
    /// Where operators are told.
    pub alerts: AlertTopic,
    /// Whose calendar days are meant.
    pub time_zone: TimeZone,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

/// Makes one report, once for its period.
///
/// # Errors
/// When it could not be kept or told; Lambda asks twice more. A repeated run writes the same keys again.
pub async fn handle(app: &App, event: LambdaEvent<Value>) -> Result<Answer, Diagnostic> {
    let now = (app.clock)();
    let request: Request = serde_json::from_value(event.payload).map_err(|error| invalid_request(&error))?;
    let days = request.days(now, &app.time_zone).map_err(|error| invalid_request(&error))?;
    let job = Job {
        database: &app.sources.database,
        kind: request.report.job_kind(),
        period: &request.run_name(days, &event.context.request_id),
        is_rehearsal: request.dry_run,
        context: &event.context,
        clock: app.clock,
    };
    let time = until(&event.context, now).duration_since(now) - KEEPING;
    let done = once(&job, report(app, &request, days, now, time)).await;
    if let Err(failed) = &done
        && failed.is_final
        && !request.dry_run
    {
        tell_of_failure(app, days, &event.context, &failed.failure).await;
    }
    Ok(done?)
}

/// Gathers, writes, keeps, tells; gives the keys and the summary.
async fn report(
    app: &App,
    request: &Request,
    days: ReportPeriod,
    now: Timestamp,
    time: SignedDuration,
) -> Result<Value, Failure> {
    let when = When::new(days, now, &app.time_zone)?;
    let numbers = app.sources.gather(&when, time.try_into().unwrap_or_default()).await;
    let rendered = render(&numbers).map_err(Failure::Unwritable)?;
    let summary = summary::summary(&numbers);
    if request.dry_run {
        return Ok(json!({"title": summary::headline(&numbers), "summary": summary}));
    }
    let mut kept = Vec::new();
    for (format, bytes) in rendered.files() {
        let key = ReportKey { period: days, format };
        app.bucket.put_report(&key, bytes).await?;
        kept.push(key.to_string());
    }
    app.alerts.publish(&notices::made(&numbers, app.bucket.name(), app.sources.api())).await?;
    Ok(json!({"keys": kept, "summary": summary}))
}

async fn tell_of_failure(app: &App, days: ReportPeriod, context: &Context, failure: &Failure) {
    // Untold, it is missing soon, and told as such.
    if let Err(error) = app.alerts.publish(&notices::failed(days, context, failure)).await {
        tracing::error!(%error, "the operators could not be told");
    }
}
