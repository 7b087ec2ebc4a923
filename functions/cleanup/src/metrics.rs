//! Numbers that CloudWatch keeps, draws and watches.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::DisplayErrorContext;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use aws_types::SdkConfig;

/// A namespace of CloudWatch's. Cheap to make: connects at the first number.
#[derive(Debug, Clone)]
pub struct Metrics {
    client: Client,
    namespace: String,
}

/// One number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    pub(crate) name: &'static str,
    /// What of the bucket it is about; `None` for all of it.
    pub(crate) prefix: Option<String>,
    pub(crate) value: f64,
    pub(crate) unit: StandardUnit,
}

impl Metrics {
    /// The namespace called `namespace`.
    pub fn new(settings: &SdkConfig, namespace: impl Into<String>) -> Self {
        Self { client: Client::new(settings), namespace: namespace.into() }
    }

    /// Puts at most 1,000 numbers; whether CloudWatch took them. They stand in `job_runs` as well: what it does not take is
    /// logged, and no more, unless an alarm waits for it.
    pub(crate) async fn put(&self, numbers: Vec<Number>) -> bool {
        let data = numbers.into_iter().map(|number| {
            let prefix =
                number.prefix.map(|prefix| Dimension::builder().name("Prefix").value(prefix).build());
            MetricDatum::builder()
                .metric_name(number.name)
                .set_dimensions(prefix.map(|prefix| vec![prefix]))
                .value(number.value)
                .unit(number.unit)
                .build()
        });
        let put =
            self.client.put_metric_data().namespace(&self.namespace).set_metric_data(Some(data.collect()));
        let put = put.send().await;
        if let Err(error) = &put {
            tracing::warn!(reason = %DisplayErrorContext(error), "CloudWatch did not take the numbers");
        }
        put.is_ok()
    }
}
