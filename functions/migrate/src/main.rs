//! Wiring of the `migrate` function.

// The way to the database goes through the SDK's signing: deeper than the compiler follows by default.
#![recursion_limit = "256"]

use kimochi_environment::Environment;
use kimochi_runtime::{aws, logging};
use kimochi_store::Database;
use lambda_runtime::service_fn;
use migrate::{Config, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let mut environment = Environment::of_process();
    let settings = aws::settings(&mut environment);
    let config = Config::from_env(environment)?;
    logging::start(env!("CARGO_CRATE_NAME"), config.log_level);

    let database = Database::new(config.database.settings("migrate", &settings))?;
    lambda_runtime::run(service_fn(|event| handle(&database, event))).await
}
