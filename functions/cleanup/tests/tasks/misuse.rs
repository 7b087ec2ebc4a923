//! Who does unusually much is counted, sets off an alarm, and is named in the log; with the emulator's metrics and alarms.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricAlarm, StateValue, Statistic};
use cleanup::{Answer, App, Metrics, MisuseThresholds};
use jiff::{SignedDuration, Timestamp};
use kimochi_domain::UserId;
use kimochi_testing::{now, settings, settings_at};
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{self, TestCleanup, numbers};

/// In the hour before the one that [`now`] lies in.
fn in_the_hour() -> Timestamp {
    now() - SignedDuration::from_mins(45)
}

struct TestMisuse {
    cleanup: TestCleanup,
    cloud_watch: Client,
    namespace: String,
}

impl TestMisuse {
    async fn new() -> Self {
        let cleanup = TestCleanup::new().await;
        let namespace = cleanup.metrics_namespace();
        Self { cleanup, cloud_watch: Client::new(&settings()), namespace }
    }

    fn app(&self) -> App {
        let misuse =
            MisuseThresholds { refused_accesses: 3, recording_plays: 3, ..MisuseThresholds::default() };
        App { misuse, ..self.cleanup.app(now) }
    }

    /// So many deeds of a family.
    async fn did(&self, family: UserId, action: &str, outcome: &str, times: i32, at: Timestamp) {
        const SQL: &str = "
INSERT INTO audit_logs
    (id, at, actor_kind, user_id, action, subject_kind, subject_id, outcome, request_id, source_address, details)
SELECT uuid_of($1), $1, 'parent', $2, $3, 'thing', 'subject-' || n, $4, 'request-1', '192.0.2.77', '{\"a\": \"secret\"}'
FROM generate_series(1, $5) n";
        let owner = self.cleanup.database.owner().client().await.unwrap();
        owner.execute(SQL, &[&at, &family.0, &action, &outcome, &times]).await.unwrap();
    }

    /// As the template makes it.
    async fn put_alarm(&self, metric: &str, threshold: f64) {
        let put = self
            .cloud_watch
            .put_metric_alarm()
            .alarm_name(self.name_of(metric))
            .namespace(&self.namespace)
            .metric_name(metric)
            .statistic(Statistic::Maximum)
            .period(3_600)
            .evaluation_periods(1)
            .threshold(threshold)
            .comparison_operator(ComparisonOperator::GreaterThanThreshold)
            .treat_missing_data("notBreaching");
        put.send().await.unwrap();
    }

    async fn alarm(&self, metric: &str) -> MetricAlarm {
        let alarms =
            self.cloud_watch.describe_alarms().alarm_names(self.name_of(metric)).send().await.unwrap();
        alarms.metric_alarms()[0].clone()
    }

    fn name_of(&self, metric: &str) -> String {
        format!("{}-{metric}", self.namespace)
    }

    async fn delete_alarms(&self, metrics: &[&str]) {
        let names = metrics.iter().map(|metric| self.name_of(metric)).collect();
        self.cloud_watch.delete_alarms().set_alarm_names(Some(names)).send().await.unwrap();
    }
}

async fn call(app: &App, dry_run: bool) -> Result<Answer, Diagnostic> {
    support::call(app, json!({"task": "misuse", "dry_run": dry_run})).await
}

#[tokio::test]
async fn unusually_much_sets_off_the_alarm_and_nothing_of_it_lets_the_other_one_rest() {
    let test = TestMisuse::new().await;
    let (mika, ren) = (UserId::new(), UserId::new());
    test.did(mika, "child.access", "refused", 4, in_the_hour()).await;
    test.did(ren, "child.access", "refused", 3, in_the_hour()).await;
    let metrics = ["RefusedAccessesByOneActor", "RecordingPlaysByOneFamily"];
    for metric in metrics {
        test.put_alarm(metric, 3.0).await;
    }

    let numbers = numbers(call(&test.app(), false).await.unwrap());

    let [refused, played] = [test.alarm(metrics[0]).await, test.alarm(metrics[1]).await];
    test.delete_alarms(&metrics).await;
    assert_eq!(refused.state_value(), Some(&StateValue::Alarm), "{refused:?}");
    assert!(refused.state_reason().unwrap().contains("Maximum 4.0"), "{refused:?}");
    assert_eq!(played.state_value(), Some(&StateValue::Ok), "{played:?}");
    assert_eq!(
        numbers,
        json!({
            "since": "2026-03-31T22:00:00Z",
            "until": "2026-03-31T23:00:00Z",
            "signs": {
                "family_export": {"greatest": 0, "actors": 0, "over_threshold": 0},
                "family_view": {"greatest": 0, "actors": 0, "over_threshold": 0},
                "recording_play": {"greatest": 0, "actors": 0, "over_threshold": 0},
                "refused_access": {"greatest": 4, "actors": 2, "over_threshold": 1},
            },
        })
    );
    let superuser = test.cleanup.database.superuser().await;
    let named = "SELECT count(*) FROM job_runs j WHERE to_jsonb(j)::text LIKE '%' || $1 || '%'";
    let named: i64 = superuser.query_one(named, &[&mika.to_string()]).await.unwrap().get(0);
    assert_eq!(named, 0, "a row that no family's erasure finds names none");
}

#[tokio::test]
async fn the_log_names_who_is_over_the_threshold_by_id_and_tells_nothing_else() {
    let test = TestMisuse::new().await;
    let (mika, ren) = (UserId::new(), UserId::new());
    test.did(mika, "recording.play", "done", 2, in_the_hour() - SignedDuration::from_hours(24)).await;
    test.did(mika, "recording.play", "done", 4, in_the_hour()).await;
    test.did(ren, "recording.play", "done", 3, in_the_hour()).await;
    let log = Log::default();

    let guard = log.listen();
    call(&test.app(), false).await.unwrap();
    drop(guard);

    let lines = log.lines();
    let told: Vec<_> = lines.iter().filter(|line| line["level"] == "WARN").collect();
    let [told] = told.as_slice() else { panic!("{lines:?}") };
    let mut fields = told["fields"].clone();
    assert_eq!(fields["message"].take(), "unusually much in an hour");
    assert_eq!(
        fields,
        json!({
            "message": null,
            "sign": "recording_play",
            "actor_kind": "parent",
            "actor_id": mika.to_string(),
            "deeds": 4,
            "subjects": 4,
            "usual": 2.0,
            "threshold": 3,
            "since": "2026-03-31T22:00:00Z",
        })
    );
    let all = Value::from(lines).to_string();
    for secret in [&ren.to_string(), "secret", "192.0.2.77", "subject-1", "request-1"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[tokio::test]
async fn the_hour_that_has_not_ended_yet_is_the_next_runs() {
    let test = TestMisuse::new().await;
    test.did(UserId::new(), "recording.play", "done", 9, now() - SignedDuration::from_mins(5)).await;
    test.did(UserId::new(), "recording.play", "done", 2, in_the_hour()).await;
    let mut app = test.app();

    let first = numbers(call(&app, false).await.unwrap());
    let again = call(&app, false).await.unwrap();
    app.clock = || now() + SignedDuration::from_hours(1);
    let next = numbers(call(&app, false).await.unwrap());

    assert_eq!(first["signs"]["recording_play"]["greatest"], 2, "{first}");
    assert_eq!(again, Answer::AlreadyDone { period: "2026-03-31T23:00Z".to_owned() });
    assert_eq!(next["signs"]["recording_play"]["greatest"], 9, "{next}");
}

#[tokio::test]
async fn a_rehearsal_counts_and_tells_nobody() {
    let test = TestMisuse::new().await;
    test.did(UserId::new(), "recording.play", "done", 4, in_the_hour()).await;
    let metric = "RecordingPlaysByOneFamily";
    test.put_alarm(metric, 3.0).await;
    let log = Log::default();

    let guard = log.listen();
    let numbers = numbers(call(&test.app(), true).await.unwrap());
    drop(guard);

    let alarm = test.alarm(metric).await;
    test.delete_alarms(&[metric]).await;
    assert_eq!(numbers["signs"]["recording_play"]["over_threshold"], 1, "{numbers}");
    assert_eq!(alarm.state_value(), Some(&StateValue::InsufficientData));
    assert!(log.lines().iter().all(|line| line["level"] != "WARN"), "{:?}", log.lines());
}

#[tokio::test]
async fn numbers_that_no_alarm_can_see_fail_the_run_and_are_told() {
    let test = TestMisuse::new().await;
    test.did(UserId::new(), "recording.play", "done", 4, in_the_hour()).await;
    let mut app = test.app();
    app.metrics = Metrics::new(&settings_at("http://127.0.0.1:9"), &test.namespace);

    for attempt in 1..=3 {
        let error = call(&app, false).await.unwrap_err();
        assert_eq!(error.error_type, "incomplete", "attempt {attempt}: {}", error.error_message);
    }

    let notices = test.cleanup.notices().await;
    assert_eq!(notices.len(), 1, "the third one is told");
    assert!(notices[0].contains("scheduled_run_failed"));
    let row = "SELECT status, details -> 'signs' -> 'recording_play' ->> 'greatest' FROM job_runs WHERE kind = 'misuse'";
    let row = test.cleanup.database.superuser().await.query_one(row, &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("failed", "4"));
}

/// What this thread logs, as our functions write it.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        tracing::subscriber::set_default(
            tracing_subscriber::fmt()
                .json()
                .with_writer(self.clone())
                .with_max_level(tracing::Level::INFO)
                .finish(),
        )
    }

    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
