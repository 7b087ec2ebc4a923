//! A database with rows of some days, a bucket, and eyes for where each row is.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use jiff::civil::Date;
use kimochi_blob::MediaBucket;
use kimochi_retention::{
    AUDIT_LOGS_KEPT, ArchiveReport, Error, JOB_RUNS_KEPT, Limits, SealReport, VerifyReport,
};
use kimochi_testing::{TestBucket, TestDatabase, now};
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

/// Old enough to be archived at [`now`]: 180 days before it is 2 October.
pub(crate) const OLD_DAYS: [&str; 3] = ["2025-09-29", "2025-09-30", "2025-10-01"];
/// Not old enough.
pub(crate) const YOUNG_DAY: &str = "2025-10-02";

/// When all these days are over.
pub(crate) fn sealing_time() -> Timestamp {
    "2025-10-03T01:00:00Z".parse().unwrap()
}

/// The usual limits, but small parts.
pub(crate) fn limits() -> Limits {
    Limits { batch: 3, part_rows: 4, ..Limits::new(Timestamp::MAX, now) }
}

pub(crate) fn limits_at(clock: fn() -> Timestamp) -> Limits {
    Limits { clock, ..limits() }
}

pub(crate) struct House {
    pub(crate) database: TestDatabase,
    pub(crate) bucket: TestBucket,
    pub(crate) superuser: Client,
}

impl House {
    pub(crate) async fn new() -> Self {
        let (database, bucket) = (TestDatabase::new().await, TestBucket::new().await);
        bucket.keep_versions().await;
        let superuser = database.superuser().await;
        let months = "SELECT prepare_audit_months('2025-09-01', 2)";
        database.owner().client().await.unwrap().execute(months, &[]).await.unwrap();
        Self { database, bucket, superuser }
    }

    /// With rows of the old days and the young one, sealed.
    pub(crate) async fn sealed(rows_a_day: i64) -> Self {
        let house = Self::new().await;
        for day in OLD_DAYS.into_iter().chain([YOUNG_DAY]) {
            house.write_day(day, rows_a_day).await;
        }
        assert!(house.seal(sealing_time).await.complete);
        house
    }

    /// As many audit rows as wanted, spread over a day; some with details, an address, Japanese and quotes.
    pub(crate) async fn write_day(&self, day: &str, rows: i64) {
        let sql = "
INSERT INTO audit_logs
    (id, at, actor_kind, actor, user_id, action, subject_kind, subject_id, outcome, source_address, details)
SELECT uuid_of(at), at, 'operator', 'き\"\\', gen_random_uuid(), 'child.update', 'child', n::text, 'done',
    CASE n % 3 WHEN 0 THEN '192.0.2.1'::inet WHEN 1 THEN '2001:db8::1' END,
    CASE n % 2 WHEN 0 THEN jsonb_build_object('changed', ARRAY['nickname'], 'n', n / 8.0, 'none', NULL) END
FROM generate_series(0, $2::bigint - 1) AS n,
    LATERAL (SELECT day_start($1::text::date) + n * (interval '23 hours' / $2::bigint::float8) + interval '0.000123 s') AS t (at)";
        self.superuser.execute(sql, &[&day, &rows]).await.unwrap();
    }

    /// One audit row; gives its id.
    pub(crate) async fn write(&self, at: Timestamp) -> Uuid {
        let sql = "
INSERT INTO audit_logs (id, at, actor_kind, action, subject_kind, outcome)
VALUES (uuid_of($1), $1, 'parent', 'recording.play', 'recording', 'done')
RETURNING id";
        self.superuser.query_one(sql, &[&at]).await.unwrap().get(0)
    }

    /// Job runs that ended on a day; every fourth of them failed.
    pub(crate) async fn finish_runs(&self, day: &str, runs: i64) {
        let sql = "
INSERT INTO job_runs (id, kind, subject, status, attempt, started_at, finished_at, error, details)
SELECT uuid_of(at), 'transcribe', 'audio/' || n, CASE n % 4 WHEN 0 THEN 'failed' ELSE 'succeeded' END, 1,
    at - interval '5 s', at, CASE n % 4 WHEN 0 THEN 'damaged_file' END, '{\"n\": 1}'
FROM generate_series(0, $2::bigint - 1) AS n,
    LATERAL (SELECT day_start($1::text::date) + n * (interval '23 hours' / $2::bigint::float8)) AS t (at)";
        self.superuser.execute(sql, &[&day, &runs]).await.unwrap();
    }

    pub(crate) async fn seal(&self, clock: fn() -> Timestamp) -> SealReport {
        kimochi_retention::seal_days(&self.database.cleanup(), &limits_at(clock)).await.unwrap()
    }

    pub(crate) async fn archive(&self, limits: &Limits) -> Result<ArchiveReport, Error> {
        let cleanup = self.database.cleanup();
        kimochi_retention::archive_audit_logs(&cleanup, &self.media(), limits, AUDIT_LOGS_KEPT).await
    }

    pub(crate) async fn archive_runs(&self, limits: &Limits) -> Result<ArchiveReport, Error> {
        let cleanup = self.database.cleanup();
        kimochi_retention::archive_job_runs(&cleanup, &self.media(), limits, JOB_RUNS_KEPT).await
    }

    pub(crate) async fn verify(&self, from: Option<Date>) -> VerifyReport {
        let cleanup = self.database.cleanup();
        kimochi_retention::verify_audit(&cleanup, &self.media(), &limits(), from).await.unwrap()
    }

    pub(crate) fn media(&self) -> MediaBucket {
        MediaBucket::new(self.bucket.settings(), self.bucket.name())
    }

    /// The ids in a table.
    pub(crate) async fn live(&self, table: &str) -> Vec<Uuid> {
        let rows = self.superuser.query(&format!("SELECT id FROM {table} ORDER BY id"), &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The ids of the audit rows of a day.
    pub(crate) async fn ids_of(&self, day: &str) -> Vec<Uuid> {
        let sql = "SELECT id FROM audit_logs WHERE utc_day(at) = $1::text::date ORDER BY at, id";
        self.superuser.query(sql, &[&day]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// The keys of the archives of a table, in their order.
    pub(crate) async fn archives(&self, table: &str) -> Vec<String> {
        let sql = "SELECT key FROM archives WHERE table_name = $1 ORDER BY day, first_at, first_id";
        self.superuser.query(sql, &[&table]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// How often each id is in the table or in an archive that was written down.
    pub(crate) async fn whereabouts(&self, table: &str) -> BTreeMap<Uuid, usize> {
        let mut times = BTreeMap::new();
        for id in self.live(table).await {
            *times.entry(id).or_default() += 1;
        }
        for key in self.archives(table).await {
            for line in self.lines(&key).await {
                let row: Value = serde_json::from_str(&line).unwrap();
                let id = row["id"].as_str().unwrap().parse().unwrap();
                *times.entry(id).or_default() += 1;
            }
        }
        times
    }

    /// Every one of these rows is in one place, and no other row is anywhere.
    pub(crate) async fn assert_each_once(&self, table: &str, ids: &[Uuid]) {
        let mut expected: Vec<_> = ids.iter().map(|id| (*id, 1)).collect();
        expected.sort_unstable();
        assert_eq!(self.whereabouts(table).await.into_iter().collect::<Vec<_>>(), expected);
    }

    /// Every object below `archive/` belongs to an archive that was written down, and has one version.
    pub(crate) async fn assert_no_stray_objects(&self) {
        let mut expected: Vec<_> = self.archives("audit_logs").await;
        expected.extend(self.archives("job_runs").await);
        expected.extend(expected.clone().iter().map(|key| manifest_of(key)));
        expected.sort_unstable();
        let mut found = self.bucket.versions("archive/").await;
        found.sort_unstable();
        assert_eq!(found, expected);
    }

    /// The lines of an archive.
    pub(crate) async fn lines(&self, key: &str) -> Vec<String> {
        let bytes = self.bucket.get(key).await.expect(key);
        let mut text = String::new();
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Puts an archive with other lines in its place.
    pub(crate) async fn rewrite(&self, key: &str, change: impl FnOnce(&mut Vec<String>)) {
        let mut lines = self.lines(key).await;
        change(&mut lines);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(format!("{}\n", lines.join("\n")).as_bytes()).unwrap();
        self.bucket.put(key, &gzip.finish().unwrap()).await;
    }

    /// Runs statements behind the back of every trigger.
    pub(crate) async fn tamper(&self, sql: &str) {
        let sql = format!("SET session_replication_role = replica; {sql}; RESET session_replication_role");
        self.superuser.batch_execute(&sql).await.unwrap();
    }
}

pub(crate) fn manifest_of(key: &str) -> String {
    key.replace(".ndjson.gz", ".manifest.json")
}
