//! The routes on a real database.

use account::{App, routes};
use axum::Router;
use kimochi_store::{Auth, Database, DatabaseSettings};
use kimochi_testing::{ApiCall, TestDatabase, now};

fn router(database: Database) -> Router {
    kimochi_api::finish(routes(App { database, clock: now }))
}

#[tokio::test]
async fn the_first_call_makes_the_profile_and_later_ones_find_it() {
    let database = TestDatabase::new().await;
    let router = router(database.api());
    let call = ApiCall::recorded("account/read_me");

    let first = call.clone().send(&router).await;
    let second = call.clone().send(&router).await;
    let other = call.by("another-parent").send(&router).await;

    assert_eq!(first.status, 200);
    assert_eq!(first.body, second.body);
    assert_eq!(first.body["created_at"], "2026-03-31T23:30:00Z");
    assert_ne!(first.body["id"], other.body["id"]);
}

#[tokio::test]
async fn a_profile_needs_a_verified_token() {
    let database = TestDatabase::new().await;

    let response = ApiCall::recorded("account/read_me").by_nobody().send(&router(database.api())).await;

    assert_eq!(response.status, 401);
}

#[tokio::test]
async fn the_service_is_healthy_while_the_database_answers() {
    let database = TestDatabase::new().await;

    let response = ApiCall::recorded("account/check_health").send(&router(database.api())).await;

    assert_eq!(response.status, 200);
    assert_eq!(response.body["database"], "ok");
    assert_eq!(response.body["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn the_service_is_unavailable_while_the_database_is_away() {
    let settings = DatabaseSettings {
        url: "postgresql://127.0.0.1:9/kimochi",
        role: "kimochi_api",
        auth: Auth::None,
        application_name: "test",
    };

    let response =
        ApiCall::recorded("account/check_health").send(&router(Database::new(settings).unwrap())).await;

    assert_eq!(response.status, 503);
    assert_eq!(response.body["database"], "unreachable");
}

#[tokio::test]
async fn who_leaves_is_told_so_at_every_later_call() {
    let database = TestDatabase::new().await;
    let router = router(database.api());
    let me = ApiCall::recorded("account/read_me");
    let leave = ApiCall::recorded("account/withdraw");
    let profile = me.clone().send(&router).await;

    let left = leave.clone().send(&router).await;
    let again = leave.send(&router).await;
    let later = me.clone().send(&router).await;
    let other = me.by("another-parent").send(&router).await;

    assert_eq!(left.status, 202);
    assert_eq!(left.body["id"], profile.body["id"]);
    for refused in [again, later] {
        assert_eq!(refused.status, 410);
        assert!(refused.body["detail"].as_str().unwrap().contains("left the service"));
    }
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn who_was_never_here_has_nothing_to_leave() {
    let database = TestDatabase::new().await;

    let response = ApiCall::recorded("account/withdraw").send(&router(database.api())).await;

    assert_eq!(response.status, 404);
}
