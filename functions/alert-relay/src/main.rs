//! Wiring of the `alert-relay` function.

use alert_relay::slack::Appearance;
use alert_relay::{App, Config, Memory, PagerDuty, Secrets, Slack, handle};
use kimochi_environment::Environment;
use kimochi_runtime::{aws, clock, logging};
use lambda_runtime::service_fn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let mut environment = Environment::of_process();
    let settings = aws::settings(&mut environment);
    let config = Config::from_env(environment)?;
    logging::start(env!("CARGO_CRATE_NAME"), config.log_level);

    let appearance = Appearance { time_zone: config.time_zone, mentions: config.slack_mentions };
    let app = App {
        http: kimochi_http::client()?,
        secrets: Secrets::new(&settings, &config.alert_secret),
        slack: Slack {
            api_url: config.slack_api_url,
            channels: config.slack_channels,
            flapping: config.flapping,
            appearance,
        },
        pagerduty: PagerDuty { url: config.pagerduty_url },
        memory: Memory::new(&settings, config.alert_table, clock::now),
        runbook_url: config.runbook_url,
        metrics_namespace: config.metrics_namespace,
        settings,
        clock: clock::now,
    };
    lambda_runtime::run(service_fn(|event| handle(&app, event))).await
}
