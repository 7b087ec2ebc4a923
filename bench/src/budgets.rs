//! What the figures must keep to: each a ratio of two that were measured in the same run, or a limit of memory or size.

use serde::{Deserialize, Serialize};

use crate::measure::{All, Figures};
use crate::statistics::Middle;

/// A function that answers HTTP requests, and one that tells of alerts.
const SMALL: [&str; 5] = ["presign", "emotions", "account", "admin", "alert-relay"];
const HTTP: [&str; 4] = ["presign", "emotions", "account", "admin"];

/// How a figure stands to its budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) limit: Limit,
}

/// The budget.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Verdict {
    pub(crate) fn is_kept(&self) -> bool {
        match self.limit {
            Limit::AtMost(most) => self.value <= most,
            Limit::AtLeast(least) => self.value >= least,
        }
    }
}

/// Every budget whose figures were measured.
pub(crate) fn judge(all: &All) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let mut judge = |what: String, value: Option<f64>, limit| {
        verdicts.extend(value.map(|value| Verdict { what, value, limit }));
    };
    let cold = |name| median(all, name, |figures| figures.cold_start);
    let warm = |name| median(all, name, |figures| figures.warm);
    let processor = |name| median(all, name, |figures| figures.processor);
    let ratio = |of: Option<f64>, to: Option<f64>| Some(of? / to?);

    for name in SMALL {
        judge(format!("cold start, {name} : empty"), ratio(cold(name), cold("empty")), Limit::AtMost(1.5));
    }
    judge(
        "cold start, transcribe : empty".to_owned(),
        ratio(cold("transcribe"), cold("empty")),
        Limit::AtMost(4.0),
    );
    for (ours, peer) in [("presign", "python-presign"), ("emotions", "python-emotions")] {
        judge(format!("cold start, {peer} : {ours}"), ratio(cold(peer), cold(ours)), Limit::AtLeast(15.0));
    }
    let floor = processor("alone-presign").zip(processor("empty")).map(|(presign, empty)| presign + empty);
    judge(
        "processor, presign : signing alone + empty".to_owned(),
        ratio(processor("presign"), floor),
        Limit::AtMost(1.5),
    );
    judge(
        "processor, python-presign : presign".to_owned(),
        ratio(processor("python-presign"), processor("presign")),
        Limit::AtLeast(10.0),
    );
    judge(
        "warm, list of 50 : its SQL alone".to_owned(),
        ratio(warm("emotions"), warm("alone-list")),
        Limit::AtMost(1.3),
    );
    judge(
        "requests a processor second, emotions : python-emotions".to_owned(),
        ratio(processor("python-emotions"), processor("emotions")),
        Limit::AtLeast(8.0),
    );
    judge(
        "warm, transcribe : Whisper alone".to_owned(),
        ratio(warm("transcribe"), warm("alone-whisper")),
        Limit::AtMost(1.1),
    );
    judge(
        "time, export and delete : COPY and DELETE".to_owned(),
        ratio(warm("export"), warm("alone-export")),
        Limit::AtMost(2.0),
    );
    for name in HTTP {
        let memory = all.get(name).and_then(|figures| figures.memory);
        judge(format!("peak memory of {name}, MiB"), memory.map(|memory| memory.peak), Limit::AtMost(24.0));
        let growth =
            memory.filter(|memory| memory.after_100 > 0.0).map(|memory| memory.at_end / memory.after_100);
        judge(format!("memory of {name}, at the end : after 100"), growth, Limit::AtMost(1.02));
        let zip = all.get(name).and_then(|figures| figures.zip);
        judge(format!("zip of {name}, MiB"), zip, Limit::AtMost(4.0));
    }
    verdicts
}

fn median(all: &All, name: &str, figure: impl Fn(&Figures) -> Option<Middle>) -> Option<f64> {
    all.get(name).and_then(figure).map(|middle| middle.median)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cold(median: f64) -> Figures {
        Figures { cold_start: Some(Middle { median, ..Middle::default() }), ..Figures::default() }
    }

    #[test]
    fn a_budget_is_kept_up_to_its_limit_and_missed_beyond() {
        let of = |presign| {
            let all = All::from([("empty".to_owned(), cold(10.0)), ("presign".to_owned(), cold(presign))]);
            judge(&all)
        };

        assert_eq!(of(15.0).len(), 1, "only what was measured is judged");
        assert!(of(15.0)[0].is_kept());
        assert!(!of(15.1)[0].is_kept());
    }

    #[test]
    fn a_peer_has_to_be_slower() {
        let all = All::from([("presign".to_owned(), cold(10.0)), ("python-presign".to_owned(), cold(149.0))]);

        assert!(!judge(&all)[0].is_kept());
    }
}
