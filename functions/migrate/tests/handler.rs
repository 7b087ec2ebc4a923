//! The handler on a real database.

use kimochi_environment::Environment;
use kimochi_testing::TestDatabase;
use lambda_runtime::{Context, LambdaEvent};
use migrate::{Config, Request, handle};
use serde_json::json;

#[tokio::test]
async fn an_up_to_date_database_is_left_alone_and_its_version_told() {
    let db = TestDatabase::new().await;

    let answer = handle(&db.owner(), event()).await.unwrap();

    let answer = serde_json::to_value(answer).unwrap();
    assert_eq!(answer["applied"], json!([]));
    assert!(answer["version"].as_i64() >= Some(4), "{answer}");
}

#[tokio::test]
async fn an_empty_database_gets_every_migration_in_order() {
    let db = TestDatabase::new().await;
    db.superuser().await.batch_execute("DROP OWNED BY kimochi_owner CASCADE").await.unwrap();

    let answer = handle(&db.owner(), event()).await.unwrap();

    assert_eq!(answer.applied.len(), usize::try_from(answer.version).unwrap());
    assert_eq!(answer.applied[..2], ["V1__roles", "V2__users"]);
}

#[tokio::test]
async fn a_migration_that_fails_is_named_with_its_cause_and_leaves_nothing_behind() {
    let db = TestDatabase::new().await;
    let superuser = db.superuser().await;
    // As if a migration had been undone by hand, but half.
    let sabotage = "
DROP TABLE job_runs CASCADE;
DELETE FROM refinery_schema_history WHERE version >= 4;
CREATE TABLE job_runs_running (id int)";
    superuser.batch_execute(sabotage).await.unwrap();

    let error = handle(&db.owner(), event()).await.unwrap_err();

    assert_eq!(error.error_type, "MigrationFailed");
    assert!(error.error_message.contains("V4__job_runs"), "{}", error.error_message);
    assert!(error.error_message.contains("job_runs_running"), "{}", error.error_message);
    let left = superuser.query("SELECT FROM pg_class WHERE relname = 'job_runs'", &[]).await.unwrap();
    assert!(left.is_empty());
}

#[test]
fn only_an_empty_object_is_a_request() {
    assert!(serde_json::from_value::<Request>(json!({})).is_ok());
    assert!(serde_json::from_value::<Request>(json!({ "version": 3 })).is_err());
}

#[test]
fn missing_variables_are_named_together() {
    let error = Config::from_env(Environment::from_lookup(|_| None)).unwrap_err().to_string();

    for name in ["DATABASE_URL", "DATABASE_ROLE"] {
        assert!(error.contains(name), "{error}");
    }
}

fn event() -> LambdaEvent<Request> {
    LambdaEvent::new(Request {}, Context::default())
}
