//! Many clients at once, through a gateway that gives each request a sandbox of its own for as long as it takes, as Lambda
//! does; when all are busy, requests wait here, where Lambda would start another one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::sandbox::Sandbox;
use crate::statistics::percentile;
use crate::targets::{Target, Work};

/// Clients that ask one request after the other.
const CLIENTS: usize = 200;
/// How long they do.
const TIME: Duration = Duration::from_secs(60);
/// As many as the local PostgreSQL has connections for, beside what the stack needs.
const SANDBOXES: usize = 32;

/// What came of it.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) answers: usize,
    /// Why there was none.
    pub(crate) errors: Vec<String>,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Sandboxes that wait for a request.
struct Gateway {
    free: Mutex<mpsc::Receiver<Sandbox>>,
    back: mpsc::Sender<Sandbox>,
}

/// Lets all clients ask the target.
pub(crate) async fn load(target: &Target) -> Result<Load> {
    let Work::Event(event, _) = &target.work else { anyhow::bail!("{} answers no requests", target.name) };
    let (back, free) = mpsc::channel(SANDBOXES);
    for _ in 0..SANDBOXES {
        back.send(Sandbox::start(&target.start).await?.0).await?;
    }
    let gateway = Arc::new(Gateway { free: Mutex::new(free), back });

    let mut clients = JoinSet::new();
    let end = Instant::now() + TIME;
    for _ in 0..CLIENTS {
        clients.spawn(ask_until(end, Arc::clone(&gateway), target.clone(), Arc::clone(event)));
    }
    let (mut times, mut errors) = (Vec::new(), Vec::new());
    while let Some(client) = clients.join_next().await {
        let (its_times, its_errors) = client?;
        times.extend(its_times);
        errors.extend(its_errors);
    }
    Ok(Load { answers: times.len(), errors, p50: percentile(&times, 0.5), p99: percentile(&times, 0.99) })
}

async fn ask_until(
    end: Instant,
    gateway: Arc<Gateway>,
    target: Target,
    event: Arc<[u8]>,
) -> (Vec<f64>, Vec<String>) {
    let (mut times, mut errors) = (Vec::new(), Vec::new());
    while Instant::now() < end {
        let begun = Instant::now();
        match gateway.ask(&target, &event).await {
            Ok(()) => times.push(begun.elapsed().as_secs_f64() * 1_000.0),
            Err(error) => errors.push(format!("{error:#}")),
        }
    }
    (times, errors)
}

impl Gateway {
    async fn ask(&self, target: &Target, event: &Arc<[u8]>) -> Result<()> {
        let sandbox = self.free.lock().await.recv().await;
        let mut sandbox = sandbox.ok_or_else(|| anyhow::anyhow!("no sandbox is left"))?;
        let outcome = sandbox.invoke(event).await;
        if outcome.is_err() {
            // As Lambda does with one that failed.
            sandbox = Sandbox::start(&target.start).await?.0;
        }
        self.back.send(sandbox).await?;
        target.check(&outcome?.answer)
    }
}
