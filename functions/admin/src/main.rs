//! Wiring of the `admin` function.

use admin::{App, Config, Logs};
use kimochi_blob::MediaBucket;
use kimochi_environment::Environment;
use kimochi_queue::TranscribeQueue;
use kimochi_runtime::{aws, clock, logging};
use kimochi_store::Database;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let mut environment = Environment::of_process();
    let settings = aws::settings(&mut environment);
    let config = Config::from_env(environment)?;
    logging::start(env!("CARGO_CRATE_NAME"), config.log_level);

    let app = App {
        database: Database::new(config.database.settings("admin", &settings))?,
        bucket: MediaBucket::new(&settings, &config.media_bucket),
        queue: TranscribeQueue::new(&settings, config.transcribe_queue_url, "admin"),
        logs: Logs {
            region: settings.region().map(ToString::to_string).unwrap_or_default(),
            group_prefix: config.log_group_prefix,
        },
        clock: clock::now,
    };
    kimochi_api::serve(admin::routes(app)).await
}
