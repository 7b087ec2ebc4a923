//! The routes on a real database and a real S3.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use account::{App, routes};
use axum::Router;
use jiff::tz::TimeZone;
use kimochi_blob::{MediaBucket, UrlSigner};
use kimochi_store::audit::Subject;
use kimochi_store::{Auth, Database, DatabaseSettings};
use kimochi_testing::{ApiCall, ApiResponse, Household, SAID, TestBucket, TestDatabase, now, settings_at};
use serde_json::Value;

/// An endpoint where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Without S3, which most routes do not need.
fn router(database: Database) -> Router {
    let settings = settings_at(NOWHERE);
    router_with(database, MediaBucket::new(&settings, "none"), UrlSigner::new(&settings, "none"))
}

fn router_with(database: Database, bucket: MediaBucket, urls: UrlSigner) -> Router {
    kimochi_api::finish(routes(App { database, bucket, urls, time_zone: TimeZone::UTC, clock: now }))
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

#[tokio::test]
async fn a_copy_holds_everything_of_the_family_and_nothing_of_another() {
    let (database, bucket) = (TestDatabase::new().await, TestBucket::new().await);
    bucket.keep_versions().await;
    let mika = Household::new(&database, &bucket, "mika").await;
    let ren = Household::new(&database, &bucket, "ren").await;

    let response = export(&database, &bucket, "mika").await;

    assert_eq!(response.status, 200, "{:?}", response.body);
    assert_eq!(response.body["expires_at"], "2026-03-31T23:45:00Z");
    assert_eq!(response.headers["cache-control"], "no-store");
    let (text, copy) = fetch(&response).await;
    assert_eq!(text.len() as u64, response.body["size_bytes"].as_u64().unwrap());
    assert_eq!(copy["family"]["subject"], "mika");
    assert_eq!(copy["children"][0]["nickname"], "みか");
    assert_eq!(copy["children"].as_array().unwrap().len(), 2);
    assert_eq!(copy["emotion_logs"].as_array().unwrap().len(), 2);
    assert_eq!(copy["emotion_logs"][0]["note"], "すべりだいで");
    assert_eq!(copy["emotion_logs"][0]["felt_at"], "2026-03-31T23:30:00.000000Z");
    assert_eq!(copy["recordings"].as_array().unwrap().len(), 2);
    assert_eq!(copy["job_runs"][0]["recording_id"], mika.heard.id.to_string());
    assert!(copy["audit_logs"].as_array().unwrap().iter().any(|deed| deed["action"] == "child.create"));
    assert!(!text.contains(&ren.id.to_string()) && !text.contains(&ren.heard.id.to_string()));
}

#[tokio::test]
async fn a_copy_does_not_tell_whether_another_family_has_something() {
    let (database, bucket) = (TestDatabase::new().await, TestBucket::new().await);
    let mika = Household::new(&database, &bucket, "mika").await;
    let ren = Household::new(&database, &bucket, "ren").await;
    let family = database.api().family(&ren.caller, now()).await.unwrap();
    family.refuse(Subject::Recording(mika.heard.id)).await.unwrap();

    let (text, _) = fetch(&export(&database, &bucket, "ren").await).await;

    assert!(!text.contains(&mika.heard.id.to_string()));
}

#[tokio::test]
async fn the_links_in_a_copy_play_what_was_recorded() {
    let (database, bucket) = (TestDatabase::new().await, TestBucket::new().await);
    let mika = Household::new(&database, &bucket, "mika").await;

    let (_, copy) = fetch(&export(&database, &bucket, "mika").await).await;

    let recordings = copy["recordings"].as_array().unwrap();
    let find = |id: String| recordings.iter().find(|recording| recording["id"] == id).unwrap();
    let heard = find(mika.heard.id.to_string());
    assert_eq!(heard["transcript"], SAID);
    let sound = get(&heard["audio_url"]).await;
    assert_eq!(sound.bytes().await.unwrap(), "sound");
    assert_eq!(heard["audio_url_expires_at"], "2026-04-01T00:30:00Z");
    assert!(find(mika.unused.id.to_string())["audio_url"].is_null(), "nothing has arrived that we know of");
}

#[tokio::test]
async fn a_copy_is_noted_and_lies_where_a_withdrawal_finds_it() {
    let (database, bucket) = (TestDatabase::new().await, TestBucket::new().await);
    let mika = Household::new(&database, &bucket, "mika").await;

    export(&database, &bucket, "mika").await;

    let noted = "SELECT count(*) FROM audit_logs WHERE action = 'family.export' AND user_id = $1";
    let noted = database.superuser().await.query_one(noted, &[&mika.id.0]).await.unwrap();
    assert_eq!(noted.get::<_, i64>(0), 1);
    let folder = format!("export/{}/export_20260331_233000_", mika.id);
    assert_eq!(bucket.versions(&folder).await.len(), 2, "the one of the household, and this one");
}

#[tokio::test]
async fn a_copy_of_many_years_is_whole() {
    let (database, bucket) = (TestDatabase::new().await, TestBucket::new().await);
    let mika = Household::new(&database, &bucket, "mika").await;
    let fill = "
INSERT INTO emotion_logs (id, user_id, child_id, emotion, intensity, note, felt_at, created_at, updated_at)
SELECT gen_random_uuid(), user_id, id, 'ureshii', 1, repeat('あ', 100), now() - n * interval '1 minute', now(), now()
FROM generate_series(1, 9998) n, children WHERE id = $1";
    let voices = "
INSERT INTO recordings (id, user_id, created_at, updated_at, audio_key, content_type, size_bytes)
SELECT gen_random_uuid(), $1, now(), now(), format('audio/%s/audio_20260401_083000_%s.webm', $1::uuid, md5(n::text)),
    'audio/webm', 5
FROM generate_series(1, 2998) n";
    let arrived = "UPDATE recordings SET status = 'uploaded', uploaded_at = now(), sequencer = '1' WHERE uploaded_at IS NULL";
    let superuser = database.superuser().await;
    superuser.execute(fill, &[&mika.child.0]).await.unwrap();
    superuser.execute(voices, &[&mika.id.0]).await.unwrap();
    superuser.execute(arrived, &[]).await.unwrap();

    let (_, copy) = fetch(&export(&database, &bucket, "mika").await).await;

    assert_eq!(copy["emotion_logs"].as_array().unwrap().len(), 10_000);
    let recordings = copy["recordings"].as_array().unwrap();
    assert_eq!(recordings.len(), 3_000);
    assert!(recordings.iter().all(|recording| recording["audio_url"].is_string()));
}

#[tokio::test]
async fn without_s3_there_is_no_copy_and_the_answer_says_to_try_again() {
    let database = TestDatabase::new().await;

    let response = ApiCall::recorded("account/export_family").send(&router(database.api())).await;

    assert_eq!(response.status, 503);
}

#[tokio::test]
async fn who_has_left_gets_no_copy() {
    let database = TestDatabase::new().await;
    let router = router(database.api());
    ApiCall::recorded("account/read_me").send(&router).await;
    ApiCall::recorded("account/withdraw").send(&router).await;

    let response = ApiCall::recorded("account/export_family").send(&router).await;

    assert_eq!(response.status, 410);
}

async fn export(database: &TestDatabase, bucket: &TestBucket, name: &str) -> ApiResponse {
    let media = MediaBucket::new(bucket.settings(), bucket.name());
    let urls = UrlSigner::new(bucket.settings(), bucket.name());
    let caller = Household::caller_named(name);
    let call = ApiCall::recorded("account/export_family").from_issuer(&caller.identity.issuer).by(name);
    call.send(&router_with(database.api(), media, urls)).await
}

/// What the link of an answer leads to, as text and as JSON.
async fn fetch(response: &ApiResponse) -> (String, Value) {
    let file = get(&response.body["url"]).await;
    assert_eq!(file.headers()["content-type"], "application/json");
    assert!(file.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let text = file.text().await.unwrap();
    let copy = serde_json::from_str(&text).unwrap();
    (text, copy)
}

async fn get(url: &Value) -> reqwest::Response {
    // The process may have one already: another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let response = reqwest::get(url.as_str().unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    response
}
