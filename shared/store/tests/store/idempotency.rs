//! One `Idempotency-Key` makes one recording.

use std::collections::HashSet;

use futures_util::future::join_all;
use kimochi_domain::{Sha256Digest, UploadSize};
use kimochi_store::Database;
use kimochi_store::recordings::{self, Insertion, NewRecording};
use kimochi_testing::{TestDatabase, now};

use crate::support::{key_for, new_recording, parent};

#[tokio::test]
async fn the_same_request_gives_the_same_recording() {
    let db = TestDatabase::new().await;
    let api = db.api();

    let Insertion::Created(created) = ask(&api, "mika", Some("k1")).await else { panic!() };
    let replayed = ask(&api, "mika", Some("k1")).await;

    assert_eq!(replayed, Insertion::Replayed(created));
}

#[tokio::test]
async fn the_same_key_with_another_request_is_told_apart() {
    let db = TestDatabase::new().await;
    let api = db.api();
    ask(&api, "mika", Some("k1")).await;

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let key = key_for(family.user().id);
    let same = new_recording(&key, Some("k1"));
    let longer = NewRecording { size: UploadSize::try_from(9).unwrap(), ..same.clone() };
    let with_digest = NewRecording { sha256: Some(Sha256Digest::from([7; 32])), ..same };

    assert_eq!(recordings::insert(&family, &longer, now()).await.unwrap(), Insertion::KeyReused);
    assert_eq!(recordings::insert(&family, &with_digest, now()).await.unwrap(), Insertion::KeyReused);
}

#[tokio::test]
async fn a_recording_that_was_deleted_does_not_come_back() {
    let db = TestDatabase::new().await;
    let api = db.api();
    ask(&api, "mika", Some("k1")).await;
    let delete = "UPDATE recordings SET deleted_at = now()";
    db.superuser().await.batch_execute(delete).await.unwrap();

    assert_eq!(ask(&api, "mika", Some("k1")).await, Insertion::Deleted);
}

#[tokio::test]
async fn a_key_means_nothing_to_another_family() {
    let db = TestDatabase::new().await;
    let api = db.api();
    ask(&api, "mika", Some("k1")).await;

    let rens = ask(&api, "ren", Some("k1")).await;

    assert!(matches!(rens, Insertion::Created(_)));
}

#[tokio::test]
async fn without_a_key_every_request_is_new() {
    let db = TestDatabase::new().await;
    let api = db.api();

    for _ in 0..2 {
        assert!(matches!(ask(&api, "mika", None).await, Insertion::Created(_)));
    }
}

#[tokio::test]
async fn fifty_requests_at_once_with_one_key_make_one_row() {
    let db = TestDatabase::new().await;

    let insertions = join_all((0..50).map(|_| async { ask(&db.api(), "mika", Some("k1")).await })).await;

    let created = insertions.iter().filter(|inserted| matches!(inserted, Insertion::Created(_))).count();
    let ids: HashSet<_> = insertions
        .iter()
        .map(|inserted| match inserted {
            Insertion::Created(recording) | Insertion::Replayed(recording) => recording.id,
            Insertion::KeyReused | Insertion::Deleted => {
                panic!("the requests are the same, and nothing is deleted")
            }
        })
        .collect();
    assert_eq!((created, ids.len()), (1, 1));
}

async fn ask(api: &Database, name: &str, idempotency_key: Option<&str>) -> Insertion {
    let family = api.family(&parent(name), now()).await.unwrap();
    let key = key_for(family.user().id);
    let inserted = recordings::insert(&family, &new_recording(&key, idempotency_key), now()).await.unwrap();
    family.commit().await.unwrap();
    inserted
}
