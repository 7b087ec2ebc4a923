//! The states of builds, deployments and stacks: how urgent they are, and what they are called in Japanese.

use kimochi_domain::Severity;

pub(super) fn severity(state: &str) -> Severity {
    let failed = ["FAIL", "ROLLBACK", "FAULT", "TIMED_OUT"].iter().any(|word| state.contains(word));
    if failed { Severity::Warning } else { Severity::Info }
}

/// `失敗しました（FAILED）`; a state that we do not know as it is.
pub(super) fn in_words(state: &str) -> String {
    match of_a_run(state).map(str::to_owned).or_else(|| of_a_stack(state)) {
        Some(words) => format!("{words}（{state}）"),
        None => state.to_owned(),
    }
}

fn of_a_run(state: &str) -> Option<&'static str> {
    let words = match state {
        "CREATED" | "START" | "STARTED" => "始まりました",
        "IN_PROGRESS" | "INPROGRESS" | "RUNNING" => "実行中です",
        "READY" => "準備ができました",
        "SUCCESS" | "SUCCEED" | "SUCCEEDED" => "成功しました",
        "FAILURE" | "FAILED" | "FAULT" => "失敗しました",
        "TIMED_OUT" => "時間切れになりました",
        "STOPPING" => "中止しています",
        "STOP" | "STOPPED" | "CANCELED" | "CANCELLED" => "中止されました",
        "SUPERSEDED" => "新しい実行に置き換えられました",
        _ => return None,
    };
    Some(words)
}

/// `ロールバックが完了しました` of `UPDATE_ROLLBACK_COMPLETE`.
fn of_a_stack(state: &str) -> Option<String> {
    const ACTIONS: [(&str, &str); 5] = [
        ("ROLLBACK_", "ロールバック"),
        ("CREATE_", "作成"),
        ("UPDATE_", "更新"),
        ("DELETE_", "削除"),
        ("IMPORT_", "インポート"),
    ];
    const ENDS: [(&str, &str); 4] = [
        ("_COMPLETE_CLEANUP_IN_PROGRESS", "が終わり、後片付けをしています"),
        ("_IN_PROGRESS", "をしています"),
        ("_COMPLETE", "が完了しました"),
        ("_FAILED", "に失敗しました"),
    ];
    let action = ACTIONS.iter().find(|action| state.contains(action.0))?;
    let end = ENDS.iter().find(|end| state.ends_with(end.0))?;
    Some(format!("{}{}", action.1, end.1))
}
