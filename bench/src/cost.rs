//! What a month costs, derived from a run: for how many families, at which list prices, under which assumptions.
//!
//! Everything that is not measured is an input, in `prices.json` and `usage.json` beside this crate's manifest, and says
//! where it comes from. From there on there are only pure functions.

mod bill;
mod database;
mod load;
mod measured;
mod page;
mod prices;
#[cfg(test)]
mod tests;
mod turning_points;
mod usage;

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;

use crate::report::Run;
use measured::Measured;
use prices::PriceList;
use usage::Usage;

/// What AWS calls a GB.
const GB: f64 = 1_073_741_824.0;

/// All that a month's bill follows from.
#[derive(Debug)]
struct Inputs {
    usage: Usage,
    prices: PriceList,
    measured: Measured,
}

/// The page `docs/COST.md` from the run in this file.
pub(crate) fn page(run: &Path) -> Result<String> {
    let run: Run = read(run)?;
    let inputs = Inputs {
        usage: Usage::of(read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/usage.json")))?)?,
        prices: read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/prices.json")))?,
        measured: Measured::of(&run.figures)?,
    };
    Ok(page::render(&run.machine, &inputs))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let content = std::fs::read(path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&content).with_context(|| path.display().to_string())
}
