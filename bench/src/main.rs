//! Measures the release binaries of the functions the way Lambda runs them, beside what they are compared with, and holds the
//! ratios against their budgets.
//!
//! `make bench` builds everything, starts the local stack, and calls this. A run takes its own database and bucket there.

mod baselines;
mod budgets;
mod house;
mod measure;
mod report;
mod runtime_api;
mod sandbox;
mod statistics;
mod targets;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use kimochi_runtime::clock;

use crate::baselines::Baselines;
use crate::budgets::Verdict;
use crate::house::House;
use crate::measure::Amount;
use crate::report::{Machine, Run};

const USAGE: &str = "bench [--function NAME]… [--rounds N] [--invocations N] [--json FILE] [--against FILE]";

/// What was asked for.
#[derive(Debug)]
struct Asked {
    functions: Vec<String>,
    amount: Amount,
    json: Option<PathBuf>,
    against: Option<PathBuf>,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "what it is for")]
async fn main() -> Result<ExitCode> {
    let asked = asked(std::env::args().skip(1))?;
    let voice = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/samples/kimochi_1.webm"))?;
    let house = House::new(voice.clone()).await?;
    let baselines = Baselines::new(&house, &voice).await?;
    let mut targets = targets::all(&house)?;
    targets.retain(|target| is_wanted(target.name, &asked.functions));

    let figures = measure::all(&house, &baselines, &targets, asked.amount).await?;
    let verdicts = budgets::judge(&figures);
    let run = Run { machine: machine()?, amount: asked.amount, figures, verdicts };

    println!("{}", report::table(&run));
    if let Some(against) = asked.against {
        let earlier: Run = serde_json::from_slice(&std::fs::read(against)?)?;
        println!("{}", report::comparison(&run, &earlier));
    }
    if let Some(json) = asked.json {
        std::fs::write(json, serde_json::to_vec_pretty(&run)?)?;
    }
    let is_kept = run.verdicts.iter().all(Verdict::is_kept);
    Ok(if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All of them, or those that were named, with what they are compared with.
fn is_wanted(name: &str, functions: &[String]) -> bool {
    let of = |function: &String| name == function || name.strip_prefix("python-") == Some(function);
    functions.is_empty() || name == "empty" || functions.iter().any(of)
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Result<Asked> {
    let mut asked = Asked {
        functions: Vec::new(),
        amount: Amount { rounds: 20, invocations: 50 },
        json: None,
        against: None,
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next().context(USAGE)?;
        match name.as_str() {
            "--function" => asked.functions.push(value),
            "--rounds" => asked.amount.rounds = value.parse()?,
            "--invocations" => asked.amount.invocations = value.parse()?,
            "--json" => asked.json = Some(value.into()),
            "--against" => asked.against = Some(value.into()),
            _ => bail!(USAGE),
        }
    }
    Ok(asked)
}

fn machine() -> Result<Machine> {
    let information = std::fs::read_to_string("/proc/cpuinfo")?;
    let processor = information.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    Ok(Machine {
        processor: processor.trim_start_matches([' ', '\t', ':']).to_owned(),
        processors: std::thread::available_parallelism()?.get(),
        kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
        rustc: said("rustc", &["--version"]),
        commit: said("git", &["describe", "--always", "--dirty"]),
        at: clock::now().to_string(),
    })
}
