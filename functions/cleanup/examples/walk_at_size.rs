//! What a walk through a large bucket costs: 20,000 objects and then, by default, 200,000, beside as many recordings, with the
//! time and the most memory that this process had in each. It needs what the tests need, and makes a database of its own; S3 is
//! a server in a process of its own that lists as S3 does, since filling a real one would take far longer than walking it.
//!
//! ```sh
//! cargo run --package cleanup --example walk_at_size -- 200000
//! ```

#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "no part of the system")]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use cleanup::{Answer, App, Fuse, Metrics, MisuseThresholds, handle};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_blob::MediaBucket;
use kimochi_notify::AlertTopic;
use kimochi_queue::TranscribeQueue;
use kimochi_retention::{AUDIT_LOGS_KEPT, JOB_RUNS_KEPT};
use kimochi_testing::{Step, Taken, TestDatabase, now, settings_at};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// More than the process may ever have.
const MOST_KIB: u64 = 64 * 1024;
/// What ten times the objects may cost more: the measurement's own noise.
const NOISE_KIB: u64 = 6 * 1024;
/// Of so many objects one has no recording.
const ORPHAN_EVERY: u64 = 1_000;
/// S3 lists so many with one call.
const PAGE: u64 = 1_000;
/// A family has so many notes.
const NOTES: u64 = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let argument = arguments.next();
    if argument.as_deref() == Some("serve") {
        return serve(arguments.next().unwrap().parse().unwrap()).await;
    }
    let objects = argument.map_or(200_000, |objects| objects.parse::<u64>().unwrap());

    let small = measure("walk", objects / 10).await;
    let large = measure("walk", objects).await;

    assert!(large.peak_kib < MOST_KIB, "{large:?}");
    assert!(large.peak_kib < small.peak_kib + NOISE_KIB, "it grows: {small:?} {large:?}");
}

/// Half of the objects are notes, half transcripts.
async fn measure(name: &'static str, objects: u64) -> Taken {
    let notes = objects / 2;
    let database = TestDatabase::new().await;
    fill(&database, notes).await;
    let server = Server::start(notes);
    let app = app(&database, &server.url);
    let mut context = Context::default();
    context.deadline = (later() + SignedDuration::from_mins(15)).as_millisecond().unsigned_abs();

    let step = Step::begin(name);
    let answer = handle(&app, LambdaEvent::new(json!({"task": "orphans"}), context)).await.unwrap();
    let Answer::Done { numbers, .. } = answer else { panic!("{answer:?}") };
    let taken = step.end(numbers["objects"].as_u64().unwrap());

    assert_eq!((&numbers["objects"], &numbers["next"]), (&json!(objects), &json!(null)), "{numbers}");
    assert_eq!(numbers["quarantined"], 2 * notes / ORPHAN_EVERY, "{numbers}");
    taken
}

fn app(database: &TestDatabase, url: &str) -> App {
    let settings = settings_at(url);
    App {
        database: database.cleanup(),
        bucket: MediaBucket::new(&settings, "media"),
        queue: TranscribeQueue::new(&settings, url, "cleanup"),
        alerts: AlertTopic::new(&settings, "arn:aws:sns:ap-northeast-1:123456789012:alerts"),
        metrics: Metrics::new(&settings, "Test"),
        fuse: Fuse::default(),
        quota_bytes: 0,
        audit_logs_kept: AUDIT_LOGS_KEPT,
        job_runs_kept: JOB_RUNS_KEPT,
        time_zone: TimeZone::UTC,
        clock: later,
        misuse: MisuseThresholds::default(),
    }
}

fn later() -> Timestamp {
    now() + SignedDuration::from_hours(48)
}

/// Recordings with the keys that [`key`] makes, but for one in a thousand.
async fn fill(database: &TestDatabase, notes: u64) {
    let sql = format!(
        "
SET session_replication_role = replica;
INSERT INTO users (id, issuer, subject, created_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'https://issuer.example', n::text, now()
FROM generate_series(0, ({notes} - 1) / {NOTES}) AS n;
INSERT INTO recordings (id, user_id, status, created_at, updated_at, audio_key, content_type, size_bytes, uploaded_at, sequencer)
SELECT gen_random_uuid(), family::uuid, 'uploaded', '2026-01-01Z', '2026-01-01Z',
    'audio/' || family || '/audio_20260101_000000_' || lpad(to_hex(n), 32, '0') || '.wav', 'audio/wav', 5, '2026-01-01Z', 'A'
FROM generate_series(0, {notes} - 1) AS n,
    LATERAL (SELECT '00000000-0000-7000-8000-' || lpad(to_hex(n / {NOTES}), 12, '0')) AS f (family)
WHERE n % {ORPHAN_EVERY} <> 0"
    );
    let superuser = database.superuser().await;
    superuser.batch_execute(&sql).await.unwrap();
    superuser.batch_execute("VACUUM ANALYZE recordings").await.unwrap();
}

fn key(folder: &str, number: u64) -> String {
    let extension = if folder == "audio" { "wav" } else { "txt" };
    let family = number / NOTES;
    format!(
        "{folder}/00000000-0000-7000-8000-{family:012x}/{folder}_20260101_000000_{number:032x}.{extension}"
    )
}

/// Ends with this value.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(notes: u64) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["serve", &notes.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { process, url: url.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[expect(clippy::print_stdout, reason = "whoever started this process waits for it")]
async fn serve(notes: u64) {
    let server = MockServer::builder().disable_request_recording().start().await;
    Mock::given(any()).respond_with(S3 { notes }).mount(&server).await;
    println!("{}", server.uri());
    std::future::pending().await
}

/// Answers like S3, and to the topic.
struct S3 {
    notes: u64,
}

impl Respond for S3 {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let asked = |name| request.url.query_pairs().find_map(|(key, value)| (key == name).then_some(value));
        let answer = match (request.method.as_str(), asked("prefix")) {
            ("GET", Some(prefix)) => listing(self.notes, &prefix, asked("key-marker").as_deref()),
            ("GET", None) => "<Tagging><TagSet/></Tagging>".to_owned(),
            _ => "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
                .to_owned(),
        };
        ResponseTemplate::new(200).set_body_string(answer)
    }
}

fn listing(notes: u64, prefix: &str, marker: Option<&str>) -> String {
    let folder = prefix.trim_end_matches('/');
    let first = marker.map_or(0, |key| {
        let number = key.rsplit_once('_').unwrap().1.split_once('.').unwrap().0;
        u64::from_str_radix(number, 16).unwrap() + 1
    });
    let end = notes.min(first + PAGE);
    let mut xml = format!("<ListVersionsResult><IsTruncated>{}</IsTruncated>", end < notes);
    if end < notes {
        write!(xml, "<NextKeyMarker>{}</NextKeyMarker>", key(folder, end - 1)).unwrap();
        xml.push_str("<NextVersionIdMarker>1</NextVersionIdMarker>");
    }
    for number in first..end {
        write!(
            xml,
            "<Version><Key>{}</Key><VersionId>1</VersionId><IsLatest>true</IsLatest>\
             <LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>\"d41d8cd98f00b204e9800998ecf8427e\"</ETag>\
             <Size>5</Size><Owner><ID>1</ID></Owner><StorageClass>STANDARD</StorageClass></Version>",
            key(folder, number)
        )
        .unwrap();
    }
    xml.push_str("</ListVersionsResult>");
    xml
}
