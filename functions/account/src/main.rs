//! Wiring of the `account` function.

use account::{App, Config};
use kimochi_blob::{MediaBucket, UrlSigner};
use kimochi_environment::Environment;
use kimochi_runtime::{aws, clock, logging};
use kimochi_store::Database;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let mut environment = Environment::of_process();
    let settings = aws::settings(&mut environment);
    let config = Config::from_env(environment)?;
    logging::start(env!("CARGO_CRATE_NAME"), config.log_level);

    let app = App {
        database: Database::new(config.database.settings("account", &settings))?,
        bucket: MediaBucket::new(&settings, &config.media_bucket),
        urls: UrlSigner::new(&settings, &config.media_bucket),
        time_zone: config.time_zone,
        clock: clock::now,
    };
    kimochi_api::serve(account::routes(app)).await
}
