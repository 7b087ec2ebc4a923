//! What operators are told: that a report is there, and that one could not be made.

use std::collections::BTreeMap;

use kimochi_domain::{
    Graph, GraphLine, ReportFormat, ReportKey, ReportKind, ReportPeriod, Severity, Statistic,
};
use kimochi_notify::Notice;
use kimochi_schedule::Failure as _;
use lambda_runtime::Context;

use crate::failure::Failure;
use crate::numbers::Numbers;
use crate::summary::{headline, summary};

/// A report is there.
pub(crate) fn made(numbers: &Numbers, bucket: &str, api: &str) -> Notice {
    let key = ReportKey { period: numbers.period, format: ReportFormat::Markdown };
    let kind = numbers.report;
    let notice = Notice {
        event_type: "report_made",
        severity: Severity::Info,
        title: headline(numbers),
        description: summary(numbers).join("\n"),
        next_steps: vec![format!("全文を読む：s3://{bucket}/{key}")],
        thread_id: format!("report-{kind}-{}", numbers.period),
        context: BTreeMap::from([("report", kind.to_string()), ("period", numbers.period.to_string())]),
    };
    match graph(numbers, api) {
        Some(graph) => notice.with_graph(&graph),
        None => notice,
    }
}

/// What CloudWatch draws beside it: nothing of what it cannot tell.
fn graph(numbers: &Numbers, api: &str) -> Option<Graph> {
    numbers.api.known()?;
    let period_seconds = if numbers.report == ReportKind::Daily { 3_600 } else { 86_400 };
    let line = |label: &str, metric: &str, statistic| GraphLine {
        label: label.to_owned(),
        namespace: "AWS/ApiGateway".to_owned(),
        metric: metric.to_owned(),
        dimensions: BTreeMap::from([("ApiId".to_owned(), api.to_owned())]),
        statistic,
        period_seconds,
    };
    let lines = vec![
        line("リクエスト", "Count", Statistic::Sum),
        line("5xx", "5xx", Statistic::Sum),
        line("応答時間の平均（ms）", "Latency", Statistic::Average),
        line("応答時間 p95（ms）", "Latency", Statistic::P95),
    ];
    Graph::new(numbers.from, numbers.until, lines).ok()
}

/// A run failed, and trying again does not help, or did not.
pub(crate) fn failed(days: ReportPeriod, context: &Context, failure: &Failure) -> Notice {
    let kind = days.kind().job_kind();
    let mut facts = BTreeMap::from([
        ("task", kind.to_string()),
        ("period", days.to_string()),
        ("error", failure.code().to_owned()),
        ("request_id", context.request_id.clone()),
    ]);
    if !context.env_config.log_group.is_empty() {
        facts.insert("log_group", context.env_config.log_group.clone());
    }
    Notice {
        event_type: "scheduled_run_failed",
        severity: Severity::Warning,
        title: format!("定期処理 {kind} が失敗しました"),
        description: format!("{days} のレポートが作られていないか、届いていません。"),
        next_steps: vec![
            "`request_id` で CloudWatch Logs を検索し、原因を確認する".to_owned(),
            format!(
                "直ったら `{{\"report\": \"{}\", \"period\": \"{days}\"}}` で report を実行する",
                days.kind()
            ),
        ],
        thread_id: format!("scheduled-run-failed-{kind}"),
        context: facts,
    }
}
