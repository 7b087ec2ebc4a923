//! What is measured: our functions, the empty one, and the same work in Python.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::house::{self, House};
use crate::sandbox::Start;

/// What a target is given to do.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// The same event each time; the answer has this status, or none when it is no answer to a request.
    Event(Arc<[u8]>, Option<u64>),
    /// A voice note that has just arrived.
    Arrival,
    /// Nothing: only its start is measured.
    None,
}

/// A function.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Ours have their folder's name.
    pub(crate) name: &'static str,
    pub(crate) start: Start,
    pub(crate) work: Work,
}

impl Target {
    /// Whether it is one of ours, whose binary has a size.
    pub(crate) fn is_ours(&self) -> bool {
        self.start.arguments.is_empty() && self.name != "empty"
    }

    /// An answer of another kind than expected must not count as work.
    pub(crate) fn check(&self, answer: &Value) -> Result<()> {
        match &self.work {
            Work::Event(_, Some(status)) => {
                ensure!(answer["statusCode"].as_u64() == Some(*status), "{}: {answer}", self.name);
            }
            Work::Arrival => {
                let failures = answer["batchItemFailures"].as_array().context("a list of failures")?;
                ensure!(failures.is_empty(), "{}: {answer}", self.name);
            }
            Work::Event(_, None) | Work::None => (),
        }
        Ok(())
    }
}

/// Every target.
pub(crate) fn all(house: &House) -> Result<Vec<Target>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let release = std::env::current_exe()?.parent().context("a folder")?.to_owned();
    let of = |name: &'static str, role: &str, more: &[(&str, &str)], work: Work| Target {
        name,
        start: Start {
            program: release.join(if name == "empty" { "bench-empty" } else { name }),
            arguments: Vec::new(),
            folder: std::env::temp_dir(),
            variables: variables(house, name, role, more),
        },
        work,
    };
    let event = |name: &str, status| Ok::<_, anyhow::Error>(Work::Event(house::recorded(name)?, status));
    let queue =
        [("TRANSCRIBE_QUEUE_URL", "http://127.0.0.1:9/queue"), ("LOG_GROUP_PREFIX", "/aws/lambda/bench-")];
    let alerts = [
        ("ALERT_SECRET", "bench"),
        ("ALERT_TABLE", "bench"),
        ("METRICS_NAMESPACE", "Bench"),
        ("SLACK_CHANNEL_CRITICAL", "C1"),
        ("SLACK_CHANNEL_WARNING", "C2"),
        ("SLACK_CHANNEL_INFO", "C3"),
    ];
    let topic = [("ALERT_TOPIC_ARN", "arn:aws:sns:ap-northeast-1:123456789012:alerts")];
    let mut targets = vec![
        of("empty", "", &[], Work::Event(b"{}".as_slice().into(), None)),
        of("presign", "kimochi_api", &[], event("presign/create_upload", Some(201))?),
        of("emotions", "kimochi_api", &[], Work::Event(house::list_event()?, Some(200))),
        of("account", "kimochi_api", &[], event("account/read_me", Some(200))?),
        of("admin", "kimochi_operator", &queue, event("admin/list_job_runs", Some(200))?),
        of("alert-relay", "", &alerts, Work::None),
        of("transcribe", "kimochi_worker", &topic, Work::Arrival),
    ];

    let python = root.join(".local/peers/bin/python");
    ensure!(python.exists(), "Python's peers are not installed: make bench does that");
    let peer = |name, handler: &str, work| Target {
        name,
        start: Start {
            program: python.clone(),
            arguments: ["-m", "awslambdaric", handler].map(str::to_owned).to_vec(),
            folder: root.join("bench/peers"),
            variables: variables(house, name, "kimochi_api", &[]),
        },
        work,
    };
    targets.extend([
        peer("python-empty", "empty.handler", Work::Event(b"{}".as_slice().into(), None)),
        peer("python-presign", "presign.handler", event("presign/create_upload", Some(201))?),
        peer("python-emotions", "emotions.handler", Work::Event(house::list_event()?, Some(200))),
    ]);
    Ok(targets)
}

/// What Lambda and the template set, and nothing else.
fn variables(house: &House, name: &str, role: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let settings = house.bucket.settings();
    let endpoint = settings.endpoint_url().unwrap_or_default();
    [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("AWS_REGION", settings.region().map_or("", |region| region.as_ref())),
        ("AWS_DEFAULT_REGION", settings.region().map_or("", |region| region.as_ref())),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", if name == "transcribe" { "1769" } else { "256" }),
        ("LOG_LEVEL", "info"),
        ("APP_TIME_ZONE", "Asia/Tokyo"),
        ("DATABASE_URL", house.database.url()),
        ("DATABASE_ROLE", role),
        ("DATABASE_AUTH", "none"),
        ("MEDIA_BUCKET", house.bucket.name()),
    ]
    .iter()
    .chain(more)
    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
    .collect()
}
