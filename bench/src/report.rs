//! The table that people read, and the document that the next run can be compared with.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::budgets::{Limit, Verdict};
use crate::measure::{All, Amount, Figures};
use crate::statistics::Middle;

/// A run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) machine: Machine,
    pub(crate) amount: Amount,
    pub(crate) figures: All,
    pub(crate) verdicts: Vec<Verdict>,
}

/// Where and of what it was.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) processors: usize,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
    pub(crate) commit: String,
    pub(crate) at: String,
}

/// The run as text.
pub(crate) fn table(run: &Run) -> String {
    let mut text = String::new();
    let Machine { processor, processors, kernel, rustc, commit, at } = &run.machine;
    let Amount { rounds, invocations } = run.amount;
    line(&mut text, format_args!("{at}, commit {commit}, {rustc}"));
    line(&mut text, format_args!("{processors} × {processor}, {kernel}"));
    line(
        &mut text,
        format_args!("{rounds} interleaved rounds, {invocations} invocations in each; medians (quartiles)\n"),
    );
    line(
        &mut text,
        format_args!(
            "{:<16} {:>22} {:>9} {:>22} {:>9} {:>10} {:>24} {:>8}",
            "",
            "cold start, ms",
            "first, ms",
            "warm, ms",
            "p99, ms",
            "CPU, µs",
            "MiB: start/100/end/peak",
            "zip, MiB"
        ),
    );
    for (name, figures) in &run.figures {
        line(&mut text, format_args!("{}", row(name, figures)));
    }
    text.push('\n');
    for verdict in &run.verdicts {
        let (sign, limit) = match verdict.limit {
            Limit::AtMost(limit) => ("≤", limit),
            Limit::AtLeast(limit) => ("≥", limit),
        };
        let mark = if verdict.is_kept() { "   " } else { "✗  " };
        line(&mut text, format_args!("{mark}{:<58} {:>8.2} {sign} {limit}", verdict.what, verdict.value));
    }
    text
}

/// How the medians stand to those of an earlier run: to be read with care, since the machine was another one at that time.
pub(crate) fn comparison(run: &Run, earlier: &Run) -> String {
    let mut text = String::new();
    line(&mut text, format_args!("\nagainst {} (commit {}):", earlier.machine.at, earlier.machine.commit));
    for (name, now) in &run.figures {
        let Some(then) = earlier.figures.get(name) else { continue };
        let change = |figure: fn(&Figures) -> Option<Middle>| match (figure(now), figure(then)) {
            (Some(now), Some(then)) => format!("{:>+6.0} %", (now.median / then.median - 1.0) * 100.0),
            _ => format!("{:>8}", "–"),
        };
        line(
            &mut text,
            format_args!(
                "{name:<16} cold start {}  warm {}  CPU {}",
                change(|figures| figures.cold_start),
                change(|figures| figures.warm),
                change(|figures| figures.processor)
            ),
        );
    }
    text
}

fn row(name: &str, figures: &Figures) -> String {
    let middle = |middle: Option<Middle>| {
        middle.map_or_else(
            || "–".to_owned(),
            |Middle { median, quartiles, .. }| format!("{median:.2} ({:.2}–{:.2})", quartiles.0, quartiles.1),
        )
    };
    let number =
        |number: Option<f64>, digits| number.map_or_else(|| "–".to_owned(), |n| format!("{n:.digits$}"));
    let memory = figures.memory.map_or_else(
        || "–".to_owned(),
        |m| format!("{:.1}/{:.1}/{:.1}/{:.1}", m.at_start, m.after_100, m.at_end, m.peak),
    );
    format!(
        "{name:<16} {:>22} {:>9} {:>22} {:>9} {:>10} {memory:>24} {:>8}",
        middle(figures.cold_start),
        number(figures.first.map(|first| first.median), 2),
        middle(figures.warm),
        number(figures.warm_p99, 2),
        number(figures.processor.map(|processor| processor.median * 1_000.0), 0),
        number(figures.zip, 2),
    )
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // A String takes everything.
    let _ = writeln!(text, "{arguments}");
}
