//! Measures the release binaries of the functions the way Lambda runs them, beside what they are compared with, and holds the
//! ratios against their budgets.
//!
//! `make bench` builds everything, starts the local stack, and calls this. A run takes its own database and bucket there.
//! `make cost` derives from a run that was kept what a month on AWS costs.

mod baselines;
mod budgets;
mod cost;
mod export;
mod growth;
mod house;
mod load;
mod measure;
mod report;
mod runtime_api;
mod sandbox;
mod statistics;
mod targets;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use kimochi_runtime::clock;

use crate::baselines::Baselines;
use crate::budgets::Verdict;
use crate::growth::Size;
use crate::house::House;
use crate::load::Load;
use crate::measure::Amount;
use crate::report::{Machine, Run};
use crate::targets::Target;

const USAGE: &str = "bench [--function NAME]… [--rounds N] [--invocations N] [--json FILE] [--against FILE]
bench load                             200 clients for a minute
bench growth FILE.svg                  lists and summaries beside up to ten million rows
bench cost FILE                        what a month on AWS costs, from a run that was kept";

/// What was asked for.
#[derive(Debug)]
struct Asked {
    functions: Vec<String>,
    amount: Amount,
    json: Option<PathBuf>,
    against: Option<PathBuf>,
}

// One thread, like the functions: a baseline must not wait for another one to wake up.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let voice = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/samples/kimochi_1.webm"))?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["load"] => load(&House::new(voice).await?).await,
        ["cost", run] => cost(Path::new(run)),
        ["growth", picture] => growth(&House::new(voice).await?, Path::new(picture)).await,
        _ => measure(&House::new(voice.clone()).await?, &voice, asked(arguments.into_iter())?).await,
    }
}

#[expect(clippy::print_stdout, reason = "what it is for")]
async fn load(house: &House) -> Result<ExitCode> {
    let load = load::load(&emotions(house)?).await?;
    let Load { answers, errors, p50, p99 } = load;
    println!("{answers} answers, {} errors; median {p50:.1} ms, p99 {p99:.1} ms", errors.len());
    for error in errors.iter().take(10) {
        println!("{error}");
    }
    Ok(if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stdout, reason = "what it is for")]
async fn growth(house: &House, picture: &Path) -> Result<ExitCode> {
    let sizes = growth::measure(house, &emotions(house)?).await?;
    println!("| rows | a page of fifty, ms | summary, ms |\n|---:|---:|---:|");
    for Size { rows, list, summary } in &sizes {
        println!("| {rows} | {:.2} | {:.2} |", list.median, summary.median);
    }
    growth::draw(&sizes, picture)?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "what it is for")]
fn cost(run: &Path) -> Result<ExitCode> {
    println!("{}", cost::page(run)?);
    Ok(ExitCode::SUCCESS)
}

fn emotions(house: &House) -> Result<Target> {
    targets::all(house)?.into_iter().find(|target| target.name == "emotions").context("emotions")
}

#[expect(clippy::print_stdout, reason = "what it is for")]
async fn measure(house: &House, voice: &[u8], asked: Asked) -> Result<ExitCode> {
    let baselines = Baselines::new(house, voice).await?;
    let mut targets = targets::all(house)?;
    for name in &asked.functions {
        anyhow::ensure!(targets.iter().any(|target| target.name == name), "no function is called {name}");
    }
    targets.retain(|target| is_wanted(target.name, &asked.functions));

    let mut figures = measure::all(house, &baselines, &targets, asked.amount).await?;
    if asked.functions.is_empty() {
        let [archived, copied] = export::measure(asked.amount.rounds, export::ROWS).await?;
        figures.extend([("export".to_owned(), archived), ("alone-export".to_owned(), copied)]);
    }
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
