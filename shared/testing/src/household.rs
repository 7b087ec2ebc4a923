//! A family with all that a family can have, for tests about everything that a family has.

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_domain::{
    AudioKey, BirthDate, Caller, ChildId, EmotionLogId, ExportKey, FeltAt, Identity, Intensity, MediaType,
    Quality, RecordingId, Sequencer, Transcript, UniqueId, UploadSize, UserId,
};
use kimochi_store::FamilyTransaction;
use kimochi_store::children::{self, NewChild};
use kimochi_store::emotion_logs::{self, NewLog};
use kimochi_store::idempotency::{self, Answer, KeyedRequest};
use kimochi_store::recordings::{self, Insertion, NewRecording};
use kimochi_store::transcription::{self, Arrival, Attempt, Claim, Completion, Ending, Outcome, Run};

use crate::{TestBucket, TestDatabase, now};

/// What the child says in [`Household::heard`].
pub const SAID: &str = "ブランコにのれてうれしかった";

/// A voice note of a family.
#[derive(Debug, Clone)]
pub struct Voice {
    /// Its recording.
    pub id: RecordingId,
    /// Where it lies.
    pub audio_key: AudioKey,
}

impl Voice {
    /// Where it lies, and its transcript.
    pub fn keys(&self) -> [String; 2] {
        [self.audio_key.to_string(), self.audio_key.text_key().to_string()]
    }
}

/// A family with two children, two logs, two voice notes, a remembered answer and a copy of its data.
#[derive(Debug)]
pub struct Household {
    /// The family.
    pub id: UserId,
    /// A call of the parent's.
    pub caller: Caller,
    /// Called みか; has both logs.
    pub child: ChildId,
    /// Has [`heard`](Self::heard).
    pub log_with_voice: EmotionLogId,
    /// Was transcribed.
    pub heard: Voice,
    /// Was uploaded, and nothing more.
    pub unused: Voice,
}

impl Household {
    /// How many versions and delete markers lie in the bucket: of `heard` three and one, its text, the other note, the
    /// copy.
    pub const VERSIONS: usize = 7;

    /// Makes the family of the parent called `name`. The bucket keeps versions.
    pub async fn new(database: &TestDatabase, bucket: &TestBucket, name: &str) -> Self {
        let caller = Self::caller_named(name);
        let family = database.api().family(&caller, now()).await.expect("a family");
        let id = family.user().id;
        let child = enter(&family, "みか", None).await;
        let keyed = KeyedRequest { key: "one", fingerprint: [7; 32] };
        enter(&family, "れん", Some(&keyed)).await;
        let heard = ask(&family).await;
        let unused = ask(&family).await;
        let log_with_voice = write(&family, child, Some(heard.id)).await;
        write(&family, child, None).await;
        family.commit().await.expect("a commit");

        finish(database, &heard).await;
        let [audio, text] = heard.keys();
        for _ in 0..2 {
            bucket.put(&audio, b"sound").await;
        }
        bucket.delete(&audio).await;
        bucket.put(&audio, b"sound").await;
        bucket.put(&text, SAID.as_bytes()).await;
        bucket.put(&unused.audio_key.to_string(), b"sound").await;
        let export = ExportKey::new(id, now(), &TimeZone::UTC, UniqueId::random());
        bucket.put(&export.to_string(), b"{}").await;
        Self { id, caller, child, log_with_voice, heard, unused }
    }

    /// A call of the parent called `name`.
    pub fn caller_named(name: &str) -> Caller {
        Caller {
            identity: Identity { issuer: "https://issuer.example".to_owned(), subject: name.to_owned() },
            request_id: "req-of-a-parent".to_owned(),
            source_address: None,
        }
    }
}

impl TestDatabase {
    /// Begins to listen to a note at `at`, for a minute.
    ///
    /// # Panics
    /// When the note cannot be claimed.
    pub async fn begin_attempt(&self, voice: &Voice, at: Timestamp) -> Attempt {
        let sequencer = Sequencer::new("0055AED6DCD90281E5");
        let arrival = Arrival { audio_key: &voice.audio_key, sequencer: &sequencer, uploaded_at: at };
        let run = Run { request_id: "req-1", now: at, lease_until: at + SignedDuration::from_mins(1) };
        match transcription::claim(&self.worker(), &arrival, &run).await.expect("a claim") {
            Claim::Claimed(attempt) => attempt,
            other => panic!("{other:?}"),
        }
    }
}

impl Household {
    /// Adds a voice note that was uploaded, and nothing more; its object has one version.
    ///
    /// # Panics
    /// When the family cannot be reached.
    pub async fn add_note(&self, database: &TestDatabase, bucket: &TestBucket) -> Voice {
        let family = database.api().family(&self.caller, now()).await.expect("a family");
        let voice = ask(&family).await;
        family.commit().await.expect("a commit");
        bucket.put(&voice.audio_key.to_string(), b"sound").await;
        voice
    }
}

async fn finish(database: &TestDatabase, voice: &Voice) {
    let attempt = database.begin_attempt(voice, now()).await;
    let outcome = Outcome {
        ending: Ending::Transcribed,
        transcript: Transcript(SAID.to_owned()),
        text_key: voice.audio_key.text_key(),
        quality: Quality::Ok,
        quality_reasons: vec![],
        confidence: None,
        language: None,
        duration_ms: 1_000,
        model_name: None,
        model_sha256: None,
        processing_ms: 100,
    };
    let finished =
        transcription::finish(&database.worker(), &attempt, &outcome, now()).await.expect("an end");
    assert_eq!(finished, Completion::Recorded);
}

async fn enter(family: &FamilyTransaction, nickname: &str, keyed: Option<&KeyedRequest<'_>>) -> ChildId {
    let birth_date = BirthDate::from_stored(date(2021, 5, 5));
    let new = NewChild { nickname: nickname.parse().expect("a nickname"), birth_date, gender: None };
    let child = match children::insert(family, &new, keyed, now()).await.expect("a child") {
        children::Insertion::Created(child) => child,
        other => panic!("{other:?}"),
    };
    if let Some(keyed) = keyed {
        let answer = Answer { status: 201, etag: None, location: None, body: "{}".to_owned() };
        idempotency::remember(family, keyed, &answer).await.expect("an answer kept");
    }
    child.id
}

async fn ask(family: &FamilyTransaction) -> Voice {
    let audio_key =
        AudioKey::new(family.user().id, now(), &TimeZone::UTC, UniqueId::random(), MediaType::Webm);
    let size = UploadSize::try_from(5).expect("a size");
    let new = NewRecording { audio_key: &audio_key, size, sha256: None, idempotency_key: None };
    match recordings::insert(family, &new, now()).await.expect("a recording") {
        Insertion::Created(recording) => Voice { id: recording.id, audio_key },
        other => panic!("{other:?}"),
    }
}

async fn write(
    family: &FamilyTransaction,
    child_id: ChildId,
    recording_id: Option<RecordingId>,
) -> EmotionLogId {
    let new = NewLog {
        child_id,
        emotion: "ureshii".parse().expect("a card"),
        intensity: Intensity::try_from(2).expect("a strength"),
        note: Some("すべりだいで".parse().expect("a note")),
        recording_id,
        felt_at: FeltAt::new(now(), now()).expect("a time"),
    };
    match emotion_logs::insert(family, &new, None, now()).await.expect("a log") {
        emotion_logs::Insertion::Created(log) => log.id,
        other => panic!("{other:?}"),
    }
}
