//! What a month suggests to change: a table of thresholds, each with what to do when it is crossed (operations document, 8).

use crate::markdown::Section;
use crate::numbers::{Numbers, people, refused};
use crate::words::{count, days, percent, time};

/// On which side of its limit a value is a reason to act.
#[derive(Debug, Clone, Copy)]
enum Limit {
    Below(f64),
    Above(f64),
}

/// A threshold, and what to do when it is crossed.
pub(crate) struct Threshold {
    name: &'static str,
    /// `None` when nobody measured it.
    value: fn(&Numbers) -> Option<f64>,
    limit: Limit,
    shown: fn(f64) -> String,
    advice: &'static str,
}

const THRESHOLDS: &[Threshold] = &[
    Threshold {
        name: "可用性",
        value: |numbers| numbers.api.known()?.availability_percent.known().copied(),
        limit: Limit::Below(99.9),
        shown: percent,
        advice: "5xx の多い経路を「遅い経路」で確かめ、原因のログを調べる。データベースの接続切れが多ければ RDS Proxy を検討する",
    },
    Threshold {
        name: "エラー率",
        value: |numbers| Some(numbers.api.known()?.error_percent),
        limit: Limit::Above(1.0),
        shown: percent,
        advice: "エラーの多い経路から順に原因を直す",
    },
    Threshold {
        name: "平均応答時間",
        value: |numbers| numbers.api.known()?.mean_ms.known().copied(),
        limit: Limit::Above(500.0),
        shown: time,
        advice: "「遅い経路」と「時間のかかるクエリ」の上位を見直し、実行計画とインデックスを確かめる",
    },
    Threshold {
        name: "応答時間 p95",
        value: |numbers| numbers.api.known()?.p95_ms.known().copied(),
        limit: Limit::Above(1_000.0),
        shown: time,
        advice: "コールドスタートの回数を調べ、必要ならメモリを増やすか、使われる時間帯に Provisioned Concurrency を使う",
    },
    Threshold {
        name: "失敗した文字起こしの割合",
        value: |numbers| numbers.voice.known()?.percent("failed"),
        limit: Limit::Above(2.0),
        shown: percent,
        advice: "job_runs のエラーの内訳から多い原因を直し、失敗した録音を再実行する",
    },
    Threshold {
        name: "一部しか文字にならなかった録音の割合",
        value: |numbers| numbers.voice.known()?.percent("partial"),
        limit: Limit::Above(5.0),
        shown: percent,
        advice: "時間切れが多ければ TranscribeTimeout と TranscribeMemorySize を増やす。壊れたファイルが多ければ、アプリの録音を調べる",
    },
    Threshold {
        name: "アップロードから結果までの p95",
        value: |numbers| numbers.voice.known()?.times.wait_ms_p95,
        limit: Limit::Above(60_000.0),
        shown: time,
        advice: "transcribe の同時実行数（テンプレートの Concurrency）を増やす",
    },
    Threshold {
        name: "アップロードされなかった録音の割合",
        value: |numbers| {
            let voice = numbers.voice.known()?;
            (voice.total() > 0).then(|| voice.of("expired") as f64 / voice.total() as f64 * 100.0)
        },
        limit: Limit::Above(10.0),
        shown: percent,
        advice: "アプリのアップロードと再試行（最大3回）が働いているかを調べる",
    },
    Threshold {
        name: "失敗した定期処理",
        value: |numbers| {
            let work = numbers.work.known()?.iter().filter(|kind| kind.kind != "transcribe");
            Some(work.map(|kind| kind.failed as f64).sum())
        },
        limit: Limit::Above(0.0),
        shown: |value| format!("{}回", count(value)),
        advice: "エラーの内訳を確かめ、同じものが続くなら手順書に原因と対処を加える",
    },
    Threshold {
        name: "待たされた、または拒否された関数の呼び出し",
        value: |numbers| {
            Some(numbers.functions.known()?.each.iter().map(|function| function.throttles).sum())
        },
        limit: Limit::Above(0.0),
        shown: |value| format!("{}回", count(value)),
        advice: "アカウントの同時実行数の上限を引き上げる",
    },
    Threshold {
        name: "DLQ に入った文字起こし",
        value: |numbers| numbers.queues.known()?.dead_letters_most,
        limit: Limit::Above(0.0),
        shown: |value| format!("{}件", count(value)),
        advice: "手順書の transcribe-dlq に従って原因を直し、DLQ を空にする",
    },
    Threshold {
        name: "保存容量の割合",
        value: |numbers| numbers.capacity.known()?.percent,
        limit: Limit::Above(80.0),
        shown: percent,
        advice: "容量の計画（CapacityQuotaGib）を見直し、増えている接頭辞のストレージクラスを検討する",
    },
    Threshold {
        name: "保存容量が一杯になるまで",
        value: |numbers| numbers.capacity.known()?.days_until_full,
        limit: Limit::Below(90.0),
        shown: days,
        advice: "次の四半期のうちに一杯になる。容量と費用の計画を改める",
    },
    Threshold {
        name: "データベースの接続",
        value: |numbers| {
            let state = numbers.database.known()?;
            Some(state.connections as f64 / f64::from(state.max_connections.max(1)) * 100.0)
        },
        limit: Limit::Above(80.0),
        shown: percent,
        advice: "transcribe の同時実行数を抑えるか、RDS Proxy か大きなインスタンスにする",
    },
    Threshold {
        name: "キャッシュヒット率",
        value: |numbers| numbers.database.known()?.hit_percent,
        limit: Limit::Below(95.0),
        shown: percent,
        advice: "メモリの多いインスタンスにするか、広い範囲を読むクエリにインデックスを足す",
    },
    Threshold {
        name: "データベースの CPU 使用率（平均）",
        value: |numbers| numbers.instance.known()?.cpu_percent_mean,
        limit: Limit::Above(70.0),
        shown: percent,
        advice: "時間のかかるクエリを見直し、足りなければインスタンスを大きくする",
    },
    Threshold {
        name: "データベースの CPU 使用率（最も高い1時間）",
        value: |numbers| numbers.instance.known()?.cpu_percent_most,
        limit: Limit::Below(10.0),
        shown: percent,
        advice: "小さなインスタンスにして費用を下げられる",
    },
    Threshold {
        name: "データベースの空きディスク",
        value: |numbers| Some(numbers.instance.known()?.free_storage_bytes_least? / f64::from(1 << 30)),
        limit: Limit::Below(5.0),
        shown: |value| format!("{value:.1} GiB"),
        advice: "ストレージを増やすか、ストレージの自動スケーリングを有効にする",
    },
    Threshold {
        name: "費用の増加",
        value: |numbers| {
            let costs = numbers.costs.as_ref()?.known()?;
            let before = costs.total_before();
            (before > 0.0).then(|| (costs.total() - before) / before * 100.0)
        },
        limit: Limit::Above(20.0),
        shown: percent,
        advice: "増えたサービスを「費用」で確かめる。S3 ならストレージクラスと古いバージョン、Lambda ならメモリと実行時間を見直す",
    },
    Threshold {
        name: "拒否されたアクセス",
        value: |numbers| Some(refused(numbers.deeds.as_ref()?.known()?) as f64),
        limit: Limit::Above(100.0),
        shown: |value| format!("{}件", count(value)),
        advice: "同じ利用者からのものが多ければ、監査ログで何を試したかを調べる",
    },
    Threshold {
        name: "普段より読み取りの多い利用者",
        value: |numbers| Some(people(numbers.readers.as_ref()?.known()?) as f64),
        limit: Limit::Above(0.0),
        shown: |value| format!("{}人", count(value)),
        advice: "「普段より読み取りの多い利用者」の ID で監査ログを調べ、理由の分からない運用者の閲覧は本人に確かめる",
    },
    Threshold {
        name: "サインインの失敗の割合",
        value: |numbers| {
            let pools = numbers.sign_ins.as_ref()?.known()?.iter();
            let (all, failed) = pools.fold((0.0, 0.0), |(all, failed), pool| {
                (all + pool.attempts.unwrap_or_default(), failed + pool.failures.unwrap_or_default())
            });
            (all >= 50.0).then(|| failed / all * 100.0)
        },
        limit: Limit::Above(20.0),
        shown: percent,
        advice: "総当たりを疑い、Cognito の脅威保護と AWS WAF のレート制限を検討する",
    },
];

/// What was crossed, as a sentence each.
pub(crate) fn crossed(numbers: &Numbers) -> Vec<String> {
    let crossed = THRESHOLDS.iter().filter_map(|threshold| {
        let value = (threshold.value)(numbers)?;
        let (is_crossed, limit) = match threshold.limit {
            Limit::Below(limit) => (value < limit, format!("{} 未満", (threshold.shown)(limit))),
            Limit::Above(limit) => (value > limit, format!("{} 超", (threshold.shown)(limit))),
        };
        let Threshold { name, shown, advice, .. } = threshold;
        is_crossed.then(|| format!("**{name}：{}**（しきい値 {limit}）。{advice}。", shown(value)))
    });
    crossed.collect()
}

/// What could not be held against its threshold.
fn unknown(numbers: &Numbers) -> Vec<&'static str> {
    let unknown = THRESHOLDS.iter().filter(|threshold| (threshold.value)(numbers).is_none());
    unknown.map(|threshold| threshold.name).collect()
}

pub(crate) fn section(numbers: &Numbers) -> Section {
    let crossed = crossed(numbers);
    let section = Section::new("改善の提案");
    let section = if crossed.is_empty() {
        section.paragraph("しきい値を超えたものはありません。")
    } else {
        section.list(crossed)
    };
    let unknown = unknown(numbers);
    if unknown.is_empty() {
        return section;
    }
    section.paragraph(&format!("数値がなく、判定できなかったもの：{}。", unknown.join("、")))
}
