//! What the work would cost without a function around it, in this process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use jiff::tz::TimeZone;
use kimochi_blob::UrlSigner;
use kimochi_domain::{AudioKey, FeltAt, MAX_UPLOAD_LIFETIME, MediaType, UniqueId, UploadSize, UserId};
use kimochi_runtime::clock;
use kimochi_speech::{ModelSource, Transcriber as _, WhisperTranscriber};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Statement};
use uuid::Uuid;

use crate::house::House;

/// What is compared with.
pub(crate) struct Baselines {
    urls: UrlSigner,
    key: AudioKey,
    postgres: tokio_postgres::Client,
    open: Statement,
    insert: Statement,
    list: Statement,
    caller: (String, String),
    whisper: WhisperTranscriber,
    samples: Arc<[f32]>,
}

/// As `kimochi-store` asks: whose transaction it is, a new recording, and a page of their logs with the recordings.
const OPEN: &str =
    "SELECT user_id, user_created_at, user_leaving_at FROM open_family($1, $2, $3, $4, $5, NULL)";
const INSERT: &str = include_str!("insert.sql");
const LIST: &str = include_str!("list.sql");

impl Baselines {
    pub(crate) async fn new(house: &House, voice: &[u8]) -> Result<Self> {
        let urls = UrlSigner::new(house.bucket.settings(), house.bucket.name());
        let mut config: Config = house.database.url().parse()?;
        let (postgres, connection) = config.user("kimochi_api").connect(NoTls).await?;
        tokio::spawn(connection);
        let open = postgres.prepare(OPEN).await?;
        let insert = postgres.prepare(INSERT).await?;
        let list = postgres.prepare(LIST).await?;
        let decoded = kimochi_audio::decode(voice, Duration::from_secs(60))?;
        let whisper = WhisperTranscriber::load(&ModelSource::Embedded, None, 1)?;
        let identity = &house.caller.identity;
        Ok(Self {
            urls,
            key: new_key(house.family),
            postgres,
            open,
            insert,
            list,
            caller: (identity.issuer.clone(), identity.subject.clone()),
            whisper,
            samples: decoded.samples.into(),
        })
    }

    /// Signs the same PUT as `presign` does.
    pub(crate) async fn presign(&self) -> Result<()> {
        let size = UploadSize::try_from(14_664)?;
        let upload = self.urls.upload(&self.key, size, None, clock::now(), MAX_UPLOAD_LIFETIME).await?;
        anyhow::ensure!(upload.url.contains("X-Amz-Signature"), "no signature");
        Ok(())
    }

    /// Makes the row of an upload, and commits in the same go.
    pub(crate) async fn insert(&self) -> Result<()> {
        let family = self.begin().await?;
        let now = clock::now();
        let (key, nothing) = (new_key(UserId(family)).to_string(), None::<&str>);
        let values: [&(dyn ToSql + Sync); 8] =
            [&Uuid::now_v7(), &family, &key, &"audio/webm", &14_664_i64, &nothing, &nothing, &now];
        let insert = self.postgres.query_one(&self.insert, &values);
        tokio::try_join!(biased; insert, self.postgres.batch_execute("COMMIT"))?;
        Ok(())
    }

    /// Asks for a page of fifty logs, all in one go.
    pub(crate) async fn list(&self) -> Result<()> {
        let (from, end, emotion) = (FeltAt::EARLIEST, FeltAt::END, None::<&str>);
        let values: [&(dyn ToSql + Sync); 5] = [&end, &Uuid::nil(), &from, &emotion, &51_i64];
        let page = async { Ok(self.postgres.query(&self.list, &values).await?) };
        let commit = async { Ok(self.postgres.batch_execute("COMMIT").await?) };
        let (_, rows, ()) = tokio::try_join!(biased; self.begin(), page, commit)?;
        anyhow::ensure!(rows.len() == 51, "{} rows", rows.len());
        Ok(())
    }

    /// A transaction of the family, BEGIN and the first statement in one go.
    async fn begin(&self) -> Result<Uuid> {
        let (issuer, subject) = &self.caller;
        let (candidate, now) = (Uuid::now_v7(), clock::now());
        let begin = self.postgres.batch_execute("BEGIN");
        let values: [&(dyn ToSql + Sync); 5] = [&candidate, issuer, subject, &now, &"bench"];
        let open = self.postgres.query_one(&self.open, &values);
        let ((), family) = tokio::try_join!(biased; begin, open)?;
        Ok(family.try_get(0)?)
    }

    /// Whisper alone, on samples that are decoded.
    pub(crate) async fn whisper(&self) -> Result<()> {
        let samples = Arc::clone(&self.samples);
        let deadline = Instant::now() + Duration::from_secs(60);
        let heard = self.whisper.transcribe(Arc::clone(&samples), deadline).await?;
        heard.segments.first().context("nothing was heard")?;
        Ok(())
    }
}

fn new_key(family: UserId) -> AudioKey {
    AudioKey::new(family, clock::now(), &TimeZone::UTC, UniqueId::random(), MediaType::Webm)
}

#[cfg(test)]
mod tests {
    use super::{INSERT, LIST};

    #[test]
    fn the_statements_alone_are_those_that_the_functions_use() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/store/src/");
        let source = ["recordings.rs", "emotion_logs/list.rs", "emotion_logs/row.rs"]
            .map(|file| std::fs::read_to_string(format!("{folder}{file}")).unwrap());
        let source = source.concat();

        for line in INSERT.lines().chain(LIST.lines()).filter(|line| !line.starts_with("--")) {
            // Where the source joins its columns, the statement goes on in the line.
            let line = line.trim().trim_start_matches("SELECT ");
            assert!(source.contains(line), "{line}");
        }
    }
}
