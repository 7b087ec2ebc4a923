//! An operator has a failed recording tried again, and only that.

use kimochi_domain::{Failure, JobRunId, Recording, RecordingId, RecordingStatus};
use kimochi_store::transcription::{self, Completion, Ending, GivenBack, Retry};
use kimochi_store::users;
use kimochi_testing::{TestDatabase, now};
use serde_json::json;

use crate::looking::{noted, operating};
use crate::support::{
    LEASE_SECONDS, SEQUENCER, attempt_at, outcome, parent, read, requested_by, seconds_later,
};

/// Tries again, and commits.
async fn retry(db: &TestDatabase, id: RecordingId, run: JobRunId) -> Option<Retry> {
    let operator = operating(db).await;
    let retried = transcription::retry(&operator, id, run, seconds_later(60)).await.unwrap();
    operator.commit().await.unwrap();
    retried
}

/// A recording whose three attempts failed, and the run of the last of them.
async fn exhausted(db: &TestDatabase) -> (Recording, JobRunId) {
    let recording = requested_by(&db.api(), "mika").await;
    loop {
        let attempt = attempt_at(&db.worker(), &recording.audio_key, now()).await;
        let after = transcription::give_back(&db.worker(), &attempt, "s3: 503", now()).await.unwrap();
        if after == GivenBack::Exhausted {
            return (recording, attempt.job_run_id);
        }
    }
}

#[tokio::test]
async fn a_failed_recording_waits_again_with_all_its_attempts_before_it() {
    let db = TestDatabase::new().await;
    let (recording, run) = exhausted(&db).await;

    let Some(Retry::Waiting(object)) = retry(&db, recording.id, run).await else { panic!("not waiting") };

    assert_eq!((object.audio_key, object.size_bytes), (recording.audio_key.clone(), recording.size_bytes));
    assert_eq!((object.uploaded_at, object.sequencer.as_str()), (now(), SEQUENCER));
    let waiting = read(&db.api(), "mika", recording.id).await.unwrap();
    assert_eq!((waiting.status, waiting.failure), (RecordingStatus::Uploaded, None));
    assert_eq!((waiting.finished_at, waiting.updated_at), (None, seconds_later(60)));
    let attempt = attempt_at(&db.worker(), &recording.audio_key, seconds_later(61)).await;
    assert_eq!(attempt.number, 1);
    let text = outcome(&recording, Ending::Transcribed);
    let done = transcription::finish(&db.worker(), &attempt, &text, seconds_later(62)).await.unwrap();
    assert_eq!(done, Completion::Recorded);
}

#[tokio::test]
async fn what_waits_already_can_be_told_to_the_queue_again_and_what_runs_or_is_done_cannot() {
    let db = TestDatabase::new().await;
    let (recording, run) = exhausted(&db).await;
    let first = retry(&db, recording.id, run).await;

    assert_eq!(retry(&db, recording.id, run).await, first, "its message may have been lost");
    let attempt = attempt_at(&db.worker(), &recording.audio_key, seconds_later(61)).await;
    assert_eq!(retry(&db, recording.id, run).await, Some(Retry::Refused(RecordingStatus::Transcribing)));
    let text = outcome(&recording, Ending::Transcribed);
    let _ = transcription::finish(&db.worker(), &attempt, &text, seconds_later(62)).await.unwrap();
    assert_eq!(retry(&db, recording.id, run).await, Some(Retry::Refused(RecordingStatus::Transcribed)));
    assert_eq!(retry(&db, RecordingId::new(), run).await, None);
}

#[tokio::test]
async fn what_a_family_deleted_or_left_behind_is_not_tried_again() {
    let db = TestDatabase::new().await;
    let (recording, run) = exhausted(&db).await;
    users::withdraw(&db.api(), &parent("mika"), seconds_later(1)).await.unwrap();

    assert_eq!(retry(&db, recording.id, run).await, Some(Retry::Deleted));

    let owner = db.owner().client().await.unwrap();
    let row = owner.query_one("SELECT status FROM recordings", &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "failed");
    assert!(noted(&db, "recording.retry").await.is_empty());
}

#[tokio::test]
async fn a_retry_stands_in_the_familys_story() {
    let db = TestDatabase::new().await;
    let (recording, run) = exhausted(&db).await;

    retry(&db, recording.id, run).await;

    let [noted] = noted(&db, "recording.retry").await.try_into().unwrap();
    assert_eq!((&noted["actor"], &noted["user_id"]), (&json!("op-1"), &json!(recording.user_id)));
    assert_eq!(
        (&noted["subject_id"], &noted["details"]),
        (&json!(recording.id), &json!({"job_run_id": run}))
    );
}

#[tokio::test]
async fn an_attempt_from_before_a_retry_changes_nothing_although_its_number_comes_again() {
    let db = TestDatabase::new().await;
    let worker = db.worker();
    let recording = requested_by(&db.api(), "mika").await;
    let lost = attempt_at(&worker, &recording.audio_key, now()).await;
    let second = attempt_at(&worker, &recording.audio_key, seconds_later(LEASE_SECONDS)).await;
    let failed = transcription::fail(&worker, &second, Failure::DamagedFile, "x", now()).await.unwrap();
    assert_eq!(failed, Completion::Recorded);
    retry(&db, recording.id, second.job_run_id).await;
    let again = attempt_at(&worker, &recording.audio_key, seconds_later(3 * LEASE_SECONDS)).await;
    assert_eq!(again.number, lost.number);

    let text = outcome(&recording, Ending::Transcribed);
    let finished = transcription::finish(&worker, &lost, &text, now()).await.unwrap();
    let failed = transcription::fail(&worker, &lost, Failure::EmptyFile, "x", now()).await.unwrap();
    let given_back = transcription::give_back(&worker, &lost, "x", now()).await.unwrap();

    assert_eq!((finished, failed), (Completion::Superseded, Completion::Superseded));
    assert_eq!(given_back, GivenBack::Superseded);
    let finished = transcription::finish(&worker, &again, &text, now()).await.unwrap();
    assert_eq!(finished, Completion::Recorded);
}
