//! Structured logging: one JSON object a line, as CloudWatch Logs Insights reads it.

use tracing_subscriber::EnvFilter;

/// Starts logging to standard output for the function whose crate is `function`, at `level`
/// (`error`, `warn`, `info`, `debug`, `trace`).
///
/// Libraries speak from `warn` on whatever the level is: at `debug` the AWS SDK prints signed requests and the
/// PostgreSQL client prints parameters, and both carry what must never be in a log.
pub fn start(function: &str, level: &str) {
    let filter = format!("warn,lambda_runtime=info,kimochi={level},{function}={level}");
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(true)
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .init();
}
