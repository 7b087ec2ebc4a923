//! How an attempt ends, and that only the one that holds the claim can end it.

use kimochi_domain::{Failure, JobStatus, Quality, RecordingStatus, Transcript};
use kimochi_store::job_runs;
use kimochi_store::transcription::{self, Claim, Completion, Ending, GivenBack, Outcome};
use kimochi_testing::{TestDatabase, now};

use crate::support::{LEASE_SECONDS, attempt_at, claim_at, outcome, read, requested_by, seconds_later};

#[tokio::test]
async fn an_outcome_is_read_back_as_it_was_stored() {
    let db = TestDatabase::new().await;
    let (api, worker) = (db.api(), db.worker());
    let recording = requested_by(&api, "mika").await;
    let attempt = attempt_at(&worker, &recording.audio_key, now()).await;
    let cut_off = Outcome {
        quality: Quality::LowConfidence,
        quality_reasons: vec!["low_log_probability".to_owned(), "boilerplate".to_owned()],
        ..outcome(&recording, Ending::Partial { reason: "truncated".to_owned() })
    };

    let done = transcription::finish(&worker, &attempt, &cut_off, seconds_later(2)).await.unwrap();

    assert_eq!(done, Completion::Recorded);
    let stored = read(&api, "mika", recording.id).await.unwrap();
    assert_eq!(stored.status, RecordingStatus::Partial);
    assert_eq!(stored.partial_reason.as_deref(), Some("truncated"));
    assert_eq!(stored.transcript, Some(cut_off.transcript));
    assert_eq!((stored.quality, stored.quality_reasons), (Some(cut_off.quality), cut_off.quality_reasons));
    assert_eq!((stored.confidence, stored.language), (cut_off.confidence, cut_off.language));
    assert_eq!((stored.duration_ms, stored.finished_at), (Some(3_210), Some(seconds_later(2))));
    let runs = job_runs::of_recording(&worker.client().await.unwrap(), recording.id).await.unwrap();
    assert_eq!((runs[0].status, runs[0].finished_at), (JobStatus::Succeeded, Some(seconds_later(2))));
}

#[tokio::test]
async fn silence_has_an_empty_transcript_and_needs_no_model() {
    let db = TestDatabase::new().await;
    let (api, worker) = (db.api(), db.worker());
    let recording = requested_by(&api, "mika").await;
    let attempt = attempt_at(&worker, &recording.audio_key, now()).await;
    let silence = Outcome {
        transcript: Transcript(String::new()),
        quality: Quality::NoSpeech,
        confidence: None,
        language: None,
        model_name: None,
        model_sha256: None,
        ..outcome(&recording, Ending::NoSpeech)
    };

    let done = transcription::finish(&worker, &attempt, &silence, now()).await.unwrap();

    assert_eq!(done, Completion::Recorded);
    let stored = read(&api, "mika", recording.id).await.unwrap();
    assert_eq!((stored.status, stored.transcript), (RecordingStatus::NoSpeech, Some(silence.transcript)));
}

#[tokio::test]
async fn a_broken_file_fails_at_once_with_its_reason() {
    let db = TestDatabase::new().await;
    let (api, worker) = (db.api(), db.worker());
    let recording = requested_by(&api, "mika").await;
    let attempt = attempt_at(&worker, &recording.audio_key, now()).await;

    let failed =
        transcription::fail(&worker, &attempt, Failure::DamagedFile, "damaged_file: no cluster", now()).await;

    assert_eq!(failed.unwrap(), Completion::Recorded);
    let stored = read(&api, "mika", recording.id).await.unwrap();
    assert_eq!((stored.status, stored.failure), (RecordingStatus::Failed, Some(Failure::DamagedFile)));
    let runs = job_runs::of_recording(&worker.client().await.unwrap(), recording.id).await.unwrap();
    assert_eq!(runs[0].error.as_deref(), Some("damaged_file: no cluster"));
    let again = claim_at(&worker, &recording.audio_key, now()).await;
    assert_eq!(again, Claim::Settled(RecordingStatus::Failed));
}

#[tokio::test]
async fn trouble_that_may_pass_is_tried_three_times() {
    let db = TestDatabase::new().await;
    let (api, worker) = (db.api(), db.worker());
    let recording = requested_by(&api, "mika").await;

    for expected in [GivenBack::Retry, GivenBack::Retry, GivenBack::Exhausted] {
        let attempt = attempt_at(&worker, &recording.audio_key, now()).await;
        let given_back = transcription::give_back(&worker, &attempt, "s3: 503", now()).await.unwrap();
        assert_eq!(given_back, expected);
    }

    let stored = read(&api, "mika", recording.id).await.unwrap();
    assert_eq!((stored.status, stored.failure), (RecordingStatus::Failed, Some(Failure::AttemptsExhausted)));
    let after = claim_at(&worker, &recording.audio_key, now()).await;
    assert_eq!(after, Claim::ExhaustedBefore { recording_id: recording.id });
    let runs = job_runs::of_recording(&worker.client().await.unwrap(), recording.id).await.unwrap();
    assert!(
        runs.iter().all(|run| run.status == JobStatus::Failed && run.error.as_deref() == Some("s3: 503"))
    );
    assert_eq!(runs.len(), 3);
}

#[tokio::test]
async fn an_attempt_that_was_taken_over_changes_nothing() {
    let db = TestDatabase::new().await;
    let (api, worker) = (db.api(), db.worker());
    let recording = requested_by(&api, "mika").await;
    let slow = attempt_at(&worker, &recording.audio_key, now()).await;
    let next = attempt_at(&worker, &recording.audio_key, seconds_later(LEASE_SECONDS)).await;

    let outcome = outcome(&recording, Ending::Transcribed);
    let finished = transcription::finish(&worker, &slow, &outcome, now()).await.unwrap();
    let failed = transcription::fail(&worker, &slow, Failure::EmptyFile, "empty_file", now()).await.unwrap();
    let given_back = transcription::give_back(&worker, &slow, "timeout", now()).await.unwrap();

    assert_eq!((finished, failed), (Completion::Superseded, Completion::Superseded));
    assert_eq!(given_back, GivenBack::Superseded);
    assert_eq!(read(&api, "mika", recording.id).await.unwrap().status, RecordingStatus::Transcribing);
    let runs = job_runs::of_recording(&worker.client().await.unwrap(), recording.id).await.unwrap();
    assert_eq!(
        runs.iter().map(|run| run.status).collect::<Vec<_>>(),
        [JobStatus::Failed, JobStatus::Running]
    );
    let finished = transcription::finish(&worker, &next, &outcome, now()).await.unwrap();
    assert_eq!(finished, Completion::Recorded);
}

#[tokio::test]
async fn a_late_attempt_that_nobody_took_over_still_counts() {
    let db = TestDatabase::new().await;
    let worker = db.worker();
    let recording = requested_by(&db.api(), "mika").await;
    let attempt = attempt_at(&worker, &recording.audio_key, now()).await;

    let late = seconds_later(10 * LEASE_SECONDS);
    let finished =
        transcription::finish(&worker, &attempt, &outcome(&recording, Ending::Transcribed), late).await;

    assert_eq!(finished.unwrap(), Completion::Recorded);
}

#[tokio::test]
async fn an_error_of_any_length_and_content_can_be_kept() {
    let db = TestDatabase::new().await;
    let worker = db.worker();
    let recording = requested_by(&db.api(), "mika").await;

    for error in ["あ".repeat(2_000), "nul\0inside".to_owned()] {
        let attempt = attempt_at(&worker, &recording.audio_key, now()).await;
        let given_back = transcription::give_back(&worker, &attempt, &error, now()).await;
        assert_eq!(given_back.unwrap(), GivenBack::Retry);
    }

    let attempt = attempt_at(&worker, &recording.audio_key, now()).await;
    let given_back = transcription::give_back(&worker, &attempt, "\0", now()).await;
    assert_eq!(given_back.unwrap(), GivenBack::Exhausted);
}
