//! What became of voice notes.

use crate::markdown::Section;
use crate::numbers::Numbers;
use crate::words::{NOTHING, count, or_dash, percent, status, time};

/// The statuses in which a note ends, in the order in which they are shown.
pub(crate) const ENDINGS: [&str; 5] = ["transcribed", "no_speech", "partial", "failed", "expired"];

pub(super) fn voice(numbers: &Numbers) -> Section {
    let before = numbers.voice_before.known();
    Section::of("文字起こし", &numbers.voice, |voice, section| {
        let others = voice.by_status.keys().map(String::as_str).filter(|name| !ENDINGS.contains(name));
        let row = |name: &str| {
            let share = if name == "expired" { None } else { voice.percent(name) };
            let before = or_dash(before.map(|before| before.of(name) as f64), count);
            [status(name).to_owned(), count(voice.of(name) as f64), or_dash(share, percent), before]
        };
        let rows: Vec<_> = ENDINGS.into_iter().chain(others).map(row).collect();
        let times = &voice.times;
        let times_before = before.map(|before| &before.times);
        let of = |name: &str, mean: Option<f64>, p95: Option<f64>, mean_before: Option<f64>| {
            [name.to_owned(), or_dash(mean, time), or_dash(p95, time), or_dash(mean_before, time)]
        };
        section.table(["結果", "件数", "届いたうちの割合", "前の期間"], rows, NOTHING).table(
            ["時間", "平均", "p95", "前の期間の平均"],
            [
                of(
                    "文字起こしの処理",
                    times.processing_ms_mean,
                    times.processing_ms_p95,
                    times_before.and_then(|times| times.processing_ms_mean),
                ),
                of(
                    "アップロードから結果まで",
                    times.wait_ms_mean,
                    times.wait_ms_p95,
                    times_before.and_then(|times| times.wait_ms_mean),
                ),
            ],
            NOTHING,
        )
    })
}
