//! The database and the domain agree on the life of a recording.

use kimochi_domain::RecordingStatus;
use kimochi_store::Connection;
use kimochi_testing::TestDatabase;
use tokio_postgres::Client;

use crate::support::requested_by;

/// Sets everything that a row must have in status $1; the row was asked for before.
const DRESS: &str = "
UPDATE recordings SET
    status = $1,
    uploaded_at = CASE WHEN $1 IN ('requested', 'expired') THEN NULL ELSE created_at END,
    sequencer = CASE WHEN $1 IN ('requested', 'expired') THEN NULL ELSE 'A1' END,
    attempts = CASE WHEN $1 IN ('requested', 'expired', 'uploaded') THEN 0 ELSE 1 END,
    finished_at = CASE WHEN $1 IN ('requested', 'uploaded', 'transcribing') THEN NULL ELSE created_at END,
    transcript = CASE WHEN $1 IN ('transcribed', 'no_speech', 'partial') THEN '' END,
    text_key = CASE WHEN $1 IN ('transcribed', 'no_speech', 'partial') THEN 'text/x' END,
    quality = CASE WHEN $1 IN ('transcribed', 'no_speech', 'partial') THEN 'ok' END,
    duration_ms = CASE WHEN $1 IN ('transcribed', 'no_speech', 'partial') THEN 1 END,
    processing_ms = CASE WHEN $1 IN ('transcribed', 'no_speech', 'partial') THEN 1 END,
    partial_reason = CASE WHEN $1 = 'partial' THEN 'truncated' END,
    failure = CASE WHEN $1 = 'failed' THEN 'empty_file' END";

#[tokio::test]
async fn the_database_has_exactly_the_arrows_of_the_domain() {
    let db = TestDatabase::new().await;
    requested_by(&db.api(), "mika").await;
    let superuser = db.superuser().await;

    for from in RecordingStatus::ALL {
        put_into(&superuser, *from).await;
        for to in RecordingStatus::ALL {
            let moved = in_rolled_back_transaction(&superuser, *to).await;

            let expected = from == to || from.may_become(*to);
            assert_eq!(moved.is_ok(), expected, "{from} -> {to}: {moved:?}");
            if let Err(error) = moved {
                assert_eq!(error.as_db_error().unwrap().constraint(), Some("recordings_status_arrows"));
            }
        }
    }
}

#[tokio::test]
async fn a_recording_can_only_begin_as_requested() {
    let db = TestDatabase::new().await;
    requested_by(&db.api(), "mika").await;
    let owner = db.owner().client().await.unwrap();

    for status in RecordingStatus::ALL.iter().filter(|status| **status != RecordingStatus::Requested) {
        let error = born_as(&owner, *status).await.unwrap_err();

        assert_eq!(error.as_db_error().unwrap().constraint(), Some("recordings_status_arrows"), "{status}");
    }
    born_as(&owner, RecordingStatus::Requested).await.unwrap();
}

#[tokio::test]
async fn a_status_without_the_columns_it_promises_is_refused() {
    let db = TestDatabase::new().await;
    requested_by(&db.api(), "mika").await;
    let superuser = db.superuser().await;

    for (status, spoilt) in [
        (RecordingStatus::Uploaded, "sequencer = NULL"),
        (RecordingStatus::Uploaded, "uploaded_at = NULL, sequencer = NULL"),
        (RecordingStatus::Uploaded, "lease_until = now()"),
        (RecordingStatus::Transcribing, "attempts = 0"),
        (RecordingStatus::Transcribing, "attempts = 4"),
        (RecordingStatus::Transcribing, "transcript = 'いちぶ'"),
        (RecordingStatus::Transcribed, "transcript = NULL"),
        (RecordingStatus::Transcribed, "finished_at = NULL"),
        (RecordingStatus::Transcribed, "quality = 'perfect'"),
        (RecordingStatus::Transcribed, "confidence = 1.5"),
        (RecordingStatus::Transcribed, "lease_until = now()"),
        (RecordingStatus::Transcribed, "model_sha256 = repeat('ab', 32)"),
        (RecordingStatus::Transcribed, "partial_reason = 'truncated'"),
        (RecordingStatus::Partial, "partial_reason = NULL"),
        (RecordingStatus::Failed, "failure = NULL"),
        (RecordingStatus::Failed, "transcript = ''"),
        (RecordingStatus::Expired, "finished_at = NULL"),
    ] {
        put_into(&superuser, status).await;

        let refused = superuser.execute(&format!("UPDATE recordings SET {spoilt}"), &[]).await;

        assert!(refused.is_err(), "{status} with {spoilt}");
    }
}

/// Puts the one recording into a status, past the triggers.
async fn put_into(superuser: &Client, status: RecordingStatus) {
    superuser.batch_execute("SET session_replication_role = replica").await.unwrap();
    superuser.execute(DRESS, &[&status.as_str()]).await.unwrap();
    superuser.batch_execute("SET session_replication_role = origin").await.unwrap();
}

async fn in_rolled_back_transaction(
    superuser: &Client,
    to: RecordingStatus,
) -> Result<u64, tokio_postgres::Error> {
    superuser.batch_execute("BEGIN").await.unwrap();
    let moved = superuser.execute(DRESS, &[&to.as_str()]).await;
    superuser.batch_execute("ROLLBACK").await.unwrap();
    moved
}

async fn born_as(owner: &Connection, status: RecordingStatus) -> Result<u64, tokio_postgres::Error> {
    let sql = "
INSERT INTO recordings (id, user_id, status, audio_key, content_type, size_bytes, created_at, updated_at)
SELECT gen_random_uuid(), id, $1, gen_random_uuid(), 'audio/wav', 1, created_at, created_at FROM users";
    owner.execute(sql, &[&status.as_str()]).await
}
