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
    let what = event.text("/resourceType").unwrap_or_default();
    Alert {
        description: event.text("/statusMessage").unwrap_or_default().trim_matches('"').to_owned(),
        facts: event.facts([
            ("保存対象", "/resourceArn"),
            ("復元先", "/createdResourceArn"),
            ("保管庫", "/backupVaultName"),
            ("完了", "/completionDate"),
        ]),
        key: event.text("/backupJobId").or_else(|| event.text("/restoreJobId")).map(str::to_owned),
        ..Alert::event(severity, format!("{} {what}: {state}", event.detail_type))
    }
}
