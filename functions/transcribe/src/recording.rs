//! One object: claimed, attempted, and settled in the database.

use std::sync::Arc;

use kimochi_blob::notification::ObjectCreated;
use kimochi_domain::AudioKey;
use kimochi_notify::Notice;
use kimochi_speech::Transcriber;
use kimochi_store::transcription::{self, Arrival, Attempt, Claim, Completion, GivenBack, Run};

use tracing::Instrument as _;

use crate::attempt::{self, Trouble};
use crate::{App, Invocation, Verdict, notices};

/// Does the work for one created object. Whatever happens is settled or comes back; trouble with the database
/// or with loading the engine costs no attempt.
pub(crate) async fn process(app: &App, invocation: &Invocation, object: &ObjectCreated) -> Verdict {
    let work = async {
        try_process(app, invocation, object).await.unwrap_or_else(|error| {
            tracing::error!(error = format!("{error:#}"), "a message comes back");
            Verdict::ComeBack
        })
    };
    // Boxed, because the steps' futures nest too deep for the compiler otherwise.
    Box::pin(work.instrument(span(object))).await
}

/// Finds every line about a recording by the unguessable part of its key. A key that is not ours may hold
/// anything, so it is not logged.
fn span(object: &ObjectCreated) -> tracing::Span {
    match object.key.parse::<AudioKey>() {
        Ok(key) => tracing::info_span!("recording", object.id = %key.unique_id(), user.id = %key.user_id()),
        Err(_) => tracing::info_span!("recording"),
    }
}

async fn try_process(app: &App, invocation: &Invocation, object: &ObjectCreated) -> anyhow::Result<Verdict> {
    anyhow::ensure!(object.bucket == app.bucket.name(), "the message is about another bucket");
    let Ok(audio_key) = object.key.parse::<AudioKey>() else {
        return unrequested(app, invocation, object, "unknown_key").await;
    };
    anyhow::ensure!(!invocation.is_nearly_over(), "no time is left for another recording");
    let transcriber = app.engine.get(&app.bucket).await?;

    let arrival =
        Arrival { audio_key: &audio_key, sequencer: &object.sequencer, uploaded_at: object.created_at };
    match transcription::claim(&app.database, &arrival, &run(app, invocation)).await? {
        Claim::Claimed(attempt) => work(app, invocation, transcriber, &audio_key, &attempt).await,
        Claim::NotRequested if !app.bucket.has_audio(&audio_key).await? => {
            tracing::info!("removed: what the message tells of is there no more");
            Ok(Verdict::Done)
        }
        Claim::NotRequested => unrequested(app, invocation, object, "not_requested").await,
        Claim::Settled(status) => {
            tracing::info!(%status, "duplicate: the recording is settled already");
            Ok(Verdict::Done)
        }
        Claim::Deleted => {
            tracing::info!("deleted: the family does not want it any more");
            Ok(Verdict::Done)
        }
        Claim::Outdated => {
            tracing::info!("outdated: a later event for the object was seen before");
            Ok(Verdict::Done)
        }
        Claim::Busy { lease_until } => {
            tracing::info!(%lease_until, "another attempt is under way; the message comes back");
            Ok(Verdict::ComeBack)
        }
        Claim::Exhausted { recording_id, .. } => {
            tracing::error!(recording.id = %recording_id, "given up: the last attempt's sandbox died");
            publish(app, &notices::attempts_exhausted(recording_id, invocation, "sandbox_lost")).await;
            Ok(Verdict::ComeBack)
        }
        Claim::ExhaustedBefore { recording_id } => {
            tracing::warn!(recording.id = %recording_id, "given up before; on its way to the dead-letter queue");
            Ok(Verdict::ComeBack)
        }
    }
}

/// Makes the attempt and settles what came of it.
async fn work(
    app: &App,
    invocation: &Invocation,
    transcriber: Arc<dyn Transcriber>,
    audio_key: &AudioKey,
    attempt: &Attempt,
) -> anyhow::Result<Verdict> {
    let recording_id = attempt.recording_id;
    let result = attempt::run(app, &*transcriber, audio_key, invocation.deadline).await;
    let now = (app.clock)();
    if let Err(Trouble::Passing { misconfigured: true, .. }) = &result {
        app.engine.forget().await;
    }
    match result {
        Ok(outcome) => {
            let completion = transcription::finish(&app.database, attempt, &outcome, now).await?;
            tracing::info!(
                recording.id = %recording_id,
                attempt = attempt.number,
                outcome = ?outcome.ending,
                quality = %outcome.quality,
                duration_ms = outcome.duration_ms,
                processing_ms = outcome.processing_ms,
                superseded = completion == Completion::Superseded,
                "transcribed"
            );
            Ok(verdict(completion))
        }
        Err(Trouble::Broken { failure, detail }) => {
            let error = format!("{failure}: {detail}");
            let completion = transcription::fail(&app.database, attempt, failure, &error, now).await?;
            tracing::warn!(recording.id = %recording_id, error, "the file cannot be transcribed");
            if completion == Completion::Recorded {
                publish(app, &notices::broken_file(recording_id, invocation, failure)).await;
            }
            Ok(verdict(completion))
        }
        Err(Trouble::Passing { code, error, .. }) => {
            tracing::warn!(
                recording.id = %recording_id,
                attempt = attempt.number,
                code,
                error = format!("{error:#}"),
                "the attempt failed"
            );
            let given_back =
                transcription::give_back(&app.database, attempt, &format!("{code}: {error:#}"), now).await?;
            if given_back == GivenBack::Exhausted {
                tracing::error!(recording.id = %recording_id, code, "given up after the last attempt");
                publish(app, &notices::attempts_exhausted(recording_id, invocation, code)).await;
            }
            Ok(Verdict::ComeBack)
        }
    }
}

/// The message of an attempt that lost its claim may be the very one that the attempt after it lives on, so it is
/// not put away.
fn verdict(completion: Completion) -> Verdict {
    match completion {
        Completion::Recorded => Verdict::Done,
        Completion::Superseded => Verdict::ComeBack,
    }
}

/// An object that nobody asked us to expect: recorded as a failed job, reported once, left alone.
async fn unrequested(
    app: &App,
    invocation: &Invocation,
    object: &ObjectCreated,
    reason: &str,
) -> anyhow::Result<Verdict> {
    let run = run(app, invocation);
    let new = transcription::record_unrequested(&app.database, &object.key, &object.sequencer, reason, &run)
        .await?;
    if new {
        tracing::warn!(reason, size_bytes = object.size_bytes, "an object that nobody asked for");
        publish(app, &notices::unrequested(&object.key, object.size_bytes, invocation, reason)).await;
    }
    Ok(Verdict::Done)
}

/// Tells the operators. The row in `job_runs` and the alarm on the dead-letter queue tell them, too, so a
/// notice that cannot be sent does not make the work fail.
async fn publish(app: &App, notice: &Notice) {
    if let Err(error) = app.alerts.publish(notice).await {
        tracing::error!(notice = notice.event_type, %error, "a notice was not sent");
    }
}

fn run<'a>(app: &App, invocation: &'a Invocation) -> Run<'a> {
    Run { request_id: &invocation.request_id, now: (app.clock)(), lease_until: invocation.ends_at }
}
