//! Numbers and names as operators read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::numbers::Given;

/// What stands in the place of a number that nobody has.
pub(crate) const NOTHING: &str = "―";

/// `取得できません：…`
pub(crate) fn unavailable(why: &str) -> String {
    format!("取得できません：{why}")
}

/// A number, or that there is none; why stands elsewhere.
pub(crate) fn or_none(value: &Given<f64>, shown: fn(f64) -> String) -> String {
    value.known().map_or_else(|| "取得できません".to_owned(), |value| shown(*value))
}

/// A number, or why there is none.
pub(crate) fn or_why(value: &Given<f64>, shown: fn(f64) -> String) -> String {
    match value {
        Given::Known(value) => shown(*value),
        Given::Missing { unavailable: why } => unavailable(why),
    }
}

/// A number, or a dash.
pub(crate) fn or_dash(value: Option<f64>, shown: fn(f64) -> String) -> String {
    value.map_or_else(|| NOTHING.to_owned(), shown)
}

/// `12,345`
pub(crate) fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if value <= -0.5 { format!("-{text}") } else { text }
}

/// `99.95 %`: cut and not rounded up, since 99.999 % is not 100 %.
pub(crate) fn percent(value: f64) -> String {
    format!("{:.2} %", (value * 100.0 + 1e-6).floor() / 100.0)
}

/// `612 ms`, or `1.5 s` from ten seconds on.
pub(crate) fn time(ms: f64) -> String {
    if ms >= 10_000.0 { format!("{:.1} s", ms / 1_000.0) } else { format!("{} ms", count(ms)) }
}

/// `12.3 MiB`
pub(crate) fn bytes(value: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = value;
    let mut unit = 0;
    while value.abs() >= 1_024.0 && unit + 1 < UNITS.len() {
        value /= 1_024.0;
        unit += 1;
    }
    if unit == 0 { format!("{value:.0} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// `約120日`
pub(crate) fn days(value: f64) -> String {
    format!("約{}日", count(value))
}

/// `+12.5 %`; a dash when there was nothing before.
pub(crate) fn change(now: f64, before: f64) -> String {
    if before == 0.0 { NOTHING.to_owned() } else { format!("{:+.1} %", (now - before) / before * 100.0) }
}

/// `2026-03-31 23:30`
pub(crate) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A status of a recording, or what else waits.
pub(crate) fn status(name: &str) -> &str {
    match name {
        "requested" => "アップロード待ち",
        "uploaded" => "文字起こし待ち",
        "transcribing" => "文字起こし中",
        "transcribed" => "文字起こし完了",
        "no_speech" => "発話なし",
        "partial" => "一部のみ",
        "failed" => "失敗",
        "expired" => "アップロードされず",
        "families_leaving" => "退会した家族の消去待ち",
        "recordings_deleted" => "削除された録音の消去待ち",
        "runs_running" => "実行中の処理",
        other => other,
    }
}

/// Whoever does something.
pub(crate) fn actor(kind: &str) -> &str {
    match kind {
        "parent" => "保護者",
        "operator" => "運用者",
        "function" => "関数",
        other => other,
    }
}

/// What came of it.
pub(crate) fn outcome(name: &str) -> &str {
    match name {
        "done" => "実行",
        "refused" => "拒否",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        for (text, shown) in [
            (count(0.0), "0"),
            (count(999.0), "999"),
            (count(1_234_567.0), "1,234,567"),
            (count(-1_000.0), "-1,000"),
            (percent(99.999_6), "99.99 %"),
            (percent(100.0), "100.00 %"),
            (percent(99.9), "99.90 %"),
            (time(612.4), "612 ms"),
            (time(12_345.0), "12.3 s"),
            (bytes(0.0), "0 B"),
            (bytes(1_536.0), "1.5 KiB"),
            (bytes(5.0 * 1_024.0 * 1_024.0 * 1_024.0), "5.0 GiB"),
            (change(110.0, 100.0), "+10.0 %"),
            (change(1.0, 0.0), "―"),
            (or_dash(None, count), "―"),
            (or_why(&Given::missing("理由"), count), "取得できません：理由"),
        ] {
            assert_eq!(text, shown);
        }
    }
}
