//! Job runs, the audit log and one family, on a real database and a real queue.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use kimochi_blob::notification::{self, Notification};
use kimochi_domain::{Failure, JobRunId};
use kimochi_store::transcription::{self, Completion};
use kimochi_store::users;
use kimochi_testing::{ApiCall, ApiResponse, Household, SAID, now};
use serde_json::{Value, json};

use crate::support::{TestAdmin, send_to};

const OPERATOR: &str = "5f0c9c6e-0000-4000-8000-0000000000aa";

fn list(query: &str) -> ApiCall {
    ApiCall::recorded("admin/list_job_runs").with_query(query)
}

fn audit(query: &str) -> ApiCall {
    ApiCall::recorded("admin/list_audit_logs").with_query(query)
}

fn read(id: &str) -> ApiCall {
    ApiCall::recorded("admin/read_job_run").to(&format!("/v1/admin/job-runs/{id}"))
}

fn retry(id: &str) -> ApiCall {
    ApiCall::recorded("admin/retry_job_run").to(&format!("/v1/admin/job-runs/{id}/retry"))
}

fn view(id: &str) -> ApiCall {
    ApiCall::recorded("admin/view_family").to(&format!("/v1/admin/users/{id}"))
}

fn with_reason(call: ApiCall) -> ApiCall {
    call.with_header("x-support-reason", "ticket #123, no text")
}

fn items(answer: &ApiResponse) -> &[Value] {
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.body["items"].as_array().unwrap()
}

/// A family with a note that could not be read, and the run that found that out.
async fn with_a_failed_note(admin: &TestAdmin) -> (Household, String) {
    let mika = Household::new(&admin.database, &admin.bucket, "mika").await;
    let attempt = admin.database.begin_attempt(&mika.unused, now()).await;
    let worker = admin.database.worker();
    let failed = transcription::fail(&worker, &attempt, Failure::DamagedFile, "damaged_file: x", now()).await;
    assert_eq!(failed.unwrap(), Completion::Recorded);
    (mika, attempt.job_run_id.to_string())
}

#[tokio::test]
async fn failed_runs_are_listed_and_each_leads_into_its_log() {
    let admin = TestAdmin::new().await;
    let (mika, run) = with_a_failed_note(&admin).await;

    let listed = admin.send(ApiCall::recorded("admin/list_job_runs")).await;
    let told = admin.send(read(&run)).await;

    let [failed] = items(&listed) else { panic!("{listed:?}") };
    assert_eq!((&failed["id"], &failed["status"]), (&json!(run), &json!("failed")));
    assert_eq!((&failed["user_id"], &failed["recording_id"]), (&json!(mika.id), &json!(mika.unused.id)));
    assert_eq!(failed["error"], "damaged_file: x");
    let url = failed["logs_url"].as_str().unwrap();
    assert!(url.contains("source~(~'*2faws*2flambda*2fkimochi-test-transcribe)"), "{url}");
    assert!(url.contains("req-1") && url.contains("start~'2026-03-31T23*3a15*3a00"), "{url}");
    assert_eq!(listed.headers["cache-control"], "no-store");
    assert_eq!((&told.body["run"], &told.body["attempts"]), (failed, &json!([failed])));
    assert!(admin.noted("family.view_job_runs").await.is_empty(), "no family was named");
}

#[tokio::test]
async fn pages_of_runs_and_of_deeds_follow_one_another() {
    let admin = TestAdmin::new().await;
    with_a_failed_note(&admin).await;

    for (all, page) in
        [(list(""), (|query: &str| list(query)) as fn(&str) -> ApiCall), (audit(""), |query| audit(query))]
    {
        let all = admin.send(all).await;
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let answer = admin.send(page(&format!("limit=1{cursor}"))).await;
            found.extend_from_slice(items(&answer));
            let Some(next) = answer.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert!(found.len() > 1);
        assert_eq!((found.as_slice(), &all.body["next_cursor"]), (items(&all), &Value::Null));
    }
}

#[tokio::test]
async fn a_failed_note_is_put_back_and_transcribe_is_told() {
    let admin = TestAdmin::new().await;
    let (mika, run) = with_a_failed_note(&admin).await;

    let answer = admin.send(retry(&run)).await;

    assert_eq!(answer.status, 202, "{:?}", answer.body);
    assert_eq!(answer.body, json!({"recording_id": mika.unused.id, "status": "uploaded"}));
    let [message] = admin.queue.messages().await.try_into().unwrap();
    let Ok(Notification::Created(objects)) = notification::parse(&message) else { panic!("{message}") };
    assert_eq!(objects[0].key, mika.unused.audio_key.to_string());
    assert_eq!(objects[0].bucket, admin.bucket.name());
    let again = admin.database.begin_attempt(&mika.unused, now()).await;
    assert_eq!(again.number, 1);
    let [noted] = admin.noted("recording.retry").await.try_into().unwrap();
    assert_eq!((&noted["actor"], &noted["user_id"]), (&json!(OPERATOR), &json!(mika.id)));
}

#[tokio::test]
async fn without_the_queue_the_answer_says_to_try_again_and_then_it_works() {
    let admin = TestAdmin::new().await;
    let (mika, run) = with_a_failed_note(&admin).await;

    let lost = send_to(admin.app_without_queue(), retry(&run)).await;
    let answer = admin.send(retry(&run)).await;

    assert_eq!((lost.status.as_u16(), answer.status.as_u16()), (503, 202));
    assert_eq!(admin.queue.messages().await.len(), 1);
    assert_eq!(admin.database.begin_attempt(&mika.unused, now()).await.number, 1);
}

#[tokio::test]
async fn only_a_failed_transcription_of_a_note_that_is_still_wanted_is_retried() {
    let admin = TestAdmin::new().await;
    let (mika, failed) = with_a_failed_note(&admin).await;
    let superuser = admin.database.superuser().await;
    let others = "
INSERT INTO job_runs (id, kind, subject, status, attempt, started_at, finished_at, error) VALUES
('019d4640-9840-7000-8000-000000000001', 'purge', 'x', 'failed', 1, now(), now(), 'x'),
('019d4640-9840-7000-8000-000000000002', 'transcribe', 'audio/x', 'failed', 1, now(), now(), 'not_requested')";
    superuser.batch_execute(others).await.unwrap();
    let succeeded = "SELECT id::text FROM job_runs WHERE status = 'succeeded'";
    let succeeded: String = superuser.query_one(succeeded, &[]).await.unwrap().get(0);
    admin.send(retry(&failed)).await;
    let running = admin.database.begin_attempt(&mika.unused, now()).await.job_run_id.to_string();

    for (id, status, word) in [
        ("019d4640-9840-7000-8000-000000000001", 409, "schedule"),
        ("019d4640-9840-7000-8000-000000000002", 409, "no recording"),
        (succeeded.as_str(), 409, "did not fail"),
        (running.as_str(), 409, "still running"),
        (failed.as_str(), 409, "being transcribed"),
        (JobRunId::new().to_string().as_str(), 404, "no such job run"),
        ("x", 422, ""),
    ] {
        let refused = admin.send(retry(id)).await;
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(refused.status == status && detail.contains(word), "{id}: {} {detail}", refused.status);
    }
    assert_eq!(admin.queue.messages().await.len(), 1, "of the one that was accepted");

    users::withdraw(&admin.database.api(), &mika.caller, now()).await.unwrap();
    let left = admin.send(retry(&failed)).await;
    assert_eq!(left.status, 409);
    assert!(left.body["detail"].as_str().unwrap().contains("left the service"), "{:?}", left.body);
}

#[tokio::test]
async fn a_family_is_seen_by_its_counts_and_statuses_and_by_nothing_that_it_entered() {
    let admin = TestAdmin::new().await;
    let (mika, run) = with_a_failed_note(&admin).await;

    let seen = admin.send(view(&mika.id.to_string())).await;

    assert_eq!(seen.status, 200, "{:?}", seen.body);
    assert_eq!(
        seen.body["counts"],
        json!({
            "children": 2,
            "emotion_logs": 2,
            "recordings": [{"status": "failed", "count": 1}, {"status": "transcribed", "count": 1}],
        })
    );
    assert_eq!((&seen.body["left_at"], &seen.body["last_activity_at"]), (&Value::Null, &json!(now())));
    let recordings = seen.body["recordings"].as_array().unwrap();
    let failed = recordings.iter().find(|recording| recording["status"] == "failed").unwrap();
    assert_eq!((&failed["id"], &failed["failure"]), (&json!(mika.unused.id), &json!("damaged_file")));
    assert_eq!(failed["job_run_ids"], json!([run]));
    let text = seen.body.to_string();
    for secret in ["みか", "れん", "すべりだいで", SAID, "audio/", "text/", "issuer.example"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let [noted] = admin.noted("family.view").await.try_into().unwrap();
    assert_eq!((&noted["actor_kind"], &noted["actor"]), (&json!("operator"), &json!(OPERATOR)));
    assert_eq!((&noted["user_id"], &noted["outcome"]), (&json!(mika.id), &json!("done")));
    assert_eq!(noted["details"], json!({"reason": "問い合わせ #123 への回答"}));
    assert_eq!(noted["request_id"], "JKJaXmPLvHcESHA=");
}

#[tokio::test]
async fn whoever_looks_at_a_family_says_why_and_it_is_noted() {
    let admin = TestAdmin::new().await;
    let (mika, run) = with_a_failed_note(&admin).await;
    let query = format!("user_id={}", mika.id);

    let runs = admin.send(with_reason(list(&query))).await;
    let deeds = admin.send(with_reason(audit(&query))).await;

    assert!(items(&runs).iter().any(|item| item["id"] == json!(run)));
    assert_eq!(items(&runs).len(), 2);
    let actions: Vec<_> = items(&deeds).iter().map(|item| item["action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"family.view_job_runs"), "the look before is part of the story: {actions:?}");
    for action in ["family.view_job_runs", "family.view_audit_logs"] {
        let [noted] = admin.noted(action).await.try_into().unwrap();
        assert_eq!(
            (&noted["user_id"], &noted["details"]["reason"]),
            (&json!(mika.id), &json!("ticket #123, no text"))
        );
    }
}

#[tokio::test]
async fn without_a_reason_nothing_is_shown_and_nothing_is_noted() {
    let admin = TestAdmin::new().await;
    let mika = Household::new(&admin.database, &admin.bucket, "mika").await;
    let query = format!("user_id={}", mika.id);
    let long = "a".repeat(501);

    for call in [view(&mika.id.to_string()), list(&query), audit(&query)] {
        for reason in [
            "",
            "   ",
            "too short",
            "x        x".trim_end_matches('x'),
            "問い合わせ #123 への回答",
            "%ff%ff%ff%ff%ff%ff%ff%ff%ff%ff",
            "a%00bcdefghijkl",
            long.as_str(),
        ] {
            let refused = admin.send(call.clone().with_header("x-support-reason", reason)).await;
            assert_eq!(
                (refused.status.as_u16(), refused.complaints()),
                (422, vec!["x-support-reason"]),
                "{reason}"
            );
        }
    }
    for call in [list(&query), audit(&query)] {
        let refused = admin.send(call).await;
        assert_eq!((refused.status.as_u16(), refused.complaints()), (422, vec!["x-support-reason"]));
    }
    for action in ["family.view", "family.view_job_runs", "family.view_audit_logs"] {
        assert!(admin.noted(action).await.is_empty());
    }
}

#[tokio::test]
async fn a_look_at_a_family_that_does_not_exist_is_a_404_and_noted_as_refused() {
    let admin = TestAdmin::new().await;
    let nobody = "019d4640-9840-7000-8000-0000000000ff";
    let query = format!("user_id={nobody}");

    for (call, action) in [
        (view(nobody), "family.view"),
        (with_reason(list(&query)), "family.view_job_runs"),
        (with_reason(audit(&query)), "family.view_audit_logs"),
    ] {
        let answer = admin.send(call).await;

        assert_eq!(answer.status, 404, "{action}");
        let [noted] = admin.noted(action).await.try_into().unwrap();
        assert_eq!(
            (&noted["outcome"], &noted["subject_id"]),
            (&json!("refused"), &json!(nobody)),
            "{action}"
        );
    }
}

#[tokio::test]
async fn a_parameter_that_cannot_be_understood_is_named() {
    let admin = TestAdmin::new().await;

    for (call, named) in [
        (list("kind=Purge"), vec!["kind"]),
        (list("status=lost&limit=0"), vec!["status", "limit"]),
        (list("user_id=x&recording_id=y"), vec!["user_id", "recording_id"]),
        (list("from=2026-04-01&to=soon"), vec!["from", "to"]),
        (list("limit=201&cursor=AAAA"), vec!["limit", "cursor"]),
        (list("page=2"), vec!["query"]),
        (audit("actor=a%00&action=view"), vec!["actor", "action"]),
        (audit("user_id=x&from=-009999-01-02T01:59:59Z"), vec!["user_id", "from"]),
        (audit("limit=-1&cursor="), vec!["limit", "cursor"]),
        (read("x"), vec!["id"]),
        (view("x"), vec!["id"]),
    ] {
        let refused = admin.send(call).await;
        assert_eq!((refused.status.as_u16(), refused.complaints()), (422, named));
    }
    assert_eq!(admin.send(read(&JobRunId::new().to_string())).await.status, 404);
}

#[tokio::test]
async fn a_kind_of_work_that_only_another_release_knows_is_listed_without_a_log() {
    let admin = TestAdmin::new().await;
    let of_tomorrow = "
INSERT INTO job_runs (id, kind, subject, status, attempt, started_at, details)
VALUES (gen_random_uuid(), 'yet_to_come', 'x', 'running', 1, now(), '{\"rows\": 3}')";
    admin.database.superuser().await.batch_execute(of_tomorrow).await.unwrap();

    let listed = admin.send(list("kind=yet_to_come")).await;

    let [run] = items(&listed) else { panic!("{listed:?}") };
    assert_eq!((&run["logs_url"], &run["details"]), (&Value::Null, &json!({"rows": 3})));
}

#[tokio::test]
async fn nobody_is_let_in_without_a_verified_token() {
    let admin = TestAdmin::new().await;
    let id = JobRunId::new().to_string();

    for call in [list(""), audit(""), read(&id), retry(&id), view(&id)] {
        assert_eq!(admin.send(call.by_nobody()).await.status, 401);
    }
}
