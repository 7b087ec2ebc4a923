//! Reports on a real database, a real S3 and the emulator's CloudWatch, called as their schedules call them. Logs Insights
//! and Cost Explorer, which the emulator does not have, are real clients against a server of the test's own.

#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StatisticSet};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_notify::AlertTopic;
use kimochi_schedule::Answer;
use kimochi_store::users;
use kimochi_testing::{Household, TestBucket, TestDatabase, now, settings, settings_at};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use report::{App, Kept, Service, Sources, handle};
use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::matchers::{body_string_contains, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

const NOWHERE: &str = "http://127.0.0.1:9";

/// The morning after the day on which the tests' families are busy.
fn the_next_morning() -> Timestamp {
    now() + SignedDuration::from_hours(24)
}

/// As the template's parameters say.
fn kept() -> Kept {
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    Kept { audit_logs: days(180), job_runs: days(90), access_log: days(90) }
}

/// The function, with a topic that remembers, and a server that plays what the emulator lacks.
struct TestReport {
    database: TestDatabase,
    bucket: TestBucket,
    server: MockServer,
}

impl TestReport {
    async fn new() -> Self {
        let bucket = TestBucket::new().await;
        bucket.keep_versions().await;
        let server = MockServer::start().await;
        let answer =
            "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
        let published = ResponseTemplate::new(200).set_body_string(answer);
        let publish = Mock::given(method("POST")).and(body_string_contains("Action=Publish"));
        publish.respond_with(published).mount(&server).await;
        Self { database: TestDatabase::new().await, bucket, server }
    }

    /// Reports on a stack of its own name.
    fn app(&self, clock: fn() -> Timestamp) -> App {
        let here = settings_at(&self.server.uri());
        let stack = self.bucket.name().to_owned();
        let service = Service {
            api: stack.clone(),
            access_log: "requests".to_owned(),
            pools: ["parents", "operators"].map(|pool| [format!("{stack}-{pool}"), "client".to_owned()]),
            database_instance: None,
            stack,
        };
        let sources = Sources::new(&settings(), self.database.report(), service, kept());
        App {
            sources: sources.with_logs_and_costs_at(&here),
            bucket: MediaBucket::new(self.bucket.settings(), self.bucket.name()),
            alerts: AlertTopic::new(&here, "arn:aws:sns:ap-northeast-1:123456789012:alerts"),
            time_zone: TimeZone::get("Asia/Tokyo").unwrap(),
            clock,
        }
    }

    /// The answer of a service that speaks AWS's JSON, to one of its operations.
    async fn answer(&self, target: &str, status: u16, body: Value) {
        let asked = Mock::given(header("x-amz-target", target));
        asked.respond_with(ResponseTemplate::new(status).set_body_json(body)).mount(&self.server).await;
    }

    /// Rows of a kind: period, status, attempt, details.
    async fn rows(&self, kind: &str) -> Vec<(String, String, i16, Value)> {
        let superuser = self.database.superuser().await;
        let sql = "SELECT subject, status, attempt, details FROM job_runs WHERE kind = $1 ORDER BY id";
        let rows = superuser.query(sql, &[&kind]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
    }

    /// What operators were told.
    async fn notices(&self) -> Vec<Value> {
        let requests = self.server.received_requests().await.unwrap();
        let bodies = requests.iter().filter(|request| request.body.starts_with(b"Action=Publish"));
        let message = |body: &[u8]| {
            let pairs: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
            let message = pairs.into_iter().find(|(name, _)| name == "Message").unwrap().1;
            serde_json::from_str(&message).unwrap()
        };
        bodies.map(|request| message(&request.body)).collect()
    }

    async fn json(&self, key: &str) -> Value {
        serde_json::from_slice(&self.bucket.get(key).await.unwrap_or_else(|| panic!("{key}"))).unwrap()
    }
}

/// Calls the function with all the time that the template gives.
async fn call(app: &App, event: Value) -> Result<Answer, Diagnostic> {
    call_for(app, event, SignedDuration::from_mins(5)).await
}

/// Calls the function with as much time.
async fn call_for(app: &App, event: Value, time: SignedDuration) -> Result<Answer, Diagnostic> {
    let mut context = Context::default();
    context.request_id = Uuid::now_v7().to_string();
    context.deadline = u64::try_from(((app.clock)() + time).as_millisecond()).unwrap();
    handle(app, LambdaEvent::new(event, context)).await
}

#[tokio::test]
async fn a_day_is_counted_kept_in_three_forms_and_told() {
    let test = TestReport::new().await;
    Household::new(&test.database, &test.bucket, "mika").await;
    Household::new(&test.database, &test.bucket, "ren").await;

    let answer = call(&test.app(the_next_morning), json!({"report": "daily"})).await.unwrap();

    let Answer::Done { period, numbers } = answer else { panic!("{answer:?}") };
    assert_eq!(period, "2026-04-01");
    let key = "archive/reports/daily/2026/04/report_daily_2026-04-01";
    assert_eq!(numbers["keys"], json!([format!("{key}.json"), format!("{key}.svg"), format!("{key}.md")]));
    let report = test.json(&format!("{key}.json")).await;
    assert_eq!(report["voice"]["by_status"], json!({"transcribed": 2}), "{report}");
    assert_eq!(report["voice"]["steps"][0]["at"], "2026-03-31T23:00:00Z");
    assert_eq!(report["voice"]["times"]["processing_ms_mean"], 100.0);
    assert_eq!(report["work"][0]["kind"], "transcribe", "{}", report["work"]);
    assert_eq!(report["work"][0]["succeeded"], 2);
    let waiting = report["backlog"].as_array().unwrap();
    let asked = waiting.iter().find(|row| row["what"] == "requested").unwrap();
    assert_eq!(asked["waiting"], 2, "the notes that nobody listened to");
    assert!(report["database"]["max_connections"].as_i64().unwrap() > 0);
    let markdown = String::from_utf8(test.bucket.get(&format!("{key}.md")).await.unwrap()).unwrap();
    assert!(markdown.contains("![2026-04-01の推移](report_daily_2026-04-01.svg)"));
    assert!(test.bucket.get(&format!("{key}.svg")).await.unwrap().starts_with(b"<svg"));
    let told = test.notices().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["metadata"]["additionalContext"]["severity"], "info");
    assert_eq!(told[0]["metadata"]["threadId"], "report-daily-2026-04-01");
    let rows = test.rows("report_daily").await;
    assert_eq!((rows.len(), rows[0].0.as_str(), rows[0].1.as_str()), (1, "2026-04-01", "succeeded"));
}

#[tokio::test]
async fn what_a_source_cannot_give_is_said_and_fails_nothing() {
    let test = TestReport::new().await;
    let mut app = test.app(the_next_morning);
    let service = Service {
        stack: "s".to_owned(),
        api: "a".to_owned(),
        access_log: "l".to_owned(),
        pools: [["p".to_owned(), "c".to_owned()], ["p".to_owned(), "c".to_owned()]],
        database_instance: Some("db".to_owned()),
    };
    app.sources = Sources::new(&settings_at(NOWHERE), test.database.report(), service, kept());
    let superuser = test.database.superuser().await;
    superuser.batch_execute("REVOKE EXECUTE ON FUNCTION report_backlog() FROM kimochi_report").await.unwrap();

    call(&app, json!({"report": "monthly"})).await.unwrap();

    let report = test.json("archive/reports/monthly/2026/03/report_monthly_2026-03.json").await;
    for part in ["api", "api_before", "functions", "queues", "instance", "sign_ins", "routes", "costs"] {
        let why = report[part]["unavailable"].as_str().unwrap_or_else(|| panic!("{part}: {}", report[part]));
        assert!(why.contains("接続できません"), "{part}: {why}");
    }
    assert!(report["backlog"]["unavailable"].as_str().unwrap().contains("PostgreSQL"));
    assert!(report["statements"]["unavailable"].as_str().unwrap().contains("pg_stat_statements"));
    assert!(report["capacity"]["unavailable"].as_str().unwrap().contains("cleanup"));
    assert_eq!(report["voice"]["by_status"], json!({}));
    let told = test.notices().await;
    assert!(told[0]["content"]["title"].as_str().unwrap().contains("目標を判定できません"), "{}", told[0]);
    assert!(told[0]["metadata"]["additionalContext"]["graph"].is_null(), "there is nothing to draw");
}

#[tokio::test]
async fn what_cloudwatch_measured_is_held_against_the_targets() {
    let test = TestReport::new().await;
    let app = test.app(kimochi_runtime::clock::now);
    let today = (app.clock)().to_zoned(app.time_zone.clone()).start_of_day().unwrap();
    let noon = today.yesterday().unwrap().with().hour(12).build().unwrap().timestamp();
    let api = test.bucket.name();
    for (metric, sum, count) in
        [("Count", 200.0, 200.0), ("5xx", 4.0, 200.0), ("4xx", 9.0, 200.0), ("Latency", 60_000.0, 100.0)]
    {
        measure("AWS/ApiGateway", metric, &[("ApiId", api)], noon, sum, count).await;
    }
    measure("AWS/Lambda", "Invocations", &[("FunctionName", &format!("{api}-presign"))], noon, 7.0, 7.0)
        .await;

    call(&app, json!({"report": "daily"})).await.unwrap();

    let day = today.yesterday().unwrap().date();
    let folder = day.strftime("%Y/%m");
    let report = test.json(&format!("archive/reports/daily/{folder}/report_daily_{day}.json")).await;
    let api = &report["api"];
    assert_eq!(
        (&api["requests"], &api["errors"], &api["refusals"]),
        (&json!(200.0), &json!(4.0), &json!(9.0)),
        "{api}"
    );
    assert_eq!((&api["error_percent"], &api["mean_ms"]), (&json!(2.0), &json!(600.0)));
    let lost = 100.0 - api["availability_percent"].as_f64().unwrap();
    assert!((lost - 0.02 / 288.0 * 100.0).abs() < 1e-6, "one of 288 intervals lost two of a hundred: {lost}");
    assert_eq!(
        report["functions"]["each"][0],
        json!({
            "name": "presign", "invocations": 7.0, "errors": 0.0, "throttles": 0.0, "mean_ms": null, "p95_ms": null,
        })
    );
    let told = test.notices().await;
    assert!(told[0]["content"]["title"].as_str().unwrap().contains("目標に届かなかったものがあります"));
    let graph = told[0]["metadata"]["additionalContext"]["graph"].as_str().unwrap();
    let graph: kimochi_domain::Graph = serde_json::from_str(graph).unwrap();
    assert_eq!((graph.lines().len(), graph.until()), (4, today.timestamp()));
}

async fn measure(
    namespace: &str,
    metric: &str,
    dimensions: &[(&str, &str)],
    at: Timestamp,
    sum: f64,
    count: f64,
) {
    let values = StatisticSet::builder().sum(sum).sample_count(count).minimum(0.0).maximum(sum).build();
    let dimensions =
        dimensions.iter().map(|(name, value)| Dimension::builder().name(*name).value(*value).build());
    let datum = MetricDatum::builder()
        .metric_name(metric)
        .set_dimensions(Some(dimensions.collect()))
        .timestamp(DateTime::from_secs(at.as_second()))
        .statistic_values(values)
        .build();
    let put = CloudWatch::new(&settings()).put_metric_data().namespace(namespace).metric_data(datum);
    put.send().await.expect("CloudWatch at AWS_ENDPOINT_URL: run `make test`");
}

#[tokio::test]
async fn a_week_tells_slow_routes_and_refusals_at_the_gateway() {
    let test = TestReport::new().await;
    for (query, id) in [("latency_ms", "times"), ("by route, status", "statuses")] {
        let answer = ResponseTemplate::new(200).set_body_json(json!({"queryId": id}));
        let started = Mock::given(header("x-amz-target", "Logs_20140328.StartQuery"));
        started.and(body_string_contains(query)).respond_with(answer).mount(&test.server).await;
    }
    let row = |fields: &[(&str, &str)]| -> Value {
        fields.iter().map(|(field, value)| json!({"field": field, "value": value})).collect()
    };
    for (id, rows) in [
        (
            "times",
            vec![
                row(&[("route", "GET /v1/me"), ("requests", "90"), ("mean_ms", "12.5"), ("p95_ms", "31")]),
                row(&[
                    ("route", "GET /v1/me/export"),
                    ("requests", "3"),
                    ("mean_ms", "2000"),
                    ("p95_ms", "8000"),
                ]),
            ],
        ),
        (
            "statuses",
            vec![
                row(&[("route", "GET /v1/me"), ("status", "200"), ("requests", "80")]),
                row(&[("route", "GET /v1/me"), ("status", "401"), ("requests", "9")]),
                row(&[("route", "GET /v1/me"), ("status", "503"), ("requests", "1")]),
            ],
        ),
    ] {
        let answer = ResponseTemplate::new(200).set_body_json(json!({"status": "Complete", "results": rows}));
        let asked = Mock::given(header("x-amz-target", "Logs_20140328.GetQueryResults"));
        asked.and(body_string_contains(id)).respond_with(answer).mount(&test.server).await;
    }

    call(&test.app(the_next_morning), json!({"report": "weekly"})).await.unwrap();

    let report = test.json("archive/reports/weekly/2026/03/report_weekly_2026-W13.json").await;
    assert_eq!(
        report["routes"],
        json!([
            {"route": "GET /v1/me/export", "requests": 3.0, "mean_ms": 2000.0, "p95_ms": 8000.0, "errors": 0.0, "refused": 0.0},
            {"route": "GET /v1/me", "requests": 90.0, "mean_ms": 12.5, "p95_ms": 31.0, "errors": 1.0, "refused": 9.0},
        ])
    );
    assert!(report.get("costs").is_none(), "that is the month's");
}

#[tokio::test]
async fn logs_that_cannot_be_counted_are_no_zero() {
    let test = TestReport::new().await;
    test.answer("Logs_20140328.StartQuery", 200, json!({"queryId": "q"})).await;
    let raw = json!({"status": "Complete", "results": [[{"field": "@message", "value": "{}"}]]});
    test.answer("Logs_20140328.GetQueryResults", 200, raw).await;

    call(&test.app(the_next_morning), json!({"report": "weekly"})).await.unwrap();

    let report = test.json("archive/reports/weekly/2026/03/report_weekly_2026-W13.json").await;
    assert_eq!(report["routes"]["unavailable"], "CloudWatch Logs がこの集計に答えられません");
}

#[tokio::test]
async fn a_month_tells_what_each_service_costs_beside_the_month_before() {
    let test = TestReport::new().await;
    let group = |service: &str, amount: &str| json!({"Keys": [service], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}});
    let month = |start: &str, groups: Value, estimated: bool| json!({"TimePeriod": {"Start": start, "End": "x"}, "Groups": groups, "Estimated": estimated});
    let first = json!({
        "ResultsByTime": [month("2026-02-01", json!([group("AWS Lambda", "10"), group("AmazonCloudWatch", "1.5")]), false)],
        "NextPageToken": "more",
    });
    let second = json!({"ResultsByTime": [month("2026-03-01", json!([group("AWS Lambda", "12.25")]), true)]});
    let target = "AWSInsightsIndexService.GetCostAndUsage";
    let asked = Mock::given(header("x-amz-target", target)).and(body_string_contains("\"more\""));
    asked
        .respond_with(ResponseTemplate::new(200).set_body_json(second))
        .with_priority(1)
        .mount(&test.server)
        .await;
    test.answer(target, 200, first).await;

    call(&test.app(the_next_morning), json!({"report": "monthly"})).await.unwrap();

    let report = test.json("archive/reports/monthly/2026/03/report_monthly_2026-03.json").await;
    assert_eq!(
        report["costs"],
        json!({"currency": "USD", "is_estimated": true, "services": [
            {"service": "AWS Lambda", "amount": 12.25, "before": 10.0},
            {"service": "AmazonCloudWatch", "amount": 0.0, "before": 1.5},
        ]})
    );
    let requests = test.server.received_requests().await.unwrap();
    let asked = requests.iter().find(|request| request.body.starts_with(b"{\"TimePeriod\"")).unwrap();
    let asked: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(asked["TimePeriod"], json!({"Start": "2026-02-01", "End": "2026-04-01"}));
}

#[tokio::test]
async fn who_reads_far_more_than_usual_stands_in_the_weeks_report() {
    let test = TestReport::new().await;
    let [busy, usual] = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let superuser = test.database.superuser().await;
    let sql = "
INSERT INTO audit_logs (id, at, actor_kind, user_id, action, subject_kind, outcome)
SELECT gen_random_uuid(), $1::timestamptz - n * interval '1 minute', 'parent', $2, $3, 'recording', $4
FROM generate_series(1, $5::int) AS n";
    // The week from Monday, the 23rd of March; and those before it.
    let in_week = |weeks_ago: i64| now() - SignedDuration::from_hours(24 * (4 + 7 * weeks_ago));
    for (weeks_ago, user, action, outcome, times) in [
        (0, busy, "recording.play", "done", 40),
        (1, busy, "recording.play", "done", 4),
        (2, busy, "recording.play", "done", 2),
        (0, usual, "recording.play", "done", 12),
        (1, usual, "recording.play", "done", 11),
        (2, usual, "recording.play", "done", 13),
        (3, usual, "recording.play", "done", 12),
        (4, usual, "recording.play", "done", 90),
        (0, usual, "recording.access", "refused", 3),
        (0, usual, "recording.create", "done", 99),
    ] {
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&in_week(weeks_ago), &user, &action, &outcome, &times];
        superuser.execute(sql, &values).await.unwrap();
    }

    call(&test.app(the_next_morning), json!({"report": "weekly"})).await.unwrap();

    let report = test.json("archive/reports/weekly/2026/03/report_weekly_2026-W13.json").await;
    let readers = report["readers"].as_array().unwrap();
    let told: Vec<_> = readers
        .iter()
        .map(|row| {
            (
                row["actor"].as_str().unwrap(),
                row["action"].as_str().unwrap(),
                row["deeds"].as_i64().unwrap(),
                row["usually"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [(busy.to_string().as_str(), "recording.play", 40, 1.0)]);
    let markdown = test.bucket.get("archive/reports/weekly/2026/03/report_weekly_2026-W13.md").await.unwrap();
    let markdown = String::from_utf8(markdown).unwrap();
    assert!(markdown.contains(&busy.to_string()) && !markdown.contains(&usual.to_string()), "{markdown}");
    let refused: Vec<_> =
        report["deeds"].as_array().unwrap().iter().filter(|deed| deed["outcome"] == "refused").collect();
    assert_eq!((refused.len(), &refused[0]["deeds"], &refused[0]["actors"]), (1, &json!(3), &json!(1)));
}

#[tokio::test]
async fn a_report_is_made_once_for_its_period_and_again_for_who_names_it() {
    let test = TestReport::new().await;
    let app = test.app(the_next_morning);
    let again = json!({"report": "daily", "period": "2026-04-01"});

    call(&app, json!({"report": "daily"})).await.unwrap();
    let second = call(&app, json!({"report": "daily"})).await.unwrap();
    call(&app, again.clone()).await.unwrap();
    call(&app, again).await.unwrap();

    assert_eq!(second, Answer::AlreadyDone { period: "2026-04-01".to_owned() });
    assert_eq!(test.rows("report_daily").await.len(), 3);
    assert_eq!(test.notices().await.len(), 3);
    let versions = test.bucket.versions("archive/reports/daily/2026/04/report_daily_2026-04-01.md").await;
    assert_eq!(versions.len(), 3, "the bucket keeps every one");
}

#[tokio::test]
async fn a_rehearsal_gathers_and_neither_keeps_nor_tells() {
    let test = TestReport::new().await;
    let app = test.app(the_next_morning);

    let answer = call(&app, json!({"report": "weekly", "dry_run": true})).await.unwrap();

    let Answer::Done { numbers, .. } = answer else { panic!("{answer:?}") };
    assert!(numbers["title"].as_str().unwrap().starts_with("週次レポート 2026-W13"), "{numbers}");
    assert!(test.bucket.versions("").await.is_empty() && test.notices().await.is_empty());
    let real = call(&app, json!({"report": "weekly"})).await.unwrap();
    assert!(matches!(real, Answer::Done { .. }), "a rehearsal takes no period");
}

#[tokio::test]
async fn what_cannot_be_kept_is_tried_again_and_told_at_the_third_time() {
    let test = TestReport::new().await;
    let mut app = test.app(the_next_morning);
    let good = std::mem::replace(&mut app.bucket, MediaBucket::new(&settings_at(NOWHERE), "none"));

    for _ in 0..3 {
        assert_eq!(call(&app, json!({"report": "daily"})).await.unwrap_err().error_type, "s3");
    }
    let told = test.notices().await;
    app.bucket = good;
    call(&app, json!({"report": "daily"})).await.unwrap();

    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["metadata"]["eventType"], "scheduled_run_failed");
    let rows = test.rows("report_daily").await;
    assert_eq!((rows.len(), rows[0].1.as_str(), rows[0].2), (1, "succeeded", 4));
}

#[tokio::test]
async fn an_event_of_another_kind_is_refused_and_leaves_no_run() {
    let test = TestReport::new().await;
    let app = test.app(the_next_morning);

    for event in
        [json!({"report": "yearly"}), json!({}), json!({"report": "daily", "period": "2026-04-02"}), json!(1)]
    {
        let error = call(&app, event.clone()).await.unwrap_err();
        assert_eq!(error.error_type, "InvalidRequest", "{event}");
    }
    assert!(test.rows("report_daily").await.is_empty());
}

#[tokio::test]
async fn a_family_that_leaves_is_counted_and_not_named() {
    let test = TestReport::new().await;
    let household = Household::new(&test.database, &test.bucket, "mika").await;
    users::withdraw(&test.database.api(), &household.caller, now()).await.unwrap();

    call(&test.app(the_next_morning), json!({"report": "daily"})).await.unwrap();

    let key = "archive/reports/daily/2026/04/report_daily_2026-04-01";
    let text = String::from_utf8(test.bucket.get(&format!("{key}.json")).await.unwrap()).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let leaving = report["backlog"].as_array().unwrap().iter().find(|row| row["what"] == "families_leaving");
    assert_eq!(leaving.unwrap()["waiting"], 1);
    for secret in [household.id.to_string().as_str(), "みか", "すべりだい", kimochi_testing::SAID] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn ten_who_always_do_much_hide_nobody_who_suddenly_does() {
    let test = TestReport::new().await;
    let superuser = test.database.superuser().await;
    let sql = "
INSERT INTO audit_logs (id, at, actor_kind, user_id, action, subject_kind, outcome)
SELECT gen_random_uuid(), $1::timestamptz - n * interval '1 minute', 'parent', $2, 'recording.play', 'recording', 'done'
FROM generate_series(1, $3::int) AS n";
    let in_week = |weeks_ago: i64| now() - SignedDuration::from_hours(24 * (4 + 7 * weeks_ago));
    for family in 1..=12 {
        for weeks_ago in 0..5 {
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
                [&in_week(weeks_ago), &Uuid::from_u128(family), &200];
            superuser.execute(sql, &values).await.unwrap();
        }
    }
    let suddenly = Uuid::from_u128(99);
    superuser.execute(sql, &[&in_week(0), &suddenly, &150]).await.unwrap();

    call(&test.app(the_next_morning), json!({"report": "weekly"})).await.unwrap();

    let report = test.json("archive/reports/weekly/2026/03/report_weekly_2026-W13.json").await;
    let readers = report["readers"].as_array().unwrap();
    assert_eq!(readers.iter().map(|row| &row["actor"]).collect::<Vec<_>>(), [&json!(suddenly)]);
}

#[tokio::test]
async fn sources_that_hang_are_left_behind_and_the_report_is_made() {
    let test = TestReport::new().await;
    let hangs = ResponseTemplate::new(200).set_delay(std::time::Duration::from_secs(120));
    Mock::given(header("x-amz-target", "Logs_20140328.StartQuery"))
        .respond_with(hangs.clone())
        .mount(&test.server)
        .await;
    Mock::given(header("x-amz-target", "AWSInsightsIndexService.GetCostAndUsage"))
        .respond_with(hangs)
        .mount(&test.server)
        .await;
    let superuser = test.database.superuser().await;
    superuser.batch_execute("BEGIN; LOCK TABLE audit_logs IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let begun = std::time::Instant::now();

    // Two seconds, beside what is kept free for keeping, telling and ending.
    let time = SignedDuration::from_secs(20 + 30 + 2);
    call_for(&test.app(the_next_morning), json!({"report": "monthly"}), time).await.unwrap();

    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
    superuser.batch_execute("ROLLBACK").await.unwrap();
    let report = test.json("archive/reports/monthly/2026/03/report_monthly_2026-03.json").await;
    for part in ["routes", "costs", "deeds", "readers"] {
        assert_eq!(report[part]["unavailable"], "時間内に答えがありませんでした", "{part}: {report}");
    }
    assert!(report["voice"]["by_status"].is_object(), "what came in time is told: {report}");
}

#[tokio::test]
async fn what_is_not_kept_any_more_is_no_zero() {
    let test = TestReport::new().await;

    let early = json!({"report": "monthly", "period": "2025-08"});
    call(&test.app(the_next_morning), early).await.unwrap();

    let report = test.json("archive/reports/monthly/2025/08/report_monthly_2025-08.json").await;
    for (part, days) in [("work", 90), ("capacity", 90), ("routes", 90), ("deeds", 180), ("readers", 180)] {
        let why = format!("保存期間（{days}日）を過ぎた分が含まれます");
        assert_eq!(report[part]["unavailable"], why, "{part}: {report}");
    }
}
