//! A family's children.

use futures_util::future::join_all;
use jiff::civil::date;
use kimochi_domain::{BirthDate, ChildId};
use kimochi_store::Database;
use kimochi_store::children::{self, Child, ChildChanges, Insertion, NewChild};
use kimochi_store::idempotency::{self, Answer, Earlier, KeyedRequest};
use kimochi_testing::{TestDatabase, now};

use crate::support::{parent, seconds_later};

#[tokio::test]
async fn a_child_is_read_back_as_it_was_entered_and_by_its_family_only() {
    let db = TestDatabase::new().await;
    let api = db.api();

    let child = enter(&api, "mika", "みか").await;

    let mikas = api.family(&parent("mika"), now()).await.unwrap();
    assert_eq!(children::find(&mikas, child.id).await.unwrap(), Some(child.clone()));
    assert_eq!(children::list(&mikas).await.unwrap(), std::slice::from_ref(&child));
    drop(mikas);
    let rens = api.family(&parent("ren"), now()).await.unwrap();
    assert_eq!(children::find(&rens, child.id).await.unwrap(), None);
    assert_eq!(children::list(&rens).await.unwrap(), []);
}

#[tokio::test]
async fn row_level_security_hides_children_from_a_query_without_where() {
    let db = TestDatabase::new().await;
    let api = db.api();
    enter(&api, "mika", "みか").await;

    let rens = api.family(&parent("ren"), now()).await.unwrap();
    for sql in ["SELECT id FROM children", "UPDATE children SET nickname = 'x' RETURNING id"] {
        assert!(rens.query(sql, &[]).await.unwrap().is_empty(), "{sql}");
    }
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_and_counts() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let changes =
        ChildChanges { gender: Some(Some("おんなのこ".parse().unwrap())), ..Default::default() };
    let changed = children::update(&family, child.id, &changes, seconds_later(5)).await.unwrap();
    let emptied = ChildChanges { gender: Some(None), ..Default::default() };
    let emptied = children::update(&family, child.id, &emptied, seconds_later(7)).await.unwrap();

    assert_eq!((changed.nickname, changed.birth_date), (child.nickname, child.birth_date));
    assert_eq!((changed.version, changed.updated_at), (2, seconds_later(5)));
    assert_eq!(emptied.gender, None);
}

#[tokio::test]
async fn a_family_has_at_most_twenty_children_however_quickly_it_asks() {
    let db = TestDatabase::new().await;

    let entered = join_all((0..30).map(async |n| {
        let api = db.api();
        let family = api.family(&parent("mika"), now()).await.unwrap();
        let entered = children::insert(&family, &new(&format!("n{n}")), None, now()).await.unwrap();
        if matches!(entered, Insertion::Created(_)) {
            family.commit().await.unwrap();
        }
        entered
    }))
    .await;

    let created = entered.iter().filter(|entered| matches!(entered, Insertion::Created(_))).count();
    let refused = entered.iter().filter(|entered| matches!(entered, Insertion::TooMany)).count();
    assert_eq!((created, refused), (20, 10));
}

#[tokio::test]
async fn a_deleted_child_is_gone_for_its_family_and_makes_room() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;

    let family = api.family(&parent("mika"), now()).await.unwrap();
    children::delete(&family, child.id, now()).await.unwrap();
    assert_eq!(children::find(&family, child.id).await.unwrap(), None);
    assert_eq!(children::find_for_change(&family, child.id).await.unwrap(), None);
    assert!(!children::is_there(&family, child.id).await.unwrap());
    assert_eq!(children::list(&family).await.unwrap(), []);
    family.commit().await.unwrap();
    let audit = "SELECT action FROM audit_logs ORDER BY action";
    let audit = db.superuser().await.query(audit, &[]).await.unwrap();
    assert_eq!(
        audit.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(),
        ["child.create", "child.delete"]
    );
}

#[tokio::test]
async fn a_key_is_answered_once_and_means_one_request() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let request = KeyedRequest { key: "k1", fingerprint: [1; 32] };
    let answer =
        Answer { status: 201, etag: Some("\"1\"".to_owned()), location: None, body: "{}".to_owned() };

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let created = children::insert(&family, &new("みか"), Some(&request), now()).await.unwrap();
    assert!(matches!(created, Insertion::Created(_)));
    idempotency::remember(&family, &request, &answer).await.unwrap();
    family.commit().await.unwrap();

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let again = children::insert(&family, &new("みか"), Some(&request), now()).await.unwrap();
    assert_eq!(again, Insertion::KeyTaken);
    assert_eq!(idempotency::earlier(&family, &request).await.unwrap(), Earlier::Answered(answer));
    let other = KeyedRequest { fingerprint: [2; 32], ..request };
    assert_eq!(idempotency::earlier(&family, &other).await.unwrap(), Earlier::OtherRequest);
    drop(family);

    let rens = api.family(&parent("ren"), now()).await.unwrap();
    let rens = children::insert(&rens, &new("れん"), Some(&request), now()).await.unwrap();
    assert!(matches!(rens, Insertion::Created(_)), "a key means nothing to another family");
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day_and_after_a_request_that_came_to_nothing() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let request = KeyedRequest { key: "k1", fingerprint: [1; 32] };

    // Claimed, then refused: committed without an answer.
    let family = api.family(&parent("mika"), now()).await.unwrap();
    children::insert(&family, &new("みか"), Some(&request), now()).await.unwrap();
    family.commit().await.unwrap();
    let family = api.family(&parent("mika"), now()).await.unwrap();
    let after_refusal = children::insert(&family, &new("みか"), Some(&request), now()).await.unwrap();
    let answer = Answer { status: 201, etag: None, location: None, body: "{}".to_owned() };
    idempotency::remember(&family, &request, &answer).await.unwrap();
    family.commit().await.unwrap();
    let tomorrow = now() + jiff::SignedDuration::from_hours(24) + jiff::SignedDuration::from_secs(1);
    let family = api.family(&parent("mika"), tomorrow).await.unwrap();
    let after_a_day = children::insert(&family, &new("みか"), Some(&request), tomorrow).await.unwrap();

    let kept = "SELECT count(*) FROM idempotency_keys";
    family.commit().await.unwrap();
    let kept: i64 = db.superuser().await.query_one(kept, &[]).await.unwrap().get(0);
    assert_eq!(kept, 1, "what is older is gone");
    for insertion in [after_refusal, after_a_day] {
        assert!(matches!(insertion, Insertion::Created(_)), "{insertion:?}");
    }
}

#[tokio::test]
async fn while_a_request_is_under_way_its_repetition_is_told_so() {
    let db = TestDatabase::new().await;
    let (api, other_sandbox) = (db.api(), db.api());
    let request = KeyedRequest { key: "k1", fingerprint: [1; 32] };
    enter(&api, "mika", "ゆい").await;
    let first = api.family(&parent("mika"), now()).await.unwrap();
    children::insert(&first, &new("みか"), Some(&request), now()).await.unwrap();

    let second = other_sandbox.family(&parent("mika"), now()).await.unwrap();
    let taken = children::insert(&second, &new("みか"), Some(&request), now()).await.unwrap();

    assert_eq!(taken, Insertion::KeyTaken);
    assert_eq!(idempotency::earlier(&second, &request).await.unwrap(), Earlier::UnderWay);
}

fn new(nickname: &str) -> NewChild {
    let today = date(2026, 4, 1);
    NewChild {
        nickname: nickname.parse().unwrap(),
        birth_date: BirthDate::new(date(2021, 5, 5), today).unwrap(),
        gender: None,
    }
}

/// A child that the parent called `name` entered.
pub(crate) async fn enter(api: &Database, name: &str, nickname: &str) -> Child {
    let family = api.family(&parent(name), now()).await.unwrap();
    let entered = children::insert(&family, &new(nickname), None, now()).await.unwrap();
    family.commit().await.unwrap();
    let Insertion::Created(child) = entered else { panic!("{entered:?}") };
    assert_ne!(child.id, ChildId::new());
    child
}
