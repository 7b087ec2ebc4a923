//! Wiring of the `transcribe` function.

use kimochi_blob::MediaBucket;
use kimochi_environment::Environment;
use kimochi_notify::AlertTopic;
use kimochi_runtime::{aws, clock, logging};
use kimochi_speech::Thresholds;
use kimochi_store::Database;
use lambda_runtime::service_fn;
use transcribe::{App, Config, Engine, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let mut environment = Environment::of_process();
    let settings = aws::settings(&mut environment);
    let config = Config::from_env(environment)?;
    logging::start(env!("CARGO_CRATE_NAME"), config.log_level);

    let app = App {
        database: Database::new(config.database.settings("transcribe", &settings))?,
        bucket: MediaBucket::new(&settings, &config.media_bucket),
        alerts: AlertTopic::new(&settings, &config.alert_topic_arn),
        engine: Engine::new(config.engine, &settings),
        thresholds: Thresholds::default(),
        clock: clock::now,
    };
    lambda_runtime::run(service_fn(|event| handle(&app, event))).await
}
