//! What an alarm measures, and against what.

use kimochi_domain::Severity;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::severity;
use crate::alert::Graph;

/// How much of an alarm's metric is drawn: the three hours up to now.
const DRAWN: [&str; 2] = ["-PT3H", "P0D"];

/// The `Trigger` of an alarm. Numbers come as numbers or as text.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Trigger {
    metric_name: Option<String>,
    namespace: Option<String>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    dimensions: Vec<Dimension>,
    period: Option<Value>,
    evaluation_periods: Option<Value>,
    datapoints_to_alarm: Option<Value>,
    comparison_operator: Option<String>,
    threshold: Option<Value>,
    threshold_metric_id: Option<String>,
    metrics: Vec<MetricQuery>,
}

#[derive(Debug, Deserialize)]
struct Dimension {
    #[serde(alias = "Name")]
    name: String,
    #[serde(alias = "Value")]
    value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricQuery {
    #[serde(alias = "id")]
    id: String,
    #[serde(alias = "expression")]
    expression: Option<String>,
    #[serde(alias = "label")]
    label: Option<String>,
    #[serde(alias = "returnData")]
    return_data: Option<bool>,
    metric_stat: Option<MetricStat>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricStat {
    metric: Metric,
    #[serde(alias = "period")]
    period: Option<Value>,
    #[serde(alias = "stat")]
    stat: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    metric_name: Option<String>,
    namespace: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

impl Trigger {
    /// `AWS/Lambda Errors（SUM）`, or one line for each part of an expression.
    pub(super) fn metric(&self) -> Option<String> {
        let named = |namespace: &Option<String>, name: &Option<String>| {
            let name = name.as_deref()?;
            let namespace = namespace.as_deref();
            Some(namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace} {name}")))
        };
        let of = |statistic: Option<&str>| statistic.map(|s| format!("（{s}）")).unwrap_or_default();
        if let Some(name) = named(&self.namespace, &self.metric_name) {
            return Some(format!("{name}{}", of(self.statistic())));
        }
        let parts = self.metrics.iter().map(|query| {
            let what = query.expression.clone().or_else(|| {
                let stat = query.metric_stat.as_ref()?;
                let name = named(&stat.metric.namespace, &stat.metric.metric_name)?;
                Some(format!("{name}{}", of(stat.stat.as_deref())))
            });
            let label = query.label.as_ref().map(|label| format!("「{label}」")).unwrap_or_default();
            format!("{}{label} = {}", query.id, what.unwrap_or_default())
        });
        let parts: Vec<_> = parts.collect();
        (!parts.is_empty()).then(|| parts.join("\n"))
    }

    /// `FunctionName=kimochi-prod-transcribe`
    pub(super) fn dimensions(&self) -> String {
        let mut shown: Vec<_> = self
            .all_dimensions()
            .map(|dimension| format!("{}={}", dimension.name, dimension.value))
            .collect();
        shown.dedup();
        shown.join(", ")
    }

    /// `≧ 5、3回のうち2回（60秒ごと）`
    pub(super) fn condition(&self) -> Option<String> {
        let operator = match self.comparison_operator.as_deref()? {
            "GreaterThanOrEqualToThreshold" => "≧",
            // Slack takes a line that begins with > for a quote, and shows it without.
            "GreaterThanThreshold" => "＞",
            "LessThanThreshold" => "＜",
            "LessThanOrEqualToThreshold" => "≦",
            "LessThanLowerOrGreaterThanUpperThreshold" => "範囲外:",
            "LessThanLowerThreshold" => "下限未満:",
            "GreaterThanUpperThreshold" => "上限超過:",
            other => other,
        };
        let threshold = match (&self.threshold_metric_id, self.threshold.as_ref().and_then(shown)) {
            (Some(band), _) => format!("予測の幅 {band}"),
            (None, threshold) => threshold.unwrap_or_default(),
        };
        let number = |value: &Option<Value>| value.as_ref().and_then(shown);
        let of = number(&self.evaluation_periods);
        let points = number(&self.datapoints_to_alarm).or_else(|| of.clone());
        let times =
            points.zip(of).map(|(points, of)| format!("、{of}回のうち{points}回")).unwrap_or_default();
        let period = number(&self.period).map(|period| format!("（{period}秒ごと）")).unwrap_or_default();
        Some(format!("{operator} {threshold}{times}{period}"))
    }

    /// How urgent the table of defaults finds it.
    pub(super) fn severity(&self) -> Severity {
        let of = |namespace: &Option<String>, name: &Option<String>| {
            severity::by_default(
                namespace.as_deref().unwrap_or_default(),
                name.as_deref().unwrap_or_default(),
            )
        };
        let of_parts = self.metrics.iter().filter_map(|query| query.metric_stat.as_ref());
        let mut of_parts = of_parts.map(|stat| of(&stat.metric.namespace, &stat.metric.metric_name));
        match &self.metric_name {
            Some(_) => of(&self.namespace, &self.metric_name),
            None => of_parts.next().unwrap_or(Severity::Warning),
        }
    }

    /// The log group of the Lambda function that is measured.
    pub(super) fn log_group(&self) -> Option<String> {
        let function = self.all_dimensions().find(|dimension| dimension.name == "FunctionName")?;
        Some(format!("/aws/lambda/{}", function.value))
    }

    /// What CloudWatch is to draw: the metric, or every part of the expression, with the line that was crossed.
    pub(super) fn graph(&self, region: &str) -> Option<Graph> {
        let mut metrics: Vec<Value> = self.metrics.iter().filter_map(MetricQuery::drawn).collect();
        if metrics.is_empty() {
            let name = self.metric_name.as_deref()?;
            let options = options([
                ("stat", self.statistic().map(|statistic| json!(spelled(statistic)))),
                ("period", self.period.as_ref().and_then(seconds)),
            ]);
            metrics.push(line(self.namespace.as_deref()?, name, &self.dimensions, options));
        }
        let threshold = self.threshold.as_ref().filter(|_| self.threshold_metric_id.is_none());
        let threshold = threshold.and_then(|value| match value {
            Value::String(text) => text.parse().ok(),
            other => other.as_f64(),
        });
        let [start, end] = DRAWN.map(str::to_owned);
        Some(Graph { region: region.to_owned(), start, end, metrics: json!(metrics), threshold })
    }

    fn statistic(&self) -> Option<&str> {
        self.extended_statistic.as_deref().or(self.statistic.as_deref())
    }

    fn all_dimensions(&self) -> impl Iterator<Item = &Dimension> {
        let of_metrics = self.metrics.iter().filter_map(|query| query.metric_stat.as_ref());
        self.dimensions.iter().chain(of_metrics.flat_map(|stat| &stat.metric.dimensions))
    }
}

impl MetricQuery {
    /// As a row of a metric widget.
    fn drawn(&self) -> Option<Value> {
        let common = [
            ("id", Some(json!(self.id))),
            ("label", self.label.as_ref().map(|label| json!(label))),
            // The alarm looks at one of them; the others are what it is made from.
            ("visible", self.return_data.filter(|is_returned| !is_returned).map(|_| json!(false))),
        ];
        if let Some(expression) = &self.expression {
            let mut options = options(common);
            options.insert("expression".to_owned(), json!(expression));
            // The band of an anomaly is there to be seen.
            options.remove("visible");
            return Some(json!([options]));
        }
        let stat = self.metric_stat.as_ref()?;
        let mut options = options(common);
        options.extend(self::options([
            ("stat", stat.stat.as_deref().map(|statistic| json!(spelled(statistic)))),
            ("period", stat.period.as_ref().and_then(seconds)),
        ]));
        let Metric { metric_name, namespace, dimensions } = &stat.metric;
        Some(line(namespace.as_deref()?, metric_name.as_deref()?, dimensions, options))
    }
}

/// `["AWS/Lambda", "Errors", "FunctionName", "x", {"stat": "Sum"}]`
fn line(namespace: &str, name: &str, dimensions: &[Dimension], options: Map<String, Value>) -> Value {
    let mut line = vec![json!(namespace), json!(name)];
    line.extend(dimensions.iter().flat_map(|dimension| [json!(dimension.name), json!(dimension.value)]));
    line.push(Value::Object(options));
    Value::Array(line)
}

fn options<const N: usize>(options: [(&str, Option<Value>); N]) -> Map<String, Value> {
    options.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Messages shout (`SUM`, `SAMPLE_COUNT`), where a widget speaks (`Sum`, `SampleCount`).
fn spelled(statistic: &str) -> &str {
    match statistic {
        "SUM" => "Sum",
        "AVERAGE" => "Average",
        "MINIMUM" => "Minimum",
        "MAXIMUM" => "Maximum",
        "SAMPLE_COUNT" | "SAMPLECOUNT" => "SampleCount",
        other => other,
    }
}

fn seconds(value: &Value) -> Option<Value> {
    let seconds = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    Some(json!(seconds))
}

/// A number as people write it: 5 and not 5.0.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.as_f64().map_or_else(|| number.to_string(), |n| n.to_string())),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(trigger: Value) -> Graph {
        serde_json::from_value::<Trigger>(trigger).unwrap().graph("ap-northeast-1").unwrap()
    }

    #[test]
    fn one_metric_is_drawn_with_its_threshold() {
        let graph = graph(json!({
            "MetricName": "Errors", "Namespace": "AWS/Lambda", "Statistic": "SUM", "Period": 60, "Threshold": 5.0,
            "Dimensions": [{"name": "FunctionName", "value": "f"}],
        }));

        let line = json!(["AWS/Lambda", "Errors", "FunctionName", "f", {"stat": "Sum", "period": 60}]);
        assert_eq!((graph.metrics, graph.threshold), (json!([line]), Some(5.0)));
    }

    #[test]
    fn an_expression_is_drawn_and_what_it_is_made_from_is_not() {
        let metric = |name: &str| json!({"MetricName": name, "Namespace": "N"});
        let graph = graph(json!({
            "Threshold": 1, "Metrics": [
                {"Id": "e1", "Expression": "100 * m1 / m2", "Label": "率", "ReturnData": true},
                {"Id": "m1", "MetricStat": {"Metric": metric("A"), "Period": 300, "Stat": "Sum"}, "ReturnData": false},
            ],
        }));

        let expected = json!([
            [{"id": "e1", "expression": "100 * m1 / m2", "label": "率"}],
            ["N", "A", {"id": "m1", "visible": false, "stat": "Sum", "period": 300}],
        ]);
        assert_eq!((graph.metrics, graph.threshold), (expected, Some(1.0)));
    }

    #[test]
    fn a_band_is_its_own_threshold() {
        let graph = graph(json!({
            "ThresholdMetricId": "ad1", "Threshold": 0, "Metrics": [
                {"Id": "m1", "MetricStat": {"Metric": {"MetricName": "A", "Namespace": "N"}, "Stat": "Average"}, "ReturnData": true},
                {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "ReturnData": false},
            ],
        }));

        assert_eq!(graph.threshold, None);
        assert_eq!(graph.metrics[1], json!([{"id": "ad1", "expression": "ANOMALY_DETECTION_BAND(m1, 2)"}]));
    }
}
