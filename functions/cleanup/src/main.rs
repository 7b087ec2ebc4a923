//! Wiring of the `cleanup` function.

// A task's future holds those of its steps, down to the SDK's: deeper than the compiler follows by default.
#![recursion_limit = "256"]

use cleanup::{App, Config, Metrics, handle};
use kimochi_blob::MediaBucket;
use kimochi_environment::Environment;
use kimochi_notify::AlertTopic;
use kimochi_queue::TranscribeQueue;
use kimochi_runtime::{aws, clock, logging};
use kimochi_store::Database;
use lambda_runtime::service_fn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let mut environment = Environment::of_process();
    let settings = aws::settings(&mut environment);
    let config = Config::from_env(environment)?;
    logging::start(env!("CARGO_CRATE_NAME"), config.log_level);

    let app = App {
        database: Database::new(config.database.settings("cleanup", &settings))?,
        bucket: MediaBucket::new(&settings, &config.media_bucket),
        queue: TranscribeQueue::new(&settings, config.transcribe_queue_url, "cleanup"),
        alerts: AlertTopic::new(&settings, config.alert_topic_arn),
        metrics: Metrics::new(&settings, config.metrics_namespace),
        fuse: config.fuse,
        quota_bytes: config.quota_bytes,
        audit_logs_kept: config.audit_logs_kept,
        job_runs_kept: config.job_runs_kept,
        time_zone: config.time_zone,
        clock: clock::now,
        misuse: config.misuse,
    };
    lambda_runtime::run(service_fn(|event| handle(&app, event))).await
}
