//! What a run says of each function, and what Lambda would bill for it.

use anyhow::{Context as _, Result};

use super::usage::Usage;
use crate::measure::{All, Figures};
use crate::statistics::Middle;

/// Memory for which Lambda gives a whole processor; less buys a part of one.
const MB_A_PROCESSOR: f64 = 1_769.0;

/// Of the functions that families call, and of what they are compared with.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    pub(super) presign: Times,
    pub(super) emotions: Times,
    pub(super) account: Times,
    pub(super) transcribe: Times,
    /// The SQL of a page of 50 logs over one bare connection.
    pub(super) list: Times,
    /// Whisper alone for a note, with the small model that is for tests: milliseconds. It has a thread of its own, whose
    /// processor time a run does not have.
    pub(super) whisper_ms: f64,
    /// Peaks of memory in MiB: the largest of those that answer HTTP, and transcribe's.
    pub(super) http_mib: f64,
    pub(super) transcribe_mib: f64,
}

/// Medians in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Times {
    pub(super) warm: f64,
    pub(super) processor: f64,
    /// Zero for what has no start of its own.
    pub(super) cold_start: f64,
    pub(super) first: f64,
}

impl Measured {
    pub(super) fn of(all: &All) -> Result<Self> {
        let figures = |name: &str| all.get(name).with_context(|| format!("the run has no {name}"));
        let times = |name: &str| {
            Times::of(figures(name)?).with_context(|| format!("{name} was not invoked in the run"))
        };
        let peak = |name: &str| figures(name).map(|figures| figures.memory.unwrap_or_default().peak);
        Ok(Self {
            presign: times("presign")?,
            emotions: times("emotions")?,
            account: times("account")?,
            transcribe: times("transcribe")?,
            list: times("alone-list")?,
            whisper_ms: figures("alone-whisper")?.warm.context("Whisper was not run alone")?.median,
            http_mib: peak("presign")?.max(peak("emotions")?).max(peak("account")?),
            transcribe_mib: peak("transcribe")?,
        })
    }

    /// What Lambda bills for a note, in milliseconds: all but Whisper as measured, and the production model as assumed.
    pub(super) fn note_ms(&self, usage: &Usage) -> f64 {
        let around = (self.transcribe.warm - self.whisper_ms).max(0.0);
        (around + usage.network_ms + usage.model_seconds * 1_000.0).ceil()
    }
}

impl Times {
    fn of(figures: &Figures) -> Option<Self> {
        let median = |middle: Option<Middle>| middle.map(|middle| middle.median);
        Some(Self {
            warm: median(figures.warm)?,
            processor: median(figures.processor)?,
            cold_start: median(figures.cold_start).unwrap_or_default(),
            first: median(figures.first).unwrap_or_default(),
        })
    }

    /// What passes while the function itself computes nothing: the database works, at most so long.
    pub(super) fn waiting(&self) -> f64 {
        (self.warm - self.processor).max(0.0)
    }

    /// What Lambda bills for a warm request, in milliseconds: less than a whole processor takes longer, and a millisecond that
    /// began is billed.
    pub(super) fn billed_ms(&self, usage: &Usage) -> f64 {
        let share = (usage.http_memory_mb / MB_A_PROCESSOR).min(1.0);
        (self.waiting() + usage.network_ms + self.processor / share).ceil()
    }

    /// What a cold start adds to that, in milliseconds. Lambda bills it, too: the start as well, as it always has in runtimes
    /// that are one's own.
    pub(super) fn cold_ms(&self, usage: &Usage) -> f64 {
        self.cold_start + (self.first - self.warm).max(0.0) + usage.connect_ms
    }
}
