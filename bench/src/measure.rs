//! Rounds: in each of them every target has its turn, so that whatever else the machine does hits all alike.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::baselines::Baselines;
use crate::house::House;
use crate::sandbox::{Sandbox, own_processor_time};
use crate::statistics::{Middle, percentile};
use crate::targets::{Target, Work};

/// How much is measured.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Amount {
    /// Rounds of cold starts, and as many of warm invocations.
    pub(crate) rounds: usize,
    /// Warm invocations of each target in a round; of transcribe a tenth.
    pub(crate) invocations: usize,
}

/// What was measured of a target or a baseline; times in milliseconds, memory in MiB.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// From the start of the process to its first request for an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cold_start: Option<Middle>,
    /// The first invocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first: Option<Middle>,
    /// Each later invocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) warm: Option<Middle>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) warm_p99: Option<f64>,
    /// Time on the processor for an invocation: the middle one of the rounds' means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) processor: Option<Middle>,
    /// Resident after the start, after 100 invocations, and after all; and the peak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) memory: Option<Memory>,
    /// Of the binary, compressed as in a zip, in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) zip: Option<f64>,
}

/// Resident memory in MiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) at_start: f64,
    pub(crate) after_100: f64,
    pub(crate) at_end: f64,
    pub(crate) peak: f64,
}

pub(crate) type All = BTreeMap<String, Figures>;

pub(crate) async fn all(
    house: &House,
    baselines: &Baselines,
    targets: &[Target],
    amount: Amount,
) -> Result<All> {
    let mut figures = All::new();
    cold(house, targets, amount, &mut figures).await?;
    warm(house, baselines, targets, amount, &mut figures).await?;
    for target in targets.iter().filter(|target| target.is_ours()) {
        figures.entry(target.name.to_owned()).or_default().zip = Some(zip(target)?);
    }
    Ok(figures)
}

async fn cold(house: &House, targets: &[Target], amount: Amount, figures: &mut All) -> Result<()> {
    let mut starts: BTreeMap<_, Vec<f64>> = BTreeMap::new();
    let mut firsts: BTreeMap<_, Vec<f64>> = BTreeMap::new();
    // One round for the page cache.
    for round in 0..=amount.rounds {
        for target in targets {
            let (mut sandbox, start) = Sandbox::start(&target.start).await?;
            let first = invoke(house, target, &mut sandbox).await?;
            if round > 0 {
                starts.entry(target.name).or_default().push(milliseconds(start));
                firsts.entry(target.name).or_default().extend(first.map(milliseconds));
            }
        }
    }
    for (name, starts) in starts {
        let firsts = &firsts[name];
        let figures = figures.entry(name.to_owned()).or_default();
        figures.cold_start = Some(Middle::of(&starts));
        figures.first = (!firsts.is_empty()).then(|| Middle::of(firsts));
    }
    Ok(())
}

/// What is kept of a target between rounds.
struct Running<'a> {
    target: &'a Target,
    sandbox: Sandbox,
    done: usize,
    times: Vec<f64>,
    processor: Vec<f64>,
    memory: Memory,
}

async fn warm(
    house: &House,
    baselines: &Baselines,
    targets: &[Target],
    amount: Amount,
    figures: &mut All,
) -> Result<()> {
    let mut running = Vec::new();
    for target in targets.iter().filter(|target| !matches!(target.work, Work::None)) {
        let (mut sandbox, _) = Sandbox::start(&target.start).await?;
        let memory = Memory { at_start: mebibytes(sandbox.memory()?.now), ..Memory::default() };
        invoke(house, target, &mut sandbox).await?;
        running.push(Running { target, sandbox, done: 1, times: vec![], processor: vec![], memory });
    }
    let [mut presign, mut insert, mut list, mut whisper] = std::array::from_fn(|_| Alone::default());
    for _ in 0..amount.rounds {
        for one in &mut running {
            one.round(house, amount.invocations).await?;
        }
        presign.round(10 * amount.invocations, async || baselines.presign().await).await?;
        insert.round(amount.invocations, async || baselines.insert().await).await?;
        list.round(amount.invocations, async || baselines.list().await).await?;
        whisper.round(amount.invocations.div_ceil(10), async || baselines.whisper().await).await?;
    }
    for one in running {
        let figures = figures.entry(one.target.name.to_owned()).or_default();
        figures.warm = Some(Middle::of(&one.times));
        figures.warm_p99 = Some(percentile(&one.times, 0.99));
        figures.processor = Some(Middle::of(&one.processor));
        let memory = one.sandbox.memory()?;
        figures.memory =
            Some(Memory { at_end: mebibytes(memory.now), peak: mebibytes(memory.peak), ..one.memory });
    }
    // Whisper has a thread of its own, which is not counted here.
    whisper.processor.clear();
    for (name, alone) in [
        ("alone-presign", presign),
        ("alone-insert", insert),
        ("alone-list", list),
        ("alone-whisper", whisper),
    ] {
        figures.insert(name.to_owned(), alone.figures());
    }
    Ok(())
}

impl Running<'_> {
    async fn round(&mut self, house: &House, invocations: usize) -> Result<()> {
        let count =
            if matches!(self.target.work, Work::Arrival) { invocations.div_ceil(10) } else { invocations };
        let before = self.sandbox.processor_time()?;
        for _ in 0..count {
            let took = invoke(house, self.target, &mut self.sandbox).await?;
            self.times.extend(took.map(milliseconds));
            self.done += 1;
            if self.done == 100 {
                self.memory.after_100 = mebibytes(self.sandbox.memory()?.now);
            }
        }
        let processor = self.sandbox.processor_time()?.saturating_sub(before);
        self.processor.push(milliseconds(processor) / count as f64);
        Ok(())
    }
}

/// One invocation, checked; `None` when the target has nothing to do.
async fn invoke(house: &House, target: &Target, sandbox: &mut Sandbox) -> Result<Option<Duration>> {
    let event = match &target.work {
        Work::Event(event, _) => std::sync::Arc::clone(event),
        Work::Arrival => house.arrival().await?,
        Work::None => return Ok(None),
    };
    let outcome = sandbox.invoke(&event).await.with_context(|| target.name)?;
    target.check(&outcome.answer)?;
    Ok(Some(outcome.time))
}

/// What was measured of a baseline.
#[derive(Default)]
struct Alone {
    times: Vec<f64>,
    processor: Vec<f64>,
}

impl Alone {
    /// The kernel writes down what a thread has used when it looks at it, some hundred times a second: only many pieces of
    /// work together can be told from nothing.
    async fn round(&mut self, count: usize, work: impl AsyncFn() -> Result<()>) -> Result<()> {
        let processor = own_processor_time()?;
        for _ in 0..count {
            let begun = Instant::now();
            work().await?;
            self.times.push(milliseconds(begun.elapsed()));
        }
        let processor = own_processor_time()?.saturating_sub(processor);
        self.processor.push(milliseconds(processor) / count as f64);
        Ok(())
    }

    fn figures(&self) -> Figures {
        Figures {
            warm: Some(Middle::of(&self.times)),
            warm_p99: Some(percentile(&self.times, 0.99)),
            processor: (!self.processor.is_empty()).then(|| Middle::of(&self.processor)),
            ..Figures::default()
        }
    }
}

/// How large the artifact of a function is: its binary, compressed as zip compresses.
fn zip(target: &Target) -> Result<f64> {
    let mut binary = std::fs::File::open(&target.start.program)?;
    let mut compressed = flate2::read::DeflateEncoder::new(&mut binary, flate2::Compression::default());
    Ok(std::io::copy(&mut compressed, &mut std::io::sink())? as f64 / f64::from(1 << 20))
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
