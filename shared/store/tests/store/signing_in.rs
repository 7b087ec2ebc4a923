//! A parent's row is made at their first call, once.

use std::collections::HashSet;

use futures_util::future::join_all;
use kimochi_testing::{TestDatabase, now};

use crate::support::{parent, seconds_later};

#[tokio::test]
async fn a_parent_keeps_the_row_of_their_first_call() {
    let db = TestDatabase::new().await;
    let api = db.api();

    let first = api.family(&parent("mika"), now()).await.unwrap();
    let first_user = *first.user();
    first.commit().await.unwrap();
    let second = api.family(&parent("mika"), seconds_later(60)).await.unwrap();

    assert_eq!(*second.user(), first_user);
    assert_eq!(first_user.created_at, now());
}

#[tokio::test]
async fn the_same_subject_of_another_issuer_is_another_parent() {
    let db = TestDatabase::new().await;
    let api = db.api();

    let here = api.family(&parent("mika"), now()).await.unwrap().user().id;
    let mut elsewhere = parent("mika");
    elsewhere.identity.issuer = "https://other.example".to_owned();
    let there = api.family(&elsewhere, now()).await.unwrap().user().id;

    assert_ne!(here, there);
}

#[tokio::test]
async fn first_calls_at_the_same_time_make_one_row() {
    let db = TestDatabase::new().await;

    let users = join_all((0..20).map(|_| async {
        let family = db.api().family(&parent("mika"), now()).await.unwrap();
        let id = family.user().id;
        family.commit().await.unwrap();
        id
    }))
    .await;

    assert_eq!(users.into_iter().collect::<HashSet<_>>().len(), 1);
    let rows = db.owner().client().await.unwrap().query("SELECT id FROM users", &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn a_first_call_whose_rival_gives_up_makes_the_row() {
    let db = TestDatabase::new().await;

    let rival = db.api().family(&parent("mika"), now()).await.unwrap();
    let api = db.api();
    let caller = parent("mika");
    let waiting = api.family(&caller, now());
    let (family, ()) = tokio::join!(waiting, async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        drop(rival);
    });

    family.unwrap().commit().await.unwrap();
}
