//! The machinery: functions, work on schedules, what waits, the bucket, the database, the bill.

use crate::markdown::Section;
use crate::numbers::{Capacity, Numbers};
use crate::words::{
    NOTHING, bytes, change, count, days, moment, or_dash, percent, status, time, unavailable,
};

/// So many services of the bill are shown; the others are one row.
const MOST_COSTS: usize = 12;

pub(super) fn functions(numbers: &Numbers) -> Section {
    Section::of("関数", &numbers.functions, |functions, section| {
        let rows = functions.each.iter().map(|function| {
            [
                function.name.to_owned(),
                count(function.invocations),
                count(function.errors),
                count(function.throttles),
                or_dash(function.mean_ms, time),
                or_dash(function.p95_ms, time),
            ]
        });
        section.table(["関数", "呼び出し", "エラー", "待機・拒否", "平均", "p95"], rows, NOTHING)
    })
}

pub(super) fn work(numbers: &Numbers) -> Section {
    Section::of("処理の実行（job_runs）", &numbers.work, |work, section| {
        let rows = work.iter().map(|kind| {
            [
                kind.kind.clone(),
                count(kind.succeeded as f64),
                count(kind.failed as f64),
                count(kind.running as f64),
            ]
        });
        let codes = work.iter().flat_map(|kind| {
            kind.codes.iter().map(|(code, runs)| [kind.kind.clone(), code.clone(), count(*runs as f64)])
        });
        section
            .table(["処理", "成功", "失敗", "未完了"], rows, "実行された処理はありません。")
            .heading("エラーの内訳")
            .table(["処理", "エラー", "件数"], codes, "エラーはありません。")
    })
}

pub(super) fn backlog(numbers: &Numbers) -> Section {
    let zone = &numbers.time_zone;
    let waiting = Section::of("滞留", &numbers.backlog, |waiting, section| {
        let rows = waiting.iter().map(|row| {
            let since = row.since.map_or_else(|| NOTHING.to_owned(), |since| moment(since, zone));
            [status(&row.what).to_owned(), count(row.waiting as f64), since]
        });
        section
            .table(["待っているもの", "件数", "最も古いもの"], rows, "待っているものはありません。")
            .paragraph("作成した時点の数です。")
    });
    match numbers.queues.known() {
        None => waiting
            .paragraph(&format!("キュー：{}", unavailable(numbers.queues.why_not().unwrap_or_default()))),
        Some(queues) => waiting.table(
            ["キュー（期間中の最大）", "値"],
            [
                ["文字起こし待ちのメッセージ".to_owned(), or_dash(queues.waiting_most, count)],
                [
                    "最も長く待ったメッセージ".to_owned(),
                    or_dash(queues.oldest_seconds.map(|seconds| seconds * 1_000.0), time),
                ],
                ["文字起こしの DLQ".to_owned(), or_dash(queues.dead_letters_most, count)],
                ["通知の DLQ".to_owned(), or_dash(queues.dead_alerts_most, count)],
            ],
            NOTHING,
        ),
    }
}

pub(super) fn capacity(numbers: &Numbers) -> Section {
    Section::of("保存容量", &numbers.capacity, |capacity, section| {
        let rows = capacity.prefixes.iter().map(|(prefix, counted)| {
            [format!("{prefix}/"), count(counted.objects as f64), bytes(counted.bytes as f64)]
        });
        let at = moment(capacity.counted_at, &numbers.time_zone);
        section
            .table(["接頭辞", "オブジェクト", "容量（全バージョン）"], rows, NOTHING)
            .table(["全体", "値"], totals(capacity), NOTHING)
            .paragraph(&format!("{at} に数えたものです。"))
    })
}

fn totals(capacity: &Capacity) -> [[String; 2]; 6] {
    let no_quota = || unavailable("容量の上限（CapacityQuotaGib）が設定されていません");
    let until = |value: Option<f64>| match (capacity.percent, value) {
        (None, _) => no_quota(),
        (Some(_), Some(value)) => days(value),
        (Some(_), None) => "増えていません".to_owned(),
    };
    [
        ["使用量".to_owned(), bytes(capacity.bytes as f64)],
        ["上限に対する割合".to_owned(), capacity.percent.map_or_else(no_quota, percent)],
        ["1日あたりの増加".to_owned(), or_dash(capacity.bytes_a_day, bytes)],
        ["期間中の増加".to_owned(), or_dash(capacity.grown_bytes.map(|grown| grown as f64), bytes)],
        ["80 % に達するまで".to_owned(), until(capacity.days_until_80_percent)],
        ["100 % に達するまで".to_owned(), until(capacity.days_until_full)],
    ]
}

pub(super) fn database(numbers: &Numbers) -> Section {
    let section = Section::of("データベース", &numbers.database, |database, section| {
        let connections = format!("{} / {}", database.connections, database.max_connections);
        section
            .table(
                ["PostgreSQL", "値"],
                [
                    ["大きさ".to_owned(), bytes(database.bytes as f64)],
                    ["接続（いま / 上限）".to_owned(), connections],
                    ["キャッシュヒット率".to_owned(), or_dash(database.hit_percent, percent)],
                    ["デッドロック（統計の開始から）".to_owned(), count(database.deadlocks as f64)],
                ],
                NOTHING,
            )
            .paragraph("作成した時点の値です。")
    });
    match numbers.instance.known() {
        None => section.paragraph(&format!(
            "インスタンス：{}",
            unavailable(numbers.instance.why_not().unwrap_or_default())
        )),
        Some(instance) => section.table(
            ["インスタンス（期間中）", "値"],
            [
                ["CPU 使用率（平均）".to_owned(), or_dash(instance.cpu_percent_mean, percent)],
                ["CPU 使用率（最も高い1時間）".to_owned(), or_dash(instance.cpu_percent_most, percent)],
                ["空きメモリ（最小）".to_owned(), or_dash(instance.free_memory_bytes_least, bytes)],
                ["空きディスク（最小）".to_owned(), or_dash(instance.free_storage_bytes_least, bytes)],
                ["接続（最大）".to_owned(), or_dash(instance.connections_most, count)],
                ["読み取り（平均）".to_owned(), or_dash(instance.read_ms_mean, time)],
                ["書き込み（平均）".to_owned(), or_dash(instance.write_ms_mean, time)],
            ],
            NOTHING,
        ),
    }
}

pub(super) fn statements(numbers: &Numbers) -> Section {
    let Some(statements) = &numbers.statements else { return Section::new("時間のかかるクエリ") };
    Section::of("時間のかかるクエリ", statements, |statements, section| {
        let rows = statements.iter().map(|statement| {
            [
                statement.name.clone(),
                count(statement.calls as f64),
                format!("{:.2} ms", statement.mean_ms),
                time(statement.total_ms),
                count(statement.rows as f64),
            ]
        });
        section
            .table(["クエリ", "回数", "平均", "合計", "行"], rows, "記録がありません。")
            .paragraph("pg_stat_statements の統計を始めてからの累計です。")
    })
}

pub(super) fn costs(numbers: &Numbers) -> Section {
    let Some(costs) = &numbers.costs else { return Section::new("費用") };
    Section::of("費用", costs, |costs, section| {
        let row = |name: &str, amount: f64, before: f64| {
            [name.to_owned(), format!("{amount:.2}"), format!("{before:.2}"), change(amount, before)]
        };
        let (shown, others) = costs.services.split_at(costs.services.len().min(MOST_COSTS));
        let mut rows: Vec<_> =
            shown.iter().map(|cost| row(&cost.service, cost.amount, cost.before)).collect();
        if !others.is_empty() {
            let sum = |of: fn(&crate::numbers::Cost) -> f64| others.iter().map(of).sum();
            rows.push(row("その他", sum(|cost| cost.amount), sum(|cost| cost.before)));
        }
        rows.push(row("合計", costs.total(), costs.total_before()));
        let amount = format!("この月（{}）", costs.currency);
        let estimated = if costs.is_estimated { "請求はまだ確定していません。" } else { "" };
        section
            .table(["サービス", &amount, "前の月", "増減"], rows, NOTHING)
            .paragraph(&format!("アカウント全体の費用です（UnblendedCost、月の区切りは UTC）。{estimated}"))
    })
}
