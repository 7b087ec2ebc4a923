//! Wiring of the `report` function.

// A report's future holds those of its sources, down to the SDKs': deeper than the compiler follows by default.
#![recursion_limit = "256"]

use kimochi_blob::MediaBucket;
use kimochi_environment::Environment;
use kimochi_notify::AlertTopic;
use kimochi_runtime::{aws, clock, logging};
use kimochi_store::Database;
use lambda_runtime::service_fn;
use report::{App, Config, Sources, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let mut environment = Environment::of_process();
    let settings = aws::settings(&mut environment);
    let config = Config::from_env(environment)?;
    logging::start(env!("CARGO_CRATE_NAME"), config.log_level);

    let database = Database::new(config.database.settings("report", &settings))?;
    let app = App {
        sources: Sources::new(&settings, database, config.service, config.kept),
        bucket: MediaBucket::new(&settings, &config.media_bucket),
        alerts: AlertTopic::new(&settings, config.alert_topic_arn),
        time_zone: config.time_zone,
        clock: clock::now,
    };
    lambda_runtime::run(service_fn(|event| handle(&app, event))).await
}
