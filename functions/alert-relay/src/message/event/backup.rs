//! AWS Backup: jobs that save and jobs that bring back. The former have a `state`, the latter a `status`.

use kimochi_domain::Severity;

use super::Event;
use crate::alert::Alert;

pub(super) fn alert(event: &Event) -> Alert {
    let state = event.text("/state").or_else(|| event.text("/status")).unwrap_or("不明");
    let severity = match state {
        "FAILED" | "ABORTED" | "EXPIRED" | "PARTIAL" => Severity::Warning,
        _ => Severity::Info,
    };
    let job = match event.detail_type.as_str() {
        "Backup Job State Change" => "バックアップ",
        "Copy Job State Change" => "バックアップのコピー",
        "Restore Job State Change" => "復元",
        other => other,
    };
    let what = event.text("/resourceType").map(|what| format!("{what} の")).unwrap_or_default();
    Alert {
        description: event.text("/statusMessage").unwrap_or_default().trim_matches('"').to_owned(),
        facts: event.facts([
            ("保存対象", "/resourceArn"),
            ("復元先", "/createdResourceArn"),
            ("保管庫", "/backupVaultName"),
            ("完了", "/completionDate"),
        ]),
        key: ["/backupJobId", "/restoreJobId", "/copyJobId"]
            .iter()
            .find_map(|pointer| event.text(pointer))
            .map(str::to_owned),
        ..Alert::event(severity, format!("{what}{job}{}", in_words(state)))
    }
}

/// `に失敗しました（FAILED）`; a state that we do not know as it is.
fn in_words(state: &str) -> String {
    let words = match state {
        "CREATED" | "PENDING" => "を待っています",
        "RUNNING" => "が始まりました",
        "COMPLETED" => "が完了しました",
        "PARTIAL" => "が一部だけ完了しました",
        "FAILED" => "に失敗しました",
        "EXPIRED" => "が時間内に終わりませんでした",
        "ABORTING" => "を中止しています",
        "ABORTED" => "が中止されました",
        _ => return format!(": {state}"),
    };
    format!("{words}（{state}）")
}
