//! Whatever the events are like, one object is worked on by one attempt at a time, at most three times.

use futures_util::future::join_all;
use kimochi_domain::{Failure, JobStatus, MAX_ATTEMPTS, RecordingStatus, Sequencer, UserId};
use kimochi_store::job_runs;
use kimochi_store::transcription::{self, Claim, Completion, Ending};
use kimochi_testing::{TestDatabase, now};

use crate::support::{
    LEASE_SECONDS, attempt_at, claim_at, claim_event, key_for, outcome, read, requested_by, run_at,
    seconds_later,
};

#[tokio::test]
async fn of_twenty_claims_at_once_one_is_granted() {
    let db = TestDatabase::new().await;
    let recording = requested_by(&db.api(), "mika").await;

    let claims =
        join_all((0..20).map(|_| async { claim_at(&db.worker(), &recording.audio_key, now()).await })).await;

    let granted = claims.iter().filter(|claim| matches!(claim, Claim::Claimed(_))).count();
    let busy = claims.iter().filter(|claim| matches!(claim, Claim::Busy { .. })).count();
    assert_eq!((granted, busy), (1, 19), "{claims:?}");
}

#[tokio::test]
async fn the_first_claim_records_the_arrival_and_the_run() {
    let db = TestDatabase::new().await;
    let (api, worker) = (db.api(), db.worker());
    let recording = requested_by(&api, "mika").await;

    let attempt = attempt_at(&worker, &recording.audio_key, now()).await;

    assert_eq!((attempt.recording_id, attempt.user_id, attempt.number), (recording.id, recording.user_id, 1));
    let recording = read(&api, "mika", recording.id).await.unwrap();
    assert_eq!((recording.status, recording.uploaded_at), (RecordingStatus::Transcribing, Some(now())));
    let runs = job_runs::of_recording(&worker.client().await.unwrap(), recording.id).await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].id, runs[0].status, runs[0].attempt), (attempt.job_run_id, JobStatus::Running, 1));
    assert_eq!(runs[0].subject, recording.audio_key.to_string());
    assert_eq!(runs[0].request_id.as_deref(), Some("req-1"));
}

#[tokio::test]
async fn a_second_delivery_of_a_settled_object_changes_nothing() {
    let db = TestDatabase::new().await;
    let (api, worker) = (db.api(), db.worker());
    let recording = requested_by(&api, "mika").await;
    let attempt = attempt_at(&worker, &recording.audio_key, now()).await;
    let done =
        transcription::finish(&worker, &attempt, &outcome(&recording, Ending::Transcribed), now()).await;
    assert_eq!(done.unwrap(), Completion::Recorded);
    let before = read(&api, "mika", recording.id).await;

    let again = claim_event(&worker, &recording.audio_key, "FF", seconds_later(3600)).await;

    assert_eq!(again, Claim::Settled(RecordingStatus::Transcribed));
    assert_eq!(read(&api, "mika", recording.id).await, before);
}

#[tokio::test]
async fn while_an_attempt_may_be_alive_others_wait() {
    let db = TestDatabase::new().await;
    let recording = requested_by(&db.api(), "mika").await;
    attempt_at(&db.worker(), &recording.audio_key, now()).await;

    let second = claim_at(&db.worker(), &recording.audio_key, seconds_later(LEASE_SECONDS - 1)).await;

    assert_eq!(second, Claim::Busy { lease_until: seconds_later(LEASE_SECONDS) });
}

#[tokio::test]
async fn an_event_that_was_overtaken_is_outdated() {
    let db = TestDatabase::new().await;
    let worker = db.worker();
    let recording = requested_by(&db.api(), "mika").await;
    claim_event(&worker, &recording.audio_key, "0055AED6DCD90281E5", now()).await;

    let overtaken = claim_event(&worker, &recording.audio_key, "0055AED6DCD9", seconds_later(3600)).await;

    assert_eq!(overtaken, Claim::Outdated);
}

#[tokio::test]
async fn a_later_event_may_claim_when_the_lease_is_over() {
    let db = TestDatabase::new().await;
    let worker = db.worker();
    let recording = requested_by(&db.api(), "mika").await;
    claim_event(&worker, &recording.audio_key, "A1", now()).await;

    let later = claim_event(&worker, &recording.audio_key, "A2", seconds_later(LEASE_SECONDS)).await;
    let first_again = claim_event(&worker, &recording.audio_key, "A1", seconds_later(3600)).await;

    assert!(matches!(later, Claim::Claimed(attempt) if attempt.number == 2), "{later:?}");
    assert_eq!(first_again, Claim::Outdated);
}

#[tokio::test]
async fn when_sandboxes_die_the_next_takes_over_until_the_attempts_are_exhausted() {
    let db = TestDatabase::new().await;
    let (api, worker) = (db.api(), db.worker());
    let recording = requested_by(&api, "mika").await;
    let over = |times: i64| seconds_later(times * LEASE_SECONDS);

    for number in 1..=MAX_ATTEMPTS {
        let attempt = attempt_at(&worker, &recording.audio_key, over(i64::from(number) - 1)).await;
        assert_eq!(attempt.number, number);
    }
    let last = claim_at(&worker, &recording.audio_key, over(3)).await;
    let after = claim_at(&worker, &recording.audio_key, over(4)).await;

    assert_eq!(last, Claim::Exhausted { recording_id: recording.id, user_id: recording.user_id });
    assert_eq!(after, Claim::ExhaustedBefore { recording_id: recording.id });
    let recording = read(&api, "mika", recording.id).await.unwrap();
    assert_eq!(recording.failure, Some(Failure::AttemptsExhausted));
    let runs = job_runs::of_recording(&worker.client().await.unwrap(), recording.id).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    for run in runs {
        assert_eq!((run.status, run.error.as_deref()), (JobStatus::Failed, Some("sandbox_lost")));
    }
}

#[tokio::test]
async fn an_object_that_nobody_asked_for_is_recorded_once_per_event() {
    let db = TestDatabase::new().await;
    let worker = db.worker();
    let key = key_for(UserId::new());
    assert_eq!(claim_at(&worker, &key, now()).await, Claim::NotRequested);

    let mut new = Vec::new();
    for sequencer in ["A1", "A1", "A2"] {
        let (key, sequencer) = (key.to_string(), Sequencer::new(sequencer));
        let recorded =
            transcription::record_unrequested(&worker, &key, &sequencer, "not_requested", &run_at(now()))
                .await;
        new.push(recorded.unwrap());
    }

    assert_eq!(new, [true, false, true]);
    let owner = db.owner().client().await.unwrap();
    let runs = owner.query("SELECT subject, status, error FROM job_runs", &[]).await.unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0].get::<_, String>("subject"), key.to_string());
    assert_eq!(runs[0].get::<_, String>("error"), "not_requested");
}

#[tokio::test]
async fn an_object_that_arrives_after_its_request_expired_counts_as_not_requested() {
    let db = TestDatabase::new().await;
    let recording = requested_by(&db.api(), "mika").await;
    let owner = db.owner().client().await.unwrap();
    let expire = "UPDATE recordings SET status = 'expired', finished_at = created_at";
    owner.execute(expire, &[]).await.unwrap();

    let claim = claim_at(&db.worker(), &recording.audio_key, now()).await;

    assert_eq!(claim, Claim::NotRequested);
}
