//! Families, and eyes for what is left of them.

use jiff::Timestamp;
use kimochi_blob::MediaBucket;
use kimochi_domain::{ChildId, EmotionLogId, Failure};
use kimochi_erasure::{Error, Limits, Report};
use kimochi_store::purge::{RemovedObjects, RemovedRows};
use kimochi_store::transcription::{self, Attempt, Completion};
use kimochi_store::{FamilyTransaction, children, emotion_logs, users};
use kimochi_testing::{Household, TestBucket, TestDatabase, Voice, now};
use tokio_postgres::types::Json;

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

    pub(crate) async fn family(&self, name: &str) -> Household {
        Household::new(&self.database, &self.bucket, name).await
    }

    pub(crate) async fn add_note(&self, household: &Household) {
        household.add_note(&self.database, &self.bucket).await;
    }

    pub(crate) async fn leave(&self, name: &str) {
        users::withdraw(&self.database.api(), &Household::caller_named(name), now()).await.unwrap().unwrap();
    }

    pub(crate) async fn delete_log(&self, household: &Household, log: EmotionLogId) {
        let family = self.open(household).await;
        emotion_logs::delete(&family, log, now()).await.unwrap();
        family.commit().await.unwrap();
    }

    pub(crate) async fn delete_child(&self, household: &Household, child: ChildId) {
        let family = self.open(household).await;
        children::find_for_change(&family, child).await.unwrap().unwrap();
        children::delete(&family, child, now()).await.unwrap();
        family.commit().await.unwrap();
    }

    /// Marks a recording as deleted that no log has: no route does that yet.
    pub(crate) async fn delete_recording(&self, voice: &Voice) {
        let sql = "UPDATE recordings SET deleted_at = $2 WHERE id = $1";
        self.database.superuser().await.execute(sql, &[&voice.id.0, &now()]).await.unwrap();
    }

    pub(crate) async fn fail(&self, attempt: &Attempt) {
        let worker = self.database.worker();
        let failed =
            transcription::fail(&worker, attempt, Failure::DamagedFile, "test", now()).await.unwrap();
        assert_eq!(failed, Completion::Recorded);
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

    async fn open(&self, household: &Household) -> FamilyTransaction {
        self.database.api().family(&household.caller, now()).await.unwrap()
    }
}
