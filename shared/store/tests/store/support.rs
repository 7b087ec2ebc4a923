//! What several of these tests arrange.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use kimochi_domain::{
    AudioKey, Caller, Identity, MediaType, Quality, Recording, RecordingId, Sequencer, Transcript, UniqueId,
    UploadSize, UserId,
};
use kimochi_store::Database;
use kimochi_store::recordings::{self, Insertion, NewRecording};
use kimochi_store::transcription::{self, Arrival, Attempt, Claim, Ending, Outcome, Run};
use kimochi_testing::now;

pub(crate) const SEQUENCER: &str = "0055AED6DCD90281E5";
pub(crate) const LEASE_SECONDS: i64 = 60;

/// A call of the parent called `name`.
pub(crate) fn parent(name: &str) -> Caller {
    Caller {
        identity: Identity { issuer: "https://issuer.example".to_owned(), subject: name.to_owned() },
        request_id: "req-of-a-parent".to_owned(),
        source_address: Some("192.0.2.1".parse().unwrap()),
    }
}

pub(crate) fn key_for(user_id: UserId) -> AudioKey {
    AudioKey::new(user_id, now(), &TimeZone::UTC, UniqueId::random(), MediaType::Webm)
}

pub(crate) fn new_recording<'a>(key: &'a AudioKey, idempotency_key: Option<&'a str>) -> NewRecording<'a> {
    NewRecording { audio_key: key, size: UploadSize::try_from(4321).unwrap(), sha256: None, idempotency_key }
}

/// A recording that `name` asked for, committed.
pub(crate) async fn requested_by(api: &Database, name: &str) -> Recording {
    let family = api.family(&parent(name), now()).await.unwrap();
    let key = key_for(family.user().id);
    let inserted = recordings::insert(&family, &new_recording(&key, None), now()).await.unwrap();
    family.commit().await.unwrap();
    let Insertion::Created(recording) = inserted else { panic!("{inserted:?}") };
    *recording
}

/// The recording as its family sees it.
pub(crate) async fn read(api: &Database, name: &str, id: RecordingId) -> Option<Recording> {
    let family = api.family(&parent(name), now()).await.unwrap();
    recordings::find(&family, id).await.unwrap()
}

pub(crate) fn seconds_later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

pub(crate) fn run_at(now: Timestamp) -> Run<'static> {
    Run { request_id: "req-1", now, lease_until: now + SignedDuration::from_secs(LEASE_SECONDS) }
}

pub(crate) async fn claim_event(worker: &Database, key: &AudioKey, sequencer: &str, at: Timestamp) -> Claim {
    let sequencer = Sequencer::new(sequencer);
    let arrival = Arrival { audio_key: key, sequencer: &sequencer, uploaded_at: now() };
    transcription::claim(worker, &arrival, &run_at(at)).await.unwrap()
}

pub(crate) async fn claim_at(worker: &Database, key: &AudioKey, at: Timestamp) -> Claim {
    claim_event(worker, key, SEQUENCER, at).await
}

pub(crate) async fn attempt_at(worker: &Database, key: &AudioKey, at: Timestamp) -> Attempt {
    match claim_at(worker, key, at).await {
        Claim::Claimed(attempt) => attempt,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn outcome(recording: &Recording, ending: Ending) -> Outcome {
    Outcome {
        ending,
        transcript: Transcript("ブランコにのれてうれしかった".to_owned()),
        text_key: recording.audio_key.text_key(),
        quality: Quality::Ok,
        quality_reasons: vec![],
        confidence: Some(0.93),
        language: Some("ja".to_owned()),
        duration_ms: 3_210,
        model_name: Some("ggml-kimochi-q5_0".to_owned()),
        model_sha256: Some("ab".repeat(32)),
        processing_ms: 180,
    }
}
