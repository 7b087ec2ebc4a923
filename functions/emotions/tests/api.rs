//! The routes on a real database; signing needs no S3.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use futures_util::future::join_all;
use serde_json::json;
use support::TestApi;

#[tokio::test]
async fn a_child_is_entered_read_changed_and_deleted() {
    let api = TestApi::new().await;

    let created = api.post("/v1/children", json!({"nickname": " みか ", "birth_date": "2021-05-05"})).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.body["nickname"], "みか");
    let path = created.headers["location"].to_str().unwrap().to_owned();
    let etag = created.headers["etag"].to_str().unwrap().to_owned();

    let read = api.get(&path).await;
    assert_eq!((read.status.as_u16(), &read.body), (200, &created.body));
    assert_eq!(read.headers["etag"], etag.as_str());
    let changed = api.patch(&path, json!({"gender": "おんなのこ"}), Some(&etag)).await;
    assert_eq!((changed.status.as_u16(), &changed.body["gender"]), (200, &json!("おんなのこ")));
    let stale = api.patch(&path, json!({"gender": null}), Some(&etag)).await;
    assert_eq!(stale.status, 412);
    let emptied = api.patch(&path, json!({"nickname": null}), None).await;
    assert_eq!((emptied.status.as_u16(), emptied.complaints()), (422, vec!["nickname"]));
    assert_eq!(api.delete(&path, Some(&etag)).await.status, 412);
    assert_eq!(api.delete(&path, None).await.status, 204);
    assert_eq!(api.get(&path).await.status, 404);
    assert_eq!(api.get("/v1/children").await.body, json!({"items": [], "next_cursor": null}));
}

#[tokio::test]
async fn a_child_that_cannot_be_taken_is_refused_field_by_field() {
    let api = TestApi::new().await;

    for (body, fields) in [
        (
            json!({"nickname": "", "birth_date": "2099-01-01", "gender": ""}),
            vec!["nickname", "birth_date", "gender"],
        ),
        (json!({"nickname": "あ".repeat(31), "birth_date": "1899-12-31"}), vec!["nickname", "birth_date"]),
        (json!({"nickname": "a\u{0}b", "birth_date": "2021-05-05"}), vec!["nickname"]),
        (json!({"nickname": "みか", "birth_date": "2021-02-30"}), vec!["birth_date"]),
        (json!({"nickname": "みか", "birth_date": "2021-05-05T00:00"}), vec!["birth_date"]),
        (json!({"nickname": "みか", "birth_date": "2021-05-05", "colour": 1}), vec!["colour"]),
        (json!({"nickname": 7, "birth_date": "2021-05-05"}), vec!["nickname"]),
        (json!({"birth_date": "2021-05-05"}), vec!["body"]),
    ] {
        let response = api.post("/v1/children", body.clone()).await;
        assert_eq!(response.status, 422, "{body}");
        assert_eq!(response.complaints(), fields, "{body}");
    }
}

#[tokio::test]
async fn a_log_lives_from_being_written_to_being_deleted() {
    let api = TestApi::new().await;
    let child = api.child("mika").await;

    let body = json!({"child_id": child, "emotion": "ureshii", "intensity": 3, "note": "ブランコ"});
    let created = api.post("/v1/emotion-logs", body).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.body["felt_at"], "2026-03-31T23:30:00Z");
    assert_eq!(created.body["recording"], json!(null));
    let path = created.headers["location"].to_str().unwrap().to_owned();
    let etag = created.headers["etag"].to_str().unwrap().to_owned();

    assert_eq!(api.get(&path).await.body, created.body);
    let listed = api.get("/v1/emotion-logs").await;
    assert_eq!(listed.body, json!({"items": [created.body], "next_cursor": null}));
    let changed = api.patch(&path, json!({"note": null, "intensity": 1.0}), Some(&etag)).await;
    assert_eq!((&changed.body["note"], &changed.body["intensity"]), (&json!(null), &json!(1)));
    assert_eq!(api.patch(&path, json!({"intensity": 2}), Some(&etag)).await.status, 412);
    let emptied = api.patch(&path, json!({"felt_at": null}), None).await;
    assert_eq!((emptied.status.as_u16(), emptied.complaints()), (422, vec!["felt_at"]));
    assert_eq!(api.delete(&path, changed.headers["etag"].to_str().ok()).await.status, 204);
    assert_eq!(api.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_log_that_cannot_be_taken_is_refused_field_by_field() {
    let api = TestApi::new().await;
    let child = api.child("mika").await;
    let nobody = "0199a3c4-0000-7000-8000-0000000000aa";

    for (body, status, fields) in [
        (json!({"child_id": nobody, "emotion": "ureshii", "intensity": 1}), 404, vec!["child_id"]),
        (json!({"child_id": "x", "emotion": "ureshii", "intensity": 1}), 422, vec!["child_id"]),
        (json!({"child_id": child, "emotion": "nemui", "intensity": 1}), 422, vec!["emotion"]),
        (
            json!({"child_id": child, "emotion": "../x", "intensity": 4, "note": " ", "felt_at": "1066-10-14T09:00:00Z"}),
            422,
            vec!["emotion", "intensity", "note", "felt_at"],
        ),
        (
            json!({"child_id": child, "emotion": "ureshii", "intensity": 1, "note": "あ".repeat(2001)}),
            422,
            vec!["note"],
        ),
        (
            json!({"child_id": child, "emotion": "ureshii", "intensity": 1, "recording_id": nobody}),
            404,
            vec!["recording_id"],
        ),
    ] {
        let response = api.post("/v1/emotion-logs", body.clone()).await;
        assert_eq!(response.status.as_u16(), status, "{body}");
        assert_eq!(response.complaints(), fields, "{body}");
    }
}

#[tokio::test]
async fn pages_are_followed_by_their_cursor() {
    let api = TestApi::new().await;
    let child = api.child("mika").await;
    for minute in 0..5 {
        api.log(&child, &format!("2026-03-31T10:0{minute}:00Z")).await;
    }

    let (mut times, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let page = api.get_with("/v1/emotion-logs", &query).await.body;
        times.extend(page["items"].as_array().unwrap().iter().map(|log| log["felt_at"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("limit=2&cursor={cursor}");
    }

    let expected: Vec<_> = (0..5).rev().map(|minute| json!(format!("2026-03-31T10:0{minute}:00Z"))).collect();
    assert_eq!(times, expected);
}

#[tokio::test]
async fn a_query_that_cannot_be_understood_is_named_by_its_parameter() {
    let api = TestApi::new().await;

    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=1000000000", "limit"),
        ("limit=-1", "limit"),
        ("cursor=AAAA", "cursor"),
        ("child_id=7", "child_id"),
        ("emotion=Ureshii", "emotion"),
        ("from=2026-02-30", "from"),
        ("to=9999-12-31", "to"),
        ("colour=red", "query"),
        ("limit=1&limit=2", "query"),
    ] {
        let response = api.get_with("/v1/emotion-logs", query).await;
        assert_eq!((response.status.as_u16(), response.complaints()), (422, vec![field]), "{query}");
    }
    for (query, fields) in
        [("", vec!["child_id", "from", "to"]), ("child_id=x&from=2026-01-01&to=y", vec!["child_id", "to"])]
    {
        let response = api.get_with("/v1/emotion-logs/summary", query).await;
        assert_eq!((response.status.as_u16(), response.complaints()), (422, fields), "{query}");
    }
}

#[tokio::test]
async fn a_summary_has_every_day_and_begins_them_in_tokyo() {
    let api = TestApi::new().await;
    let child = api.child("mika").await;
    // 31 March 23:59 and 1 April 00:00 in Tokyo.
    api.log(&child, "2026-03-31T14:59:00Z").await;
    api.log(&child, "2026-03-31T15:00:00Z").await;

    let query = format!("child_id={child}&from=2026-03-30&to=2026-04-01");
    let summary = api.get_with("/v1/emotion-logs/summary", &query).await.body;

    assert_eq!(summary["totals"], json!({"ureshii": 2}));
    assert_eq!(
        summary["days"],
        json!([
            {"date": "2026-03-30", "total": 0, "emotions": {}},
            {"date": "2026-03-31", "total": 1, "emotions": {"ureshii": 1}},
            {"date": "2026-04-01", "total": 1, "emotions": {"ureshii": 1}},
        ])
    );
    let too_long = format!("child_id={child}&from=2025-01-01&to=2026-04-01");
    assert_eq!(api.get_with("/v1/emotion-logs/summary", &too_long).await.complaints(), ["to"]);
}

#[tokio::test]
async fn another_familys_ids_are_404_and_nothing_changes() {
    let api = TestApi::new().await;
    let child = api.child("mika").await;
    let log = api.log(&child, "2026-03-31T10:00:00Z").await;
    let ren = api.as_parent("ren");
    ren.child("ren").await;

    for path in [format!("/v1/children/{child}"), format!("/v1/emotion-logs/{log}")] {
        assert_eq!(ren.get(&path).await.status, 404, "{path}");
        assert_eq!(ren.patch(&path, json!({}), None).await.status, 404, "{path}");
        assert_eq!(ren.delete(&path, None).await.status, 404, "{path}");
        assert_eq!(api.get(&path).await.status, 200, "{path}");
    }
    let body = json!({"child_id": child, "emotion": "ureshii", "intensity": 1});
    assert_eq!(ren.post("/v1/emotion-logs", body).await.status, 404);
    let query = format!("child_id={child}");
    assert_eq!(ren.get_with("/v1/emotion-logs", &query).await.status, 404);
    let query = format!("{query}&from=2026-03-30&to=2026-04-01");
    assert_eq!(ren.get_with("/v1/emotion-logs/summary", &query).await.status, 404);
    assert_eq!(api.refusals().await, 9, "each of them is noted");
}

#[tokio::test]
async fn without_a_token_there_is_nothing() {
    let api = TestApi::new().await;

    for path in ["/v1/emotions", "/v1/intensities", "/v1/children", "/v1/emotion-logs"] {
        assert_eq!(api.get_as_nobody(path).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn the_cards_come_with_their_pictures() {
    let api = TestApi::new().await;

    let cards = api.get("/v1/emotions").await.body;
    let strengths = api.get("/v1/intensities").await.body;

    assert_eq!(cards["items"].as_array().unwrap().len(), 12);
    assert_eq!(cards["items"][0]["label"], "うれしい");
    let url = cards["items"][0]["image_url"].as_str().unwrap();
    assert!(url.contains("images/emotions/ureshii.webp") && url.contains("X-Amz-Expires=3600"), "{url}");
    assert_eq!(strengths["items"][2], json!({"level": 3, "label": "つよい", "percent": 100}));
}

#[tokio::test]
async fn fifty_posts_with_one_key_make_one_log_and_one_answer() {
    let api = TestApi::new().await;
    let child = api.child("mika").await;
    let body = json!({"child_id": child, "emotion": "ureshii", "intensity": 2});

    let answers = join_all(
        (0..50).map(async |_| api.sandbox().post_with_key("/v1/emotion-logs", body.clone(), "k1").await),
    )
    .await;
    let again = api.post_with_key("/v1/emotion-logs", body.clone(), "k1").await;
    let other = json!({"child_id": child, "emotion": "ureshii", "intensity": 3});
    let other = api.post_with_key("/v1/emotion-logs", other, "k1").await;

    let created: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(!created.is_empty());
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status.as_u16())));
    assert!(
        created
            .iter()
            .all(|answer| answer.body == again.body && answer.headers["etag"] == again.headers["etag"])
    );
    assert_eq!(other.status, 422);
    assert_eq!(api.get("/v1/emotion-logs").await.body["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn of_fifty_changes_to_one_state_one_gets_through() {
    let api = TestApi::new().await;
    let child = api.child("mika").await;
    let log = api.log(&child, "2026-03-31T10:00:00Z").await;

    for path in [format!("/v1/emotion-logs/{log}"), format!("/v1/children/{child}")] {
        let etag = api.get(&path).await.headers["etag"].to_str().unwrap().to_owned();
        let body = if path.contains("logs") { json!({"note": "x"}) } else { json!({"nickname": "x"}) };
        let answers =
            join_all((0..50).map(async |_| api.sandbox().patch(&path, body.clone(), Some(&etag)).await))
                .await;

        let through = answers.iter().filter(|answer| answer.status == 200).count();
        let refused = answers.iter().filter(|answer| answer.status == 412).count();
        assert_eq!((through, refused), (1, 49), "{path}");
    }
}

#[tokio::test]
async fn no_request_sends_more_than_two_statements_beside_its_frame() {
    let api = TestApi::new().await;
    let child = api.child("mika").await;
    let log = api.log(&child, "2026-03-31T10:00:00Z").await;
    let log_path = format!("/v1/emotion-logs/{log}");
    let body = json!({"child_id": child, "emotion": "ureshii", "intensity": 2});

    for (method, path, body) in [
        ("GET", "/v1/emotions".to_owned(), None),
        ("GET", "/v1/children".to_owned(), None),
        ("POST", "/v1/emotion-logs".to_owned(), Some(body)),
        ("GET", "/v1/emotion-logs".to_owned(), None),
        ("GET", log_path.clone(), None),
        ("GET", "/v1/emotion-logs?child_id=0199a3c4-0000-7000-8000-0000000000aa".to_owned(), None),
        ("PATCH", log_path.clone(), Some(json!({"note": "x"}))),
        ("PATCH", log_path.clone(), Some(json!({"recording_id": "0199a3c4-0000-7000-8000-0000000000aa"}))),
        ("DELETE", log_path.clone(), None),
        ("DELETE", log_path, None),
        ("DELETE", format!("/v1/children/{child}"), None),
    ] {
        let sent = api.statements_of(method, &path, body).await;
        assert!((1..=2).contains(&sent), "{method} {path}: {sent}");
    }
}
