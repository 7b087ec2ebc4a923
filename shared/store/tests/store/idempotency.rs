//! One `Idempotency-Key` makes one recording.

use std::collections::HashSet;

use futures_util::future::join_all;
use kimochi_domain::{Sha256Digest, UploadSize};
use kimochi_store::recordings::{self, Earlier, Insertion, NewRecording};
use kimochi_store::{Database, users};
use kimochi_testing::{TestDatabase, now};

use crate::support::{key_for, new_recording, parent};

#[tokio::test]
async fn the_same_request_gives_the_same_recording() {
    let db = TestDatabase::new().await;
    let api = db.api();

    let Insertion::Created(created) = ask(&api, "mika", Some("k1")).await else { panic!() };
    let repeated = ask(&api, "mika", Some("k1")).await;

    assert_eq!(repeated, Insertion::KeyTaken);
    assert_eq!(earlier(&api, "mika", "k1").await, Earlier::Same(created));
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

    for other in [longer, with_digest] {
        assert_eq!(recordings::insert(&family, &other, now()).await.unwrap(), Insertion::KeyTaken);
        assert_eq!(recordings::earlier(&family, &other).await.unwrap(), Earlier::OtherRequest);
    }
}

#[tokio::test]
async fn a_recording_that_was_deleted_does_not_come_back() {
    let db = TestDatabase::new().await;
    let api = db.api();
    ask(&api, "mika", Some("k1")).await;
    let delete = "UPDATE recordings SET deleted_at = now()";
    db.superuser().await.batch_execute(delete).await.unwrap();

    assert_eq!(ask(&api, "mika", Some("k1")).await, Insertion::KeyTaken);
    assert_eq!(earlier(&api, "mika", "k1").await, Earlier::Deleted);
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
    let request = async || {
        let api = db.api();
        match ask(&api, "mika", Some("k1")).await {
            Insertion::Created(recording) => (true, recording.id),
            Insertion::KeyTaken => match earlier(&api, "mika", "k1").await {
                Earlier::Same(recording) => (false, recording.id),
                other => panic!("the requests are the same, and nothing is deleted: {other:?}"),
            },
        }
    };

    let answers = join_all((0..50).map(|_| request())).await;

    let created = answers.iter().filter(|(created, _)| *created).count();
    let ids: HashSet<_> = answers.iter().map(|(_, id)| id).collect();
    assert_eq!((created, ids.len()), (1, 1));
}

async fn ask(api: &Database, name: &str, idempotency_key: Option<&str>) -> Insertion {
    let family = api.family(&parent(name), now()).await.unwrap();
    let key = key_for(family.user().id);
    recordings::insert(family.last(), &new_recording(&key, idempotency_key), now()).await.unwrap()
}

/// What has the key of the request that [`ask`] makes.
async fn earlier(api: &Database, name: &str, idempotency_key: &str) -> Earlier {
    let caller = parent(name);
    let family = api.reader(&caller, now());
    let key = key_for(users::read(&family).await.unwrap().id);
    recordings::earlier(&family, &new_recording(&key, Some(idempotency_key))).await.unwrap()
}
