//! What operators are told about transcriptions. Ids and reasons only: nothing that a child said.

use std::collections::BTreeMap;

use kimochi_domain::{AudioKey, Failure, MAX_ATTEMPTS, RecordingId, Severity};
use kimochi_notify::Notice;

use crate::Invocation;

/// A recording was given up although its file may be fine.
pub(crate) fn attempts_exhausted(recording_id: RecordingId, invocation: &Invocation, reason: &str) -> Notice {
    Notice {
        event_type: "transcription_failed",
        severity: Severity::Warning,
        title: "音声の文字起こしに失敗しました".to_owned(),
        description: format!(
            "{MAX_ATTEMPTS}回試しましたが完了しませんでした（原因: {reason}）。録音は残っています。"
        ),
        next_steps: vec![
            "`request_id` で CloudWatch Logs を検索し、原因を確認する".to_owned(),
            "原因を取り除き、`POST /v1/admin/job-runs/{id}/retry` で再実行する".to_owned(),
        ],
        thread_id: format!("transcription-{recording_id}"),
        context: context(Some(recording_id), invocation, reason),
    }
}

/// A file was received that holds nothing to transcribe.
pub(crate) fn broken_file(recording_id: RecordingId, invocation: &Invocation, failure: Failure) -> Notice {
    Notice {
        event_type: "recording_unreadable",
        severity: Severity::Info,
        title: "読み取れない音声ファイルを受信しました".to_owned(),
        description: format!("再試行はしません（原因: {failure}）。保護者には録り直しを案内しています。"),
        next_steps: vec!["同じ端末やブラウザーで続く場合は、録音側の不具合を調査する".to_owned()],
        thread_id: format!("recording-unreadable-{failure}"),
        context: context(Some(recording_id), invocation, failure.as_str()),
    }
}

/// An object appeared under `audio/` without an upload having been asked for. A key that is not of our making may
/// hold anything, a name or a mention of everybody in the channel; it stands in `job_runs` alone.
pub(crate) fn unrequested(key: &str, size_bytes: i64, invocation: &Invocation, reason: &str) -> Notice {
    let mut context = context(None, invocation, reason);
    if let Ok(key) = key.parse::<AudioKey>() {
        context.insert("key", key.to_string());
    }
    context.insert("size_bytes", size_bytes.to_string());
    Notice {
        event_type: "unrequested_object",
        severity: Severity::Warning,
        title: "依頼されていない音声オブジェクトを検知しました".to_owned(),
        description: "アップロードの記録がないオブジェクトです。処理せずに残してあります。".to_owned(),
        next_steps: vec![
            "`job_runs` を `request_id` で検索し、`subject` でキーを確認する".to_owned(),
            "誰が書き込んだかを CloudTrail で確認する".to_owned(),
            "不要と確認できたら、すべてのバージョンを削除する".to_owned(),
        ],
        thread_id: "unrequested-object".to_owned(),
        context,
    }
}

fn context(
    recording_id: Option<RecordingId>,
    invocation: &Invocation,
    reason: &str,
) -> BTreeMap<&'static str, String> {
    let mut context =
        BTreeMap::from([("request_id", invocation.request_id.clone()), ("reason", reason.to_owned())]);
    if !invocation.log_group.is_empty() {
        context.insert("log_group", invocation.log_group.clone());
    }
    if let Some(id) = recording_id {
        context.insert("recording_id", id.to_string());
    }
    context
}
