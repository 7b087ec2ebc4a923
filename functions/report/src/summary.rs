//! A report in a few lines, for Slack and for its own first page.

use kimochi_domain::ReportKind;

use crate::advice;
use crate::numbers::{Given, Numbers, people, refused};
use crate::targets::{Target, Verdict};
use crate::words::{bytes, change, count, days, or_why, percent, time, unavailable};

/// `日次レポート 2026-03-31：目標を満たしています`
pub(crate) fn headline(numbers: &Numbers) -> String {
    let name = match numbers.report {
        ReportKind::Daily => "日次レポート",
        ReportKind::Weekly => "週次レポート",
        ReportKind::Monthly => "月次レポート",
    };
    let verdicts: Vec<_> = Target::ALL
        .into_iter()
        .filter(|target| target.is_promised())
        .map(|target| target.verdict(&target.of(&numbers.api)))
        .collect();
    let verdict = if verdicts.contains(&Verdict::Broken) {
        "目標に届かなかったものがあります"
    } else if verdicts.contains(&Verdict::Unknown) {
        "目標を判定できません"
    } else {
        "目標を満たしています"
    };
    format!("{name} {}：{verdict}", numbers.period)
}

/// The lines.
pub(crate) fn summary(numbers: &Numbers) -> Vec<String> {
    let mut lines = service(numbers);
    lines.push(voice(numbers));
    match numbers.report {
        ReportKind::Daily => lines.extend([work(numbers), backlog(numbers), capacity(numbers)]),
        ReportKind::Weekly => lines.extend(security(numbers).into_iter().chain([work(numbers)])),
        ReportKind::Monthly => {
            lines.extend([costs(numbers), capacity(numbers)]);
            lines.push(format!("改善の提案：{}件", advice::crossed(numbers).len()));
        }
    }
    lines
}

/// One line for each target, or one for all when nothing is known.
fn service(numbers: &Numbers) -> Vec<String> {
    if let Some(why) = numbers.api.why_not() {
        return vec![format!("可用性・エラー率・応答時間：{}", unavailable(why))];
    }
    let line = |target: Target| {
        let value = target.of(&numbers.api);
        let shown: fn(f64) -> String = match target {
            Target::Availability | Target::Errors => percent,
            Target::Mean | Target::P95 => time,
        };
        let sign = target.verdict(&value).sign();
        format!("{}：{}（{}）{sign}", target.name(), or_why(&value, shown), target.text())
    };
    Target::ALL.map(line).into()
}

fn voice(numbers: &Numbers) -> String {
    match &numbers.voice {
        Given::Missing { unavailable: why } => format!("文字起こし：{}", unavailable(why)),
        Given::Known(voice) => format!(
            "文字起こし：{}件（完了 {}、発話なし {}、一部のみ {}、失敗 {}）",
            count((voice.total() - voice.of("expired")) as f64),
            voice.of("transcribed"),
            voice.of("no_speech"),
            voice.of("partial"),
            voice.of("failed")
        ),
    }
}

fn work(numbers: &Numbers) -> String {
    match &numbers.work {
        Given::Missing { unavailable: why } => format!("処理の実行：{}", unavailable(why)),
        Given::Known(work) => {
            let failed: Vec<_> = work.iter().filter(|kind| kind.failed > 0).collect();
            let named: Vec<_> =
                failed.iter().map(|kind| format!("{} {}件", kind.kind, kind.failed)).collect();
            let named = if named.is_empty() {
                "失敗なし".to_owned()
            } else {
                format!("失敗 {}", named.join("、"))
            };
            let all: i64 = work.iter().map(|kind| kind.succeeded + kind.failed + kind.running).sum();
            format!("処理の実行：{}回（{named}）", count(all as f64))
        }
    }
}

fn backlog(numbers: &Numbers) -> String {
    match &numbers.backlog {
        Given::Missing { unavailable: why } => format!("滞留：{}", unavailable(why)),
        Given::Known(waiting) => {
            let of = |names: &[&str]| -> i64 {
                let found = waiting.iter().filter(|row| names.contains(&row.what.as_str()));
                found.map(|row| row.waiting).sum()
            };
            format!(
                "滞留：文字起こし待ち {}件、消去待ちの家族 {}、録音 {}",
                of(&["uploaded", "transcribing"]),
                of(&["families_leaving"]),
                of(&["recordings_deleted"])
            )
        }
    }
}

fn capacity(numbers: &Numbers) -> String {
    match &numbers.capacity {
        Given::Missing { unavailable: why } => format!("保存容量：{}", unavailable(why)),
        Given::Known(capacity) => {
            let share =
                capacity.percent.map(|share| format!("（上限の {}）", percent(share))).unwrap_or_default();
            let full =
                capacity.days_until_full.map(|until| format!("、{}で一杯", days(until))).unwrap_or_default();
            format!("保存容量：{}{share}{full}", bytes(capacity.bytes as f64))
        }
    }
}

fn security(numbers: &Numbers) -> [String; 3] {
    let slowest = match &numbers.routes {
        Some(Given::Known(routes)) => routes.first().map_or_else(
            || "最も遅い経路：リクエストはありませんでした".to_owned(),
            |route| format!("最も遅い経路：{}（p95 {}）", route.route, time(route.p95_ms)),
        ),
        Some(Given::Missing { unavailable: why }) => format!("最も遅い経路：{}", unavailable(why)),
        None => String::new(),
    };
    let refused = match &numbers.deeds {
        Some(Given::Known(deeds)) => format!("拒否された操作：{}件", count(refused(deeds) as f64)),
        Some(Given::Missing { unavailable: why }) => format!("拒否された操作：{}", unavailable(why)),
        None => String::new(),
    };
    let unusual = match &numbers.readers {
        Some(Given::Known(readers)) => {
            format!("普段より読み取りの多い利用者：{}人", people(readers))
        }
        Some(Given::Missing { unavailable: why }) => {
            format!("普段より読み取りの多い利用者：{}", unavailable(why))
        }
        None => String::new(),
    };
    [slowest, refused, unusual]
}

fn costs(numbers: &Numbers) -> String {
    match &numbers.costs {
        Some(Given::Known(costs)) => format!(
            "費用：{:.2} {}（前の月から {}）",
            costs.total(),
            costs.currency,
            change(costs.total(), costs.total_before())
        ),
        Some(Given::Missing { unavailable: why }) => format!("費用：{}", unavailable(why)),
        None => String::new(),
    }
}
