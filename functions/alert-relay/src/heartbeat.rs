//! The daily sign that alerts arrive: it has come all the way, so it is counted, and an alarm speaks up when it is not.

use std::time::Duration;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::DisplayErrorContext;
use aws_sdk_cloudwatch::types::{MetricDatum, StandardUnit};
use aws_types::SdkConfig;
use tokio::time::timeout;

/// How long the counting may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Counts one that was delivered, as `HeartbeatDelivered`. When that fails the alarm says so, a day later.
pub(crate) async fn count(settings: &SdkConfig, namespace: &str) {
    let one = MetricDatum::builder().metric_name("HeartbeatDelivered").unit(StandardUnit::Count).value(1.0);
    let put = Client::new(settings).put_metric_data().namespace(namespace).metric_data(one.build());
    match timeout(PATIENCE, put.send()).await {
        Ok(Ok(_)) => tracing::info!("the heartbeat is delivered"),
        Ok(Err(error)) => {
            tracing::error!(reason = %DisplayErrorContext(&error), "the heartbeat is not counted");
        }
        Err(_) => tracing::error!(reason = "timeout", "the heartbeat is not counted"),
    }
}
