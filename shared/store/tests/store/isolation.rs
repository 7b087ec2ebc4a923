//! A family sees its own rows, whatever the query says.

use kimochi_store::recordings;
use kimochi_testing::{TestDatabase, now};
use uuid::Uuid;

use crate::support::{key_for, new_recording, parent, read, requested_by};

#[tokio::test]
async fn another_familys_recording_is_not_found() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let recording = requested_by(&api, "mika").await;

    assert_eq!(read(&api, "mika", recording.id).await, Some(recording.clone()));
    assert_eq!(read(&api, "ren", recording.id).await, None);
}

#[tokio::test]
async fn a_query_without_where_gives_the_familys_own_rows() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let mikas = requested_by(&api, "mika").await;
    let rens = requested_by(&api, "ren").await;

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let recordings = family.query("SELECT id FROM recordings", &[]).await.unwrap();
    let users = family.query("SELECT id FROM users", &[]).await.unwrap();

    assert_eq!(recordings.iter().map(|row| row.get::<_, Uuid>(0)).collect::<Vec<_>>(), [mikas.id.0]);
    assert_eq!(users.iter().map(|row| row.get::<_, Uuid>(0)).collect::<Vec<_>>(), [mikas.user_id.0]);
    assert_ne!(mikas.user_id, rens.user_id);
}

#[tokio::test]
async fn outside_a_familys_transaction_there_is_nothing_to_see() {
    let db = TestDatabase::new().await;
    let api = db.api();
    requested_by(&api, "mika").await;

    // The same connection that a family's transaction was on a moment ago.
    let client = api.client().await.unwrap();
    for table in ["recordings", "users"] {
        let rows = client.query(&format!("SELECT id FROM {table}"), &[]).await.unwrap();
        assert!(rows.is_empty(), "{table}");
    }
}

#[tokio::test]
async fn a_family_cannot_ask_for_an_upload_in_anothers_name() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let rens = requested_by(&api, "ren").await;

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let sql = "
INSERT INTO recordings (id, user_id, audio_key, content_type, size_bytes, created_at, updated_at)
VALUES ($1, $2, 'audio/x', 'audio/wav', 1, $3, $3)";
    let refused = family.execute(sql, &[&Uuid::now_v7(), &rens.user_id.0, &now()]).await;

    let error = refused.unwrap_err();
    assert_eq!(error.code(), Some(&tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE));
}

#[tokio::test]
async fn what_was_not_committed_never_happened() {
    let db = TestDatabase::new().await;
    let api = db.api();

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let key = key_for(family.user().id);
    recordings::insert(&family, &new_recording(&key, None), now()).await.unwrap();
    drop(family);

    let owner = db.owner().client().await.unwrap();
    for table in ["recordings", "users"] {
        let rows = owner.query(&format!("SELECT id FROM {table}"), &[]).await.unwrap();
        assert!(rows.is_empty(), "{table}");
    }
    // And the connection is fit for the next one.
    requested_by(&api, "mika").await;
}
