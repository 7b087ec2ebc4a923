//! What operators are told about the runs. Counts and codes only.

use std::collections::BTreeMap;

use kimochi_domain::Severity;
use kimochi_notify::Notice;
use lambda_runtime::Context;

use crate::failure::Failure;
use crate::watch::Finding;
use crate::{App, Task};

/// A run failed, and trying again does not help, or did not.
pub(crate) fn failed(task: Task, period: &str, context: &Context, failure: &Failure) -> Notice {
    let kind = task.kind();
    let (description, next_steps) = match failure {
        Failure::FuseBlown { .. } => (
            format!("消去の対象が多すぎるため、実行を止めました（{failure}）。何も消していません。"),
            vec![
                format!("`{{\"task\": \"{kind}\", \"dry_run\": true}}` で cleanup を実行し、対象を確認する"),
                format!("意図したものなら `{{\"task\": \"{kind}\", \"allow_large\": true}}` で実行する"),
            ],
        ),
        _ => (
            "途中まで終えた分はそのままです。次の回が続きから行います。".to_owned(),
            vec!["`request_id` で CloudWatch Logs を検索し、原因を確認する".to_owned()],
        ),
    };
    let mut facts = facts(task, context);
    facts.insert("period", period.to_owned());
    facts.insert("error", failure.code().to_owned());
    Notice {
        event_type: "scheduled_run_failed",
        severity: Severity::Warning,
        title: format!("定期処理 {kind} が失敗しました"),
        description,
        next_steps,
        thread_id: format!("scheduled-run-failed-{kind}"),
        context: facts,
    }
}

/// Something is wrong with the runs of a task.
pub(crate) fn found(task: Task, finding: Finding, context: &Context, app: &App) -> Notice {
    let kind = task.kind();
    let since = finding.since().to_zoned(app.time_zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    let (title, description) = match finding {
        Finding::Missing { .. } => (
            format!("定期処理 {kind} が行われていません"),
            format!("最後に成功したのは {since} です。スケジュールが止まっているか、失敗が続いています。"),
        ),
        Finding::Stuck { .. } => (
            format!("定期処理 {kind} が終わりません"),
            format!("{since} から実行中のままです。次の回が引き継ぎます。"),
        ),
        Finding::Backlog { .. } => (
            "消去を待つデータが残っています".to_owned(),
            format!("{since} に削除されたものが、まだ消えていません。"),
        ),
    };
    let mut facts = facts(task, context);
    facts.insert("since", finding.since().to_string());
    Notice {
        event_type: "scheduled_run_missing",
        severity: Severity::Warning,
        title,
        description,
        next_steps: vec!["`job_runs` でこの処理の最近の実行を確認する".to_owned()],
        thread_id: format!("scheduled-run-{}-{kind}", finding.name()),
        context: facts,
    }
}

/// The bucket fills.
pub(crate) fn fills(percent: f64, days_until_full: Option<f64>, context: &Context) -> Notice {
    let until = days_until_full.map_or_else(
        || "いまの増え方では、一杯になる見込みはありません。".to_owned(),
        |days| format!("いまの増え方では、約{days:.0}日で一杯になります。"),
    );
    let mut facts = facts(Task::Capacity, context);
    facts.insert("percent", format!("{percent:.1}"));
    Notice {
        event_type: "capacity_low",
        severity: Severity::Warning,
        title: "保存容量が残り少なくなっています".to_owned(),
        description: format!("用意した容量の{percent:.0}%を使っています。{until}"),
        next_steps: vec![
            "`job_runs`（capacity）で、どの接頭辞が増えているかを確認する".to_owned(),
            "容量の計画を見直し、`CapacityQuotaGib` を改める".to_owned(),
        ],
        thread_id: "capacity-low".to_owned(),
        context: facts,
    }
}

fn facts(task: Task, context: &Context) -> BTreeMap<&'static str, String> {
    let mut facts =
        BTreeMap::from([("task", task.kind().to_string()), ("request_id", context.request_id.clone())]);
    if !context.env_config.log_group.is_empty() {
        facts.insert("log_group", context.env_config.log_group.clone());
    }
    facts
}
