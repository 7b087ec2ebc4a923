//! One sandbox: a function's process in an environment as clean as Lambda's, and the Runtime API that feeds it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::time::timeout;

use crate::runtime_api::{Outcome, RuntimeApi};

/// Lambda gives a function ten seconds to begin.
const LONGEST_INIT: Duration = Duration::from_secs(10);
/// No invocation here takes nearly as long: the function is gone.
const LONGEST_INVOCATION: Duration = Duration::from_secs(60);

/// How a function is started.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) folder: PathBuf,
    pub(crate) variables: Vec<(String, String)>,
}

/// A process that waits for events. It is killed with this value.
#[derive(Debug)]
pub(crate) struct Sandbox {
    api: RuntimeApi,
    process: Child,
}

/// The memory of a process, in KiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Resident now.
    pub(crate) now: u64,
    /// The most that was ever resident.
    pub(crate) peak: u64,
}

impl Sandbox {
    /// Starts a process; gives the time from there to its first request for an event, too.
    pub(crate) async fn start(start: &Start) -> Result<(Self, Duration)> {
        let api = RuntimeApi::start().await?;
        let mut command = Command::new(&start.program);
        command
            .args(&start.arguments)
            .current_dir(&start.folder)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .envs(start.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let begun = Instant::now();
        let process = command.spawn().with_context(|| format!("{}", start.program.display()))?;
        let sandbox = Self { api, process };
        let asked = timeout(LONGEST_INIT, sandbox.api.first_next()).await;
        let asked = asked.with_context(|| format!("{} asks for no event", start.program.display()))??;
        Ok((sandbox, asked.duration_since(begun)))
    }

    /// Hands it an event.
    pub(crate) async fn invoke(&mut self, event: &Arc<[u8]>) -> Result<Outcome> {
        timeout(LONGEST_INVOCATION, self.api.invoke(event)).await.context("it does not answer")?
    }

    /// How long its threads have been on a processor.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let mut nanoseconds = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            // A thread may end in between.
            nanoseconds += schedule_of(&thread?.path()).unwrap_or_default();
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    pub(crate) fn memory(&self) -> Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("a line")?;
            Ok::<u64, anyhow::Error>(line.trim().trim_end_matches(" kB").parse()?)
        };
        Ok(Memory { now: of("VmRSS:")?, peak: of("VmHWM:")? })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How long this thread has been on a processor.
pub(crate) fn own_processor_time() -> Result<Duration> {
    Ok(Duration::from_nanos(schedule_of(Path::new("/proc/thread-self")).context("schedstat")?))
}

/// Nanoseconds; the kernel counts them one by one, unlike those of `stat`.
fn schedule_of(thread: &Path) -> Option<u64> {
    std::fs::read_to_string(thread.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
}
