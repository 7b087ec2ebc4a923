//! The graph of what an alarm measures, or of what a notice names, drawn by CloudWatch.

use std::time::Duration;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::timeout::TimeoutConfig;
use aws_sdk_cloudwatch::config::{Builder, Region, retry::RetryConfig};
use aws_sdk_cloudwatch::error::DisplayErrorContext;
use aws_types::SdkConfig;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::alert::Graph;

/// How long the drawing may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The graph as PNG. `None` when there is none to be had; the log says why.
pub(crate) async fn draw(
    settings: &SdkConfig,
    graph: &Graph,
    title: &str,
    at: Timestamp,
    zone: &TimeZone,
) -> Option<Vec<u8>> {
    let config = Builder::from(settings)
        .region(Region::new(graph.region.clone()))
        .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build())
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .build();
    let client = Client::from_conf(config);
    let widget = widget(graph, title, at, zone).to_string();
    match client.get_metric_widget_image().metric_widget(widget).send().await {
        Ok(answer) => answer.metric_widget_image.map(aws_sdk_cloudwatch::primitives::Blob::into_inner),
        Err(error) => {
            tracing::info!(reason = %DisplayErrorContext(&error), "no graph of the alert");
            None
        }
    }
}

/// The widget as CloudWatch's dashboards describe one.
fn widget(graph: &Graph, title: &str, at: Timestamp, zone: &TimeZone) -> Value {
    let mut widget = json!({
        "title": title,
        "width": 800,
        "height": 320,
        "start": graph.start,
        "end": graph.end,
        "timezone": at.to_zoned(zone.clone()).strftime("%z").to_string(),
        "view": "timeSeries",
        "metrics": graph.metrics,
    });
    if let Some(threshold) = graph.threshold {
        widget["annotations"] = json!({"horizontal": [{"label": "しきい値", "value": threshold}]});
    }
    widget
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_widget_has_the_metric_and_the_line_it_crossed() {
        let graph = Graph {
            region: "ap-northeast-1".to_owned(),
            start: "-PT3H".to_owned(),
            end: "P0D".to_owned(),
            metrics: json!([["N", "M", {"stat": "Sum"}]]),
            threshold: Some(5.0),
        };
        let at = "2026-04-01T00:00:00Z".parse().unwrap();

        let widget = widget(&graph, "名前", at, &TimeZone::get("Asia/Tokyo").unwrap());

        let expected = json!({
            "title": "名前", "width": 800, "height": 320, "start": "-PT3H", "end": "P0D", "timezone": "+0900",
            "view": "timeSeries", "metrics": [["N", "M", {"stat": "Sum"}]],
            "annotations": {"horizontal": [{"label": "しきい値", "value": 5.0}]},
        });
        assert_eq!(widget, expected);
    }
}
