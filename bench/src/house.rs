//! What the functions work on: a database and a bucket of this run's own, with one family that has a thousand logs.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use jiff::tz::TimeZone;
use kimochi_domain::{AudioKey, Caller, Identity, MediaType, UniqueId, UploadSize, UserId};
use kimochi_runtime::clock;
use kimochi_store::recordings::{self, Insertion, NewRecording};
use kimochi_testing::{TestBucket, TestDatabase, events};
use serde_json::{Value, json};
use uuid::Uuid;

/// Who calls in every recorded event.
const ISSUER: &str = "https://cognito-idp.ap-northeast-1.amazonaws.com/ap-northeast-1_Example";
/// Whose logs they are.
pub(crate) const CHILD: Uuid = Uuid::from_u128(1);
/// How many logs the family has; each has its recording.
pub(crate) const LOGS: i32 = 1_000;

/// A database, a bucket and a family.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) database: TestDatabase,
    pub(crate) bucket: TestBucket,
    pub(crate) caller: Caller,
    pub(crate) family: UserId,
    /// A voice note of three seconds.
    voice: Vec<u8>,
}

impl House {
    pub(crate) async fn new(voice: Vec<u8>) -> Result<Self> {
        let (database, bucket) = (TestDatabase::new().await, TestBucket::new().await);
        let event = events::recorded("emotions/list_emotion_logs");
        let subject =
            event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"].as_str().context("a sub")?;
        let caller = Caller {
            identity: Identity { issuer: ISSUER.to_owned(), subject: subject.to_owned() },
            request_id: "bench".to_owned(),
            source_address: None,
        };
        let family = database.api().family(&caller, clock::now()).await?;
        let id = family.user().id;
        family.commit().await?;
        fill(&database, id).await?;
        Ok(Self { database, bucket, caller, family: id, voice })
    }

    /// The event of a voice note that has just arrived, and waits to be transcribed.
    pub(crate) async fn arrival(&self) -> Result<Arc<[u8]>> {
        let now = clock::now();
        let key = AudioKey::new(self.family, now, &TimeZone::UTC, UniqueId::random(), MediaType::Webm);
        let size = UploadSize::try_from(i64::try_from(self.voice.len())?)?;
        let family = self.database.api().family(&self.caller, now).await?;
        let new = NewRecording { audio_key: &key, size, sha256: None, idempotency_key: None };
        let Insertion::Created(_) = recordings::insert(&family, &new, now).await? else {
            anyhow::bail!("the key is new");
        };
        family.commit().await?;
        let key = key.to_string();
        self.bucket.put(&key, &self.voice).await;
        let s3 = events::object_created(self.bucket.name(), &key, self.voice.len(), "0055AED6DCD90281E5");
        bytes(&events::sqs_batch([("1", s3.to_string())]))
    }
}

impl House {
    /// Adds logs of other families, 200 of each, after `before` that there are.
    pub(crate) async fn add_logs_of_others(&self, before: i64, more: i64) -> Result<()> {
        let superuser = self.database.superuser().await;
        superuser.batch_execute("SET session_replication_role = replica").await?;
        let logs = "
INSERT INTO emotion_logs (id, user_id, child_id, emotion, intensity, note, recording_id, felt_at, created_at, updated_at)
SELECT uuid_of(at), family, family, 'ureshii', 2, 'すべりだいで', NULL, at, at, at
FROM generate_series($1::bigint, $1 + $2::bigint - 1) AS n,
    LATERAL (SELECT now() - (n % 200) * interval '1 hour') AS t (at),
    LATERAL (SELECT md5((n / 200)::text)::uuid) AS f (family)";
        superuser.execute(logs, &[&before, &more]).await?;
        Ok(())
    }

    /// Lets the database know what it holds.
    pub(crate) async fn settle(&self) -> Result<()> {
        self.database.superuser().await.batch_execute("VACUUM ANALYZE emotion_logs").await?;
        Ok(())
    }
}

/// The event of one page of fifty logs.
pub(crate) fn list_event() -> Result<Arc<[u8]>> {
    list_event_with(|event| {
        event["rawQueryString"] = json!("limit=50");
        event["queryStringParameters"]["limit"] = json!("50");
    })
}

/// The recorded event of a list, changed.
pub(crate) fn list_event_with(change: impl FnOnce(&mut Value)) -> Result<Arc<[u8]>> {
    let mut event = events::recorded("emotions/list_emotion_logs");
    change(&mut event);
    bytes(&event)
}

/// A recorded event as it travels.
pub(crate) fn recorded(name: &str) -> Result<Arc<[u8]>> {
    bytes(&events::recorded(name))
}

fn bytes(event: &Value) -> Result<Arc<[u8]>> {
    Ok(serde_json::to_vec(event)?.into())
}

async fn fill(database: &TestDatabase, family: UserId) -> Result<()> {
    let superuser = database.superuser().await;
    superuser.batch_execute("SET session_replication_role = replica").await?;
    let child = "
INSERT INTO children (id, user_id, nickname, birth_date, created_at, updated_at)
VALUES ($2, $1, 'みか', '2021-05-05', now(), now())";
    superuser.execute(child, &[&family.0, &CHILD]).await?;
    let recordings = "
INSERT INTO recordings (id, user_id, status, created_at, updated_at, audio_key, content_type, size_bytes, uploaded_at,
    sequencer, attempts, finished_at, transcript, text_key, quality, duration_ms, processing_ms)
SELECT uuid_of(at), $1::uuid, 'transcribed', at, at, 'audio/' || stem || '.webm', 'audio/webm', 14664, at, 'A', 1, at,
    'ブランコにのれてうれしかった', 'text/' || stem || '.txt', 'ok', 3100, 420
FROM generate_series(1, $2::integer) AS n, LATERAL (SELECT now() - n * interval '1 hour') AS t (at),
    LATERAL (SELECT $1::uuid::text || '/audio_20260401_000000_' || lpad(to_hex(n), 32, '0')) AS k (stem)";
    superuser.execute(recordings, &[&family.0, &LOGS]).await?;
    let logs = "
INSERT INTO emotion_logs (id, user_id, child_id, emotion, intensity, note, recording_id, felt_at, created_at, updated_at)
SELECT uuid_of(r.created_at), $1, c.id, 'ureshii', 2, 'すべりだいで', r.id, r.created_at, r.created_at, r.created_at
FROM recordings r, children c WHERE r.user_id = $1 AND c.user_id = $1";
    superuser.execute(logs, &[&family.0]).await?;
    superuser.batch_execute("VACUUM ANALYZE").await?;
    Ok(())
}
