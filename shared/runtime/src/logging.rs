//! Structured logging: one JSON object a line, as CloudWatch Logs Insights reads it.

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How much a function says: `error`, `warn`, `info`, `debug` or `trace`.
pub use tracing_subscriber::filter::LevelFilter as Level;

/// Starts logging to standard output for the function whose crate is `function` (as in paths, with underscores), at `level`.
///
/// Libraries speak from `warn` on whatever the level is: at `debug` the AWS SDK prints signed requests and the
/// PostgreSQL client prints parameters, and both carry what must never be in a log.
pub fn start(function: &str, level: Level) {
    let filter = Targets::new()
        .with_default(Level::WARN)
        .with_target("lambda_runtime", Level::INFO)
        .with_target("kimochi", level)
        .with_target(function, level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(true)
        .with_filter(filter);
    tracing_subscriber::registry().with(lines).init();
}
