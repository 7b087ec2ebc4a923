//! A parent leaves the service: from then on nothing is theirs any more.

use kimochi_store::transcription::Claim;
use kimochi_store::{Error, users};
use kimochi_testing::{TestDatabase, now};

use crate::support::{claim_at, parent, requested_by, seconds_later};

#[tokio::test]
async fn who_has_left_is_told_so_and_sees_nothing() {
    let db = TestDatabase::new().await;
    let api = db.api();
    requested_by(&api, "mika").await;

    let withdrawal = users::withdraw(&api, &parent("mika"), seconds_later(1)).await.unwrap().unwrap();

    assert_eq!((withdrawal.at, withdrawal.repeated), (seconds_later(1), false));
    let refused = api.family(&parent("mika"), seconds_later(2)).await;
    assert!(matches!(refused, Err(Error::FamilyLeft)), "{refused:?}");
    let refused = users::read(&api.reader(&parent("mika"), seconds_later(2))).await;
    assert!(matches!(refused, Err(Error::FamilyLeft)), "{refused:?}");
    requested_by(&api, "ren").await;
}

#[tokio::test]
async fn what_arrives_after_the_family_left_is_not_listened_to() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let recording = requested_by(&api, "mika").await;
    users::withdraw(&api, &parent("mika"), now()).await.unwrap();

    let claim = claim_at(&db.worker(), &recording.audio_key, seconds_later(1)).await;

    assert_eq!(claim, Claim::Deleted);
}

#[tokio::test]
async fn the_release_before_does_not_let_in_who_has_left() {
    let db = TestDatabase::new().await;
    let api = db.api();
    requested_by(&api, "mika").await;
    let sign_in = "SELECT user_id FROM sign_in(gen_random_uuid(), 'https://issuer.example', 'mika', now())";
    api.client().await.unwrap().query_one(sign_in, &[]).await.unwrap();

    users::withdraw(&api, &parent("mika"), now()).await.unwrap();

    assert!(api.client().await.unwrap().query_one(sign_in, &[]).await.is_err());
}

#[tokio::test]
async fn leaving_twice_is_leaving_once() {
    let db = TestDatabase::new().await;
    let api = db.api();
    requested_by(&api, "mika").await;

    users::withdraw(&api, &parent("mika"), seconds_later(1)).await.unwrap();
    let again = users::withdraw(&api, &parent("mika"), seconds_later(9)).await.unwrap().unwrap();

    assert_eq!((again.at, again.repeated), (seconds_later(1), true));
    let sql = "SELECT count(*) FROM audit_logs WHERE action = 'family.withdraw'";
    assert_eq!(db.superuser().await.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn who_was_never_here_cannot_leave() {
    let db = TestDatabase::new().await;

    assert_eq!(users::withdraw(&db.api(), &parent("nobody"), now()).await.unwrap(), None);
}

#[tokio::test]
async fn a_write_that_is_under_way_ends_before_the_withdrawal() {
    let db = TestDatabase::new().await;
    let (api, other_sandbox) = (db.api(), db.api());
    requested_by(&api, "mika").await;
    let caller = parent("mika");

    let writing = api.family(&caller, now()).await.unwrap();
    let (withdrawal, ()) = tokio::join!(users::withdraw(&other_sandbox, &caller, now()), async {
        db.wait_until_somebody_waits().await;
        writing.commit().await.unwrap();
    });

    assert!(withdrawal.unwrap().is_some());
}

#[tokio::test]
async fn a_call_that_comes_during_the_withdrawal_finds_it_done() {
    let db = TestDatabase::new().await;
    let api = db.api();
    requested_by(&api, "mika").await;
    let superuser = db.superuser().await;
    let leave = "BEGIN; SELECT * FROM withdraw_family('https://issuer.example', 'mika', now(), NULL, NULL)";
    superuser.batch_execute(leave).await.unwrap();

    let caller = parent("mika");
    let (refused, ()) = tokio::join!(api.family(&caller, now()), async {
        db.wait_until_somebody_waits().await;
        superuser.batch_execute("COMMIT").await.unwrap();
    });

    assert!(matches!(refused, Err(Error::FamilyLeft)), "{refused:?}");
}
