//! AWS Budgets: a letter with a table. No event tells of the same.

use kimochi_domain::Severity;

use crate::alert::{Alert, Fact};
use crate::console;

/// For how long the money is meant to last, in the letter's words.
const PERIODS: [(&str, &str); 2] = [(" per day", "1日"), (" for the current month", "今月")];

pub(super) fn alert(letter: &str) -> Option<Alert> {
    let letter = letter.trim();
    letter.strip_prefix("AWS Budget Notification ")?;
    let after = |start: &str| letter.lines().find_map(|line| line.trim().strip_prefix(start)).map(str::trim);
    let name = after("Budget Name:")?;
    let threshold = after("Alert Threshold:")?;
    let (actual, amount, label) = match after("Alert Type:")? {
        "ACTUAL" => (true, after("ACTUAL Amount:")?, "実績"),
        "FORECASTED" => (false, after("FORECASTED Amount:")?, "予測"),
        _ => return None,
    };
    let account = after("AWS Account ");
    let period = PERIODS.iter().find(|period| letter.contains(period.0)).map(|period| period.1);
    let facts = [
        Fact::of("予算額", after("Budgeted Amount:")),
        Fact::of("しきい値", Some(threshold)),
        Fact::of(label, Some(amount)),
        Fact::of("期間", period),
        Fact::of("予算の種類", after("Budget Type:")),
        Fact::of("アカウント", account),
    ];
    Some(Alert {
        facts: facts.into_iter().flatten().collect(),
        links: console::link("予算を開く", after("[1]")).into_iter().collect(),
        key: Some(format!("budget/{}/{name}", account.unwrap_or_default())),
        ..Alert::event(
            if actual { Severity::Warning } else { Severity::Info },
            format!("予算 {name}: {label} {amount} がしきい値 {}", reached(threshold, actual)),
        )
    })
}

/// `$240.00 を超えました`
fn reached(threshold: &str, actual: bool) -> String {
    let (value, words) = match (threshold.strip_prefix('>'), threshold.strip_prefix('<'), actual) {
        (Some(value), _, true) => (value, "を超えました"),
        (Some(value), _, false) => (value, "を超える見込みです"),
        (_, Some(value), true) => (value, "を下回りました"),
        (_, Some(value), false) => (value, "を下回る見込みです"),
        (_, _, true) => (threshold, "に達しました"),
        (_, _, false) => (threshold, "に達する見込みです"),
    };
    format!("{} {words}", value.trim())
}
