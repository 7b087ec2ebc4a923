//! The migrations, and what they leave behind for people.

use kimochi_domain::Transient as _;
use kimochi_store::migrations;
use kimochi_testing::TestDatabase;

#[tokio::test]
async fn a_database_that_is_up_to_date_stays_as_it_is() {
    let db = TestDatabase::new().await;

    let first = migrations::migrate(&db.owner()).await.unwrap();
    let second = migrations::migrate(&db.owner()).await.unwrap();

    assert!(first.applied.is_empty());
    assert_eq!(first, second);
    assert!(first.version >= 4);
}

#[tokio::test]
async fn two_deploys_at_once_migrate_one_after_the_other() {
    let db = TestDatabase::new().await;
    let forget = "DROP OWNED BY kimochi_owner CASCADE; CREATE SCHEMA IF NOT EXISTS public";
    db.superuser().await.batch_execute(forget).await.unwrap();

    let (owner, rival) = (db.owner(), db.owner());
    let (one, other) = tokio::join!(migrations::migrate(&owner), migrations::migrate(&rival));

    let (one, other) = (one.unwrap(), other.unwrap());
    let total = one.applied.len() + other.applied.len();
    assert_eq!((total, one.version), (usize::try_from(one.version).unwrap(), other.version));
    assert!(one.applied.is_empty() || other.applied.is_empty());
}

#[tokio::test]
async fn each_deploy_makes_room_for_a_year_of_audit_rows() {
    let db = TestDatabase::new().await;
    let superuser = db.superuser().await;
    let next_year = "SELECT to_regclass(to_char(now() AT TIME ZONE 'UTC' + interval '12 months', '\"audit_logs_\"YYYY_MM'))::text";
    let table: String = superuser.query_one(next_year, &[]).await.unwrap().get(0);
    superuser.batch_execute(&format!("DROP TABLE {table}")).await.unwrap();

    migrations::migrate(&db.owner()).await.unwrap();

    let made: Option<String> = superuser.query_one(next_year, &[]).await.unwrap().get(0);
    assert_eq!(made, Some(table));
}

#[tokio::test]
async fn another_role_than_the_owner_is_refused() {
    let db = TestDatabase::new().await;

    let refused = migrations::migrate(&db.api()).await;

    assert!(!refused.unwrap_err().is_transient());
}

#[tokio::test]
async fn every_table_and_column_says_what_it_is() {
    let db = TestDatabase::new().await;
    let sql = "
SELECT relname::text AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    AND relname <> 'refinery_schema_history'
    AND obj_description(oid, 'pg_class') IS NULL
UNION ALL
SELECT format('%s.%s', relname, attname) FROM pg_class
JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    AND relname <> 'refinery_schema_history'
    AND col_description(attrelid, attnum) IS NULL";

    let silent = db.superuser().await.query(sql, &[]).await.unwrap();

    let names: Vec<String> = silent.iter().map(|row| row.get("name")).collect();
    assert_eq!(names, [""; 0]);
}
