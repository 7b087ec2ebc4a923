//! What operators are told about the runs. Counts and codes only.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use kimochi_domain::{JobKind, Severity};
use kimochi_notify::Notice;
use kimochi_retention::{Error, VerifyReport};
use kimochi_schedule::Failure as _;
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
        Failure::Retention(Error::Conflict { key }) => (
            format!(
                "書き出し先に、内容の違うオブジェクトが既にあります（{key}）。上書きせず、何も消していません。"
            ),
            vec![
                "そのオブジェクトを誰が置いたか、バージョン一覧で確認する".to_owned(),
                "不要なものと分かれば取り除く。次の回が続きから行います".to_owned(),
            ],
        ),
        _ => (
            "途中まで終えた分はそのままです。次の回が続きから行います。".to_owned(),
            vec!["`request_id` で CloudWatch Logs を検索し、原因を確認する".to_owned()],
        ),
    };
    let mut facts = facts(kind, context);
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

/// Something is wrong with the runs of a kind.
pub(crate) fn found(kind: JobKind, finding: Finding, context: &Context, app: &App) -> Notice {
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
    let mut facts = facts(kind, context);
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

/// Days of the audit log are not as they were sealed, and so are not archived.
pub(crate) fn audit_log_differs(task: Task, days: &[Date], context: &Context) -> Notice {
    let named: Vec<_> = days.iter().take(10).map(Date::to_string).collect();
    changed(
        task,
        format!(
            "封印と一致しない日があります（{}日分: {}）。その日の行は書き出さず、表に残しています。",
            days.len(),
            named.join("、")
        ),
        context,
    )
}

/// What was sealed or archived was changed, removed or added to.
pub(crate) fn audit_log_not_as_written(report: &VerifyReport, context: &Context) -> Notice {
    let found = report.problems.len() as u64 + report.more_problems;
    changed(
        Task::Verify,
        format!("検証で{found}件の違いが見つかりました。詳細は `job_runs`（verify）とログにあります。"),
        context,
    )
}

fn changed(task: Task, description: String, context: &Context) -> Notice {
    Notice {
        event_type: "audit_log_changed",
        severity: Severity::Critical,
        title: "監査ログが記録された内容と一致しません".to_owned(),
        description,
        next_steps: vec![
            "`make verify-audit STACK=<スタック名>` で、変わった行・無い行・増えた行を確認する".to_owned(),
            "データベースへ直接入った人と操作を確認し、何も消さずに証拠を残す".to_owned(),
        ],
        thread_id: "audit-log-changed".to_owned(),
        context: facts(task.kind(), context),
    }
}

/// Old rows come in faster than they go.
pub(crate) fn retention_behind(rows: i64, context: &Context) -> Notice {
    let mut facts = facts(Task::Retention.kind(), context);
    facts.insert("rows", rows.to_string());
    Notice {
        event_type: "retention_behind",
        severity: Severity::Warning,
        title: "保存期間を過ぎたログが書き出されていません".to_owned(),
        description: format!("保存期間を3日以上過ぎた行が、まだ{rows}件データベースに残っています。"),
        next_steps: vec!["`job_runs`（retention）で、時間切れか、封印と一致しない日かを確認する".to_owned()],
        thread_id: "retention-behind".to_owned(),
        context: facts,
    }
}

/// Objects that no recording has will go in a week. When they are many, the database is likely to be another one than it was.
pub(crate) fn quarantined(
    objects: u64,
    is_much: bool,
    until: Timestamp,
    context: &Context,
    app: &App,
) -> Notice {
    let day = until.to_zoned(app.time_zone.clone()).date();
    let mut facts = facts(Task::Orphans.kind(), context);
    facts.insert("objects", objects.to_string());
    facts.insert("until", until.to_string());
    Notice {
        event_type: "objects_quarantined",
        severity: if is_much { Severity::Critical } else { Severity::Warning },
        title: "記録のない音声・テキストが見つかりました".to_owned(),
        description: format!("データベースに記録のないオブジェクトが{objects}件あります。{day} 以降に消去します。"),
        next_steps: vec![
            "データベースを以前の時点に復元していないか確認する。復元した場合は cleanup-orphans のスケジュールを止める".to_owned(),
            "`request_id` で CloudWatch Logs を検索し、対象のキーを確認する".to_owned(),
        ],
        thread_id: "objects-quarantined".to_owned(),
        context: facts,
    }
}

/// Recordings whose objects are gone.
pub(crate) fn objects_missing(notes: u64, texts: u64, context: &Context) -> Notice {
    let mut facts = facts(Task::Orphans.kind(), context);
    facts.insert("without_note", notes.to_string());
    facts.insert("without_text", texts.to_string());
    Notice {
        event_type: "objects_missing",
        severity: Severity::Critical,
        title: "記録にある音声・テキストがバケットにありません".to_owned(),
        description: format!("音声のない記録が{notes}件、テキストのない記録が{texts}件あります。"),
        next_steps: vec![
            "`request_id` で CloudWatch Logs を検索し、recording.id を確認する".to_owned(),
            "バケットのバージョン一覧で削除マーカーを探し、あればマーカーを消して元に戻す".to_owned(),
        ],
        thread_id: "objects-missing".to_owned(),
        context: facts,
    }
}

/// The bucket fills.
pub(crate) fn fills(percent: f64, days_until_full: Option<f64>, context: &Context) -> Notice {
    let until = days_until_full.map_or_else(
        || "いまの増え方では、一杯になる見込みはありません。".to_owned(),
        |days| format!("いまの増え方では、約{days:.0}日で一杯になります。"),
    );
    let mut facts = facts(Task::Capacity.kind(), context);
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

fn facts(kind: JobKind, context: &Context) -> BTreeMap<&'static str, String> {
    let mut facts = BTreeMap::from([("task", kind.to_string()), ("request_id", context.request_id.clone())]);
    if !context.env_config.log_group.is_empty() {
        facts.insert("log_group", context.env_config.log_group.clone());
    }
    facts
}
