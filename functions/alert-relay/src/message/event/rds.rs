//! RDS: what happens to the database.

use kimochi_domain::Severity;
use serde_json::Value;

use super::Event;
use crate::alert::{Alert, Fact};

pub(super) fn alert(event: &Event) -> Alert {
    let categories =
        event.detail["EventCategories"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let categories: Vec<_> = categories.collect();
    let severity = match categories.first().copied() {
        Some("failure" | "low storage") => Severity::Critical,
        Some("failover" | "availability" | "notification" | "recovery" | "read replica") => Severity::Warning,
        _ => Severity::Info,
    };
    let database = event.text("/SourceIdentifier").unwrap_or("データベース");
    let mut facts = event.facts([("イベント", "/EventID"), ("種類", "/SourceType")]);
    facts.extend(Fact::of("分類", Some(categories.join(", "))));
    let source = event.text("/SourceArn").unwrap_or(database);
    let message = event.text("/Message").unwrap_or_default();
    let what = categories.first().map_or("イベント", |category| in_japanese(category));
    Alert {
        description: message.to_owned(),
        at: event.text("/Date").and_then(|at| at.parse().ok()),
        facts,
        key: Some(format!("{source}/{}", categories.first().copied().unwrap_or_default())),
        ..Alert::event(severity, format!("RDS {database}: {what}{}", progress(message)))
    }
}

fn in_japanese(category: &str) -> &str {
    match category {
        "availability" => "稼働状況",
        "backup" => "バックアップ",
        "configuration change" => "設定の変更",
        "creation" => "作成",
        "deletion" => "削除",
        "failover" => "フェイルオーバー",
        "failure" => "障害",
        "low storage" => "ストレージの不足",
        "maintenance" => "メンテナンス",
        "notification" => "お知らせ",
        "read replica" => "リードレプリカ",
        "recovery" => "回復",
        "restoration" => "復元",
        "security patching" => "セキュリティの更新",
        other => other,
    }
}

/// How far it is, which only the sentence says.
fn progress(message: &str) -> &'static str {
    const WORDS: [(&str, &str); 5] = [
        ("failed", "（失敗）"),
        ("unable to", "（失敗）"),
        ("started", "（開始）"),
        ("complete", "（完了）"),
        ("finished", "（完了）"),
    ];
    let message = message.to_lowercase();
    WORDS.iter().find(|word| message.contains(word.0)).map_or("", |word| word.1)
}
