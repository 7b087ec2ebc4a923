//! Families with all that a family can have, and eyes for what is left of them.

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_domain::{
    AudioKey, BirthDate, Caller, ChildId, EmotionLogId, ExportKey, Failure, FeltAt, Identity, Intensity,
    MediaType, Quality, RecordingId, Sequencer, Transcript, UniqueId, UploadSize, UserId,
};
use kimochi_erasure::{Error, Limits, Report};
use kimochi_store::children::{self, NewChild};
use kimochi_store::emotion_logs::{self, NewLog};
use kimochi_store::idempotency::{self, Answer, KeyedRequest};
use kimochi_store::purge::{RemovedObjects, RemovedRows};
use kimochi_store::recordings::{self, Insertion, NewRecording};
use kimochi_store::transcription::{self, Arrival, Attempt, Claim, Completion, Ending, Outcome, Run};
use kimochi_store::{FamilyTransaction, users};
use kimochi_testing::{TestBucket, TestDatabase, now};
use tokio_postgres::types::Json;

/// A voice note of a family.
#[derive(Debug, Clone)]
pub(crate) struct Voice {
    pub(crate) id: RecordingId,
    pub(crate) audio_key: AudioKey,
}

impl Voice {
    pub(crate) fn keys(&self) -> [String; 2] {
        [self.audio_key.to_string(), self.audio_key.text_key().to_string()]
    }
}

/// A family with two children, two logs, two voice notes, a remembered answer and a copy of its data.
#[derive(Debug)]
pub(crate) struct Household {
    pub(crate) id: UserId,
    caller: Caller,
    /// Has both logs.
    pub(crate) child: ChildId,
    /// Has `heard`.
    pub(crate) log_with_voice: EmotionLogId,
    /// Was transcribed.
    pub(crate) heard: Voice,
    /// Was uploaded, and nothing more.
    pub(crate) unused: Voice,
}

impl Household {
    /// Of `heard`, three versions and a delete marker; its text, the other note, and the copy.
    pub(crate) const VERSIONS: usize = 7;
}

pub(crate) struct TestHouse {
    pub(crate) database: TestDatabase,
    pub(crate) bucket: TestBucket,
}

impl TestHouse {
    pub(crate) async fn new() -> Self {
        let bucket = TestBucket::new().await;
        bucket.keep_versions().await;
        Self { database: TestDatabase::new().await, bucket }
    }

    pub(crate) async fn erase_families_that_left(&self, limits: &Limits) -> Result<Report, Error> {
        kimochi_erasure::erase_families_that_left(&self.database.cleanup(), &self.media(), limits).await
    }

    pub(crate) async fn erase_deleted(&self, limits: &Limits) -> Result<Report, Error> {
        kimochi_erasure::erase_deleted(&self.database.cleanup(), &self.media(), limits).await
    }

    /// Makes the family of `name` and everything that it has.
    pub(crate) async fn family(&self, name: &str) -> Household {
        let caller = caller(name);
        let family = self.open(&caller).await;
        let id = family.user().id;
        let child = enter(&family, "みか", None).await;
        let keyed = KeyedRequest { key: "one", fingerprint: [7; 32] };
        enter(&family, "れん", Some(&keyed)).await;
        let heard = ask(&family).await;
        let unused = ask(&family).await;
        let log_with_voice = write(&family, child, Some(heard.id)).await;
        write(&family, child, None).await;
        family.commit().await.unwrap();

        let attempt = self.begin_attempt(&heard, now()).await;
        self.finish(&attempt, &heard).await;
        let audio = heard.audio_key.to_string();
        for _ in 0..2 {
            self.bucket.put(&audio, b"sound").await;
        }
        self.bucket.delete(&audio).await;
        self.bucket.put(&audio, b"sound").await;
        self.bucket.put(&heard.audio_key.text_key().to_string(), "うれしい".as_bytes()).await;
        self.bucket.put(&unused.audio_key.to_string(), b"sound").await;
        let export = ExportKey::new(id, now(), &TimeZone::UTC, UniqueId::random());
        self.bucket.put(&export.to_string(), b"{}").await;
        Household { id, caller, child, log_with_voice, heard, unused }
    }

    pub(crate) async fn leave(&self, name: &str) {
        users::withdraw(&self.database.api(), &caller(name), now()).await.unwrap().unwrap();
    }

    pub(crate) async fn delete_log(&self, household: &Household, log: EmotionLogId) {
        let family = self.open(&household.caller).await;
        emotion_logs::delete(&family, log, now()).await.unwrap();
        family.commit().await.unwrap();
    }

    pub(crate) async fn delete_child(&self, household: &Household, child: ChildId) {
        let family = self.open(&household.caller).await;
        children::find_for_change(&family, child).await.unwrap().unwrap();
        children::delete(&family, child, now()).await.unwrap();
        family.commit().await.unwrap();
    }

    /// Begins to listen to a note at `at`, for a minute.
    pub(crate) async fn begin_attempt(&self, voice: &Voice, at: Timestamp) -> Attempt {
        let sequencer = Sequencer::new("0055AED6DCD90281E5");
        let arrival = Arrival { audio_key: &voice.audio_key, sequencer: &sequencer, uploaded_at: at };
        let run = Run { request_id: "req-1", now: at, lease_until: at + SignedDuration::from_mins(1) };
        match transcription::claim(&self.database.worker(), &arrival, &run).await.unwrap() {
            Claim::Claimed(attempt) => attempt,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn fail(&self, attempt: &Attempt) {
        let worker = self.database.worker();
        let failed =
            transcription::fail(&worker, attempt, Failure::DamagedFile, "test", now()).await.unwrap();
        assert_eq!(failed, Completion::Recorded);
    }

    async fn finish(&self, attempt: &Attempt, voice: &Voice) {
        let outcome = Outcome {
            ending: Ending::Transcribed,
            transcript: Transcript("うれしい".to_owned()),
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
        let worker = self.database.worker();
        let finished = transcription::finish(&worker, attempt, &outcome, now()).await.unwrap();
        assert_eq!(finished, Completion::Recorded);
    }

    /// The key of everything in the bucket that names the family, once for each version.
    pub(crate) async fn objects_of(&self, household: &Household) -> Vec<String> {
        let mut keys = self.bucket.versions("").await;
        keys.retain(|key| key.contains(&household.id.to_string()));
        keys
    }

    /// Every row of every table that has the family's id anywhere in it, but for its own row and the audit log.
    pub(crate) async fn rows_that_name(&self, household: &Household) -> Vec<String> {
        let superuser = self.database.superuser().await;
        let tables = "
SELECT relname::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname <> 'users' AND relname NOT LIKE 'audit_logs%'
ORDER BY relname";
        let mut rows = Vec::new();
        for table in superuser.query(tables, &[]).await.unwrap() {
            let table: String = table.get(0);
            let sql = format!("SELECT t::text FROM {table} t WHERE t::text LIKE $1 ORDER BY t::text");
            let found = superuser.query(&sql, &[&format!("%{}%", household.id)]).await.unwrap();
            rows.extend(found.iter().map(|row| format!("{table}: {}", row.get::<_, String>(0))));
        }
        rows
    }

    /// Issuer, subject, and when the family was gone.
    pub(crate) async fn identity_of(
        &self,
        household: &Household,
    ) -> (Option<String>, Option<String>, Option<Timestamp>) {
        let sql = "SELECT issuer, subject, gone_at FROM users WHERE id = $1";
        let row = self.database.superuser().await.query_one(sql, &[&household.id.0]).await.unwrap();
        (row.get(0), row.get(1), row.get(2))
    }

    pub(crate) async fn count(&self, table: &str, household: &Household) -> i64 {
        let sql = format!("SELECT count(*) FROM {table} WHERE user_id = $1");
        self.database.superuser().await.query_one(&sql, &[&household.id.0]).await.unwrap().get(0)
    }

    /// How often something was noted of the family, by the function that cleans up.
    pub(crate) async fn count_of(&self, household: &Household, action: &str) -> i64 {
        let sql = "
SELECT count(*) FROM audit_logs
WHERE user_id = $1 AND action = $2 AND actor_kind = 'function' AND actor = 'cleanup'";
        let superuser = self.database.superuser().await;
        superuser.query_one(sql, &[&household.id.0, &action]).await.unwrap().get(0)
    }

    /// What the receipts with this action say together.
    pub(crate) async fn receipts(
        &self,
        household: &Household,
        action: &str,
    ) -> (RemovedObjects, RemovedRows) {
        let sql = "SELECT details -> 'objects', details -> 'rows' FROM audit_logs WHERE user_id = $1 AND action = $2";
        let superuser = self.database.superuser().await;
        let (mut objects, mut rows) = (RemovedObjects::default(), RemovedRows::default());
        for row in superuser.query(sql, &[&household.id.0, &action]).await.unwrap() {
            let Json(removed): Json<serde_json::Value> = row.get(0);
            objects.versions += removed["versions"].as_u64().unwrap();
            objects.bytes += removed["bytes"].as_u64().unwrap();
            let Json(removed): Json<serde_json::Value> = row.get(1);
            rows.emotion_logs += removed["emotion_logs"].as_u64().unwrap();
            rows.job_runs += removed["job_runs"].as_u64().unwrap();
            rows.recordings += removed["recordings"].as_u64().unwrap();
            rows.children += removed["children"].as_u64().unwrap();
            rows.idempotency_keys += removed["idempotency_keys"].as_u64().unwrap();
        }
        (objects, rows)
    }

    /// From now on no row of the table can be removed.
    pub(crate) async fn break_database(&self, table: &str) {
        let sql = format!("REVOKE DELETE ON {table} FROM kimochi_cleanup");
        self.database.superuser().await.batch_execute(&sql).await.unwrap();
    }

    pub(crate) async fn mend_database(&self, table: &str) {
        let sql = format!("GRANT DELETE ON {table} TO kimochi_cleanup");
        self.database.superuser().await.batch_execute(&sql).await.unwrap();
    }

    /// From now on no child of the family can be removed.
    pub(crate) async fn break_rows_of(&self, household: &Household) {
        let sql = format!(
            "
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER refuse BEFORE DELETE ON children
FOR EACH ROW WHEN (OLD.user_id = '{}') EXECUTE FUNCTION refuse();
GRANT EXECUTE ON FUNCTION refuse() TO PUBLIC",
            household.id
        );
        self.database.superuser().await.batch_execute(&sql).await.unwrap();
    }

    fn media(&self) -> MediaBucket {
        MediaBucket::new(self.bucket.settings(), self.bucket.name())
    }

    async fn open(&self, caller: &Caller) -> FamilyTransaction {
        self.database.api().family(caller, now()).await.unwrap()
    }
}

fn caller(name: &str) -> Caller {
    Caller {
        identity: Identity { issuer: "https://issuer.example".to_owned(), subject: name.to_owned() },
        request_id: "req-of-a-parent".to_owned(),
        source_address: None,
    }
}

async fn enter(family: &FamilyTransaction, nickname: &str, keyed: Option<&KeyedRequest<'_>>) -> ChildId {
    let birth_date = BirthDate::from_stored(date(2021, 5, 5));
    let new = NewChild { nickname: nickname.parse().unwrap(), birth_date, gender: None };
    let children::Insertion::Created(child) = children::insert(family, &new, keyed, now()).await.unwrap()
    else {
        panic!("not entered")
    };
    if let Some(keyed) = keyed {
        let answer = Answer { status: 201, etag: None, location: None, body: "{}".to_owned() };
        idempotency::remember(family, keyed, &answer).await.unwrap();
    }
    child.id
}

async fn ask(family: &FamilyTransaction) -> Voice {
    let audio_key =
        AudioKey::new(family.user().id, now(), &TimeZone::UTC, UniqueId::random(), MediaType::Webm);
    let size = UploadSize::try_from(5).unwrap();
    let new = NewRecording { audio_key: &audio_key, size, sha256: None, idempotency_key: None };
    match recordings::insert(family, &new, now()).await.unwrap() {
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
        emotion: "ureshii".parse().unwrap(),
        intensity: Intensity::try_from(2).unwrap(),
        note: None,
        recording_id,
        felt_at: FeltAt::new(now(), now()).unwrap(),
    };
    match emotion_logs::insert(family, &new, None, now()).await.unwrap() {
        emotion_logs::Insertion::Created(log) => log.id,
        other => panic!("{other:?}"),
    }
}
