//! CloudWatch's metrics: many questions in one call.

use std::ops::Range;
use std::time::Duration;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::Builder;
use aws_sdk_cloudwatch::config::timeout::TimeoutConfig;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, ScanBy, StatusCode};
use aws_types::SdkConfig;
use jiff::Timestamp;

use super::reason;
use crate::numbers::Series;

/// CloudWatch's own limit.
const QUESTIONS_A_CALL: usize = 500;
/// How long one page of answers may take, repetitions included.
const PATIENCE: Duration = Duration::from_secs(25);

#[derive(Debug, Clone)]
pub(super) struct CloudWatch {
    client: Client,
}

/// One question.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) namespace: &'static str,
    pub(super) metric: &'static str,
    pub(super) dimensions: Vec<(&'static str, String)>,
    pub(super) statistic: &'static str,
    pub(super) period_seconds: i32,
}

impl CloudWatch {
    pub(super) fn new(settings: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
        Self { client: Client::from_conf(Builder::from(settings).timeout_config(timeouts).build()) }
    }

    /// The points of each question, in the order of the questions and of time. Days and hours begin with the range.
    ///
    /// # Errors
    /// Why there are none, for operators.
    pub(super) async fn ask(
        &self,
        questions: &[Question],
        range: &Range<Timestamp>,
    ) -> Result<Vec<Series>, String> {
        let mut answers = vec![Series::new(); questions.len()];
        for (part, questions) in questions.chunks(QUESTIONS_A_CALL).enumerate() {
            let first = part * QUESTIONS_A_CALL;
            let queries: Vec<_> =
                questions.iter().enumerate().map(|(place, question)| question.query(first + place)).collect();
            self.ask_some(queries, range, &mut answers).await?;
        }
        for series in &mut answers {
            series.sort_by_key(|(at, _)| *at);
        }
        Ok(answers)
    }

    async fn ask_some(
        &self,
        queries: Vec<MetricDataQuery>,
        range: &Range<Timestamp>,
        answers: &mut [Series],
    ) -> Result<(), String> {
        let request = self
            .client
            .get_metric_data()
            .set_metric_data_queries(Some(queries))
            .start_time(DateTime::from_secs(range.start.as_second()))
            .end_time(DateTime::from_secs(range.end.as_second()))
            .scan_by(ScanBy::TimestampAscending);
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| reason("CloudWatch", &error))?;
            for result in page.metric_data_results() {
                if !matches!(result.status_code(), Some(StatusCode::Complete | StatusCode::PartialData)) {
                    return Err("CloudWatch が一部の指標に答えませんでした".to_owned());
                }
                let place = result.id().and_then(|id| id.strip_prefix('q')?.parse::<usize>().ok());
                let Some(series) = place.and_then(|place| answers.get_mut(place)) else { continue };
                let points = result.timestamps().iter().zip(result.values());
                series.extend(
                    points.filter_map(|(at, value)| Some((Timestamp::from_second(at.secs()).ok()?, *value))),
                );
            }
        }
        Ok(())
    }
}

impl Question {
    pub(super) fn new(
        namespace: &'static str,
        of: &[(&'static str, String)],
        metric: &'static str,
        statistic: &'static str,
        period_seconds: i32,
    ) -> Self {
        Self { namespace, metric, dimensions: of.to_vec(), statistic, period_seconds }
    }

    fn query(&self, place: usize) -> MetricDataQuery {
        let dimensions =
            self.dimensions.iter().map(|(name, value)| Dimension::builder().name(*name).value(value).build());
        let metric = Metric::builder()
            .namespace(self.namespace)
            .metric_name(self.metric)
            .set_dimensions(Some(dimensions.collect()));
        let stat = MetricStat::builder()
            .metric(metric.build())
            .period(self.period_seconds)
            .stat(self.statistic)
            .build();
        MetricDataQuery::builder().id(format!("q{place}")).metric_stat(stat).build()
    }
}
