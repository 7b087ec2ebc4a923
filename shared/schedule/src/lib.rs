//! Work that a schedule begins: once for its period, one run of a kind at a time, and written down in `job_runs`.
//!
//! What is done is decided by the functions that are called on a schedule; the rows and the lock are
//! [`kimochi_store::scheduled_runs`].

mod answer;
mod failure;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kimochi_domain::JobKind;
use kimochi_store::Database;
use kimochi_store::scheduled_runs::{self, Begun, RunEnd, Start};
use lambda_runtime::{Context, Diagnostic};
use serde_json::Value;

pub use answer::Answer;
pub use failure::{Failed, Failure};

/// Kept free at the end of an invocation, to write down what came of it. A step may be under way that takes this long.
const RESERVE: Duration = Duration::from_secs(20);
/// Lambda asks twice more after a failure; what still fails then is told to the operators.
const LAST_ATTEMPT: i16 = 3;

/// A piece of work that a schedule asks for.
pub struct Job<'a> {
    /// Where runs are written down.
    pub database: &'a Database,
    /// What is done.
    pub kind: JobKind,
    /// For which period; no two runs of a kind share one.
    pub period: &'a str,
    /// A rehearsal may be repeated, and takes no period from the real run.
    pub is_rehearsal: bool,
    /// Of the invocation.
    pub context: &'a Context,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

/// Does the work, unless its period is done or another run of its kind is under way. It gives its numbers.
///
/// # Errors
/// When the work failed, or could not be written down.
pub async fn once<F: Failure>(
    job: &Job<'_>,
    work: impl Future<Output = Result<Value, F>>,
) -> Result<Answer, Failed<F>> {
    let Job { database, kind, period, is_rehearsal, context, clock } = *job;
    let start = Start { kind, period, is_rehearsal, request_id: &context.request_id, now: clock() };
    let run = match scheduled_runs::begin(database, &start).await.map_err(Failed::unbegun)? {
        Begun::Ours(run) => run,
        Begun::AlreadyDone => {
            tracing::info!(period, "the period is done");
            return Ok(Answer::AlreadyDone { period: period.to_owned() });
        }
        Begun::Busy => {
            tracing::warn!(period, "another run of the kind is under way");
            return Ok(Answer::Busy);
        }
    };
    let attempt = run.attempt;
    let result = work.await;

    let (end, numbers) = match &result {
        Ok(numbers) => (RunEnd::Succeeded, numbers.clone()),
        Err(failure) => (RunEnd::Failed(&failure.text()), failure.numbers()),
    };
    tracing::info!(kind = kind.as_str(), period, attempt, dry_run = is_rehearsal, %numbers, "the run is over");
    let ended = run.end(end, &numbers, clock()).await;
    match result {
        Ok(numbers) => {
            ended.map_err(Failed::unbegun)?;
            Ok(Answer::Done { period: period.to_owned(), numbers })
        }
        Err(failure) => {
            let is_final = !failure.may_pass() || attempt >= LAST_ATTEMPT;
            Err(Failed { failure, is_final })
        }
    }
}

/// After this time no further step of the invocation's work begins.
pub fn until(context: &Context, now: Timestamp) -> Timestamp {
    let ends_at = i64::try_from(context.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    let reserve = SignedDuration::try_from(RESERVE).unwrap_or_default();
    ends_at.unwrap_or(now) - reserve
}

/// What Lambda is told of an event that is none of the function's.
pub fn invalid_request(error: &dyn std::fmt::Display) -> Diagnostic {
    tracing::error!(%error, "the event is none of this function's");
    Diagnostic {
        error_type: "InvalidRequest".to_owned(),
        error_message: format!("the event is none of this function's: {error}"),
    }
}
