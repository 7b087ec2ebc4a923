//! How long a step of a measurement takes, and how much memory this process has at most meanwhile.

use std::time::{Duration, Instant};

/// A step that is measured.
#[derive(Debug)]
pub struct Step {
    name: &'static str,
    began: Instant,
}

/// What a step took.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// How long.
    pub time: Duration,
    /// The most resident memory of this process, in KiB.
    pub peak_kib: u64,
}

impl Step {
    /// Begins; from here on the kernel counts the peak anew.
    ///
    /// # Panics
    /// Where there is no `/proc` of Linux.
    pub fn begin(name: &'static str) -> Self {
        std::fs::write("/proc/self/clear_refs", "5").expect("Linux");
        Self { name, began: Instant::now() }
    }

    /// Ends, and tells of it; `count` is what was worked through.
    ///
    /// # Panics
    /// Where there is no `/proc` of Linux.
    #[expect(clippy::print_stdout, reason = "what it is for")]
    pub fn end(self, count: u64) -> Taken {
        let time = self.began.elapsed();
        let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        let peak_kib = peak.trim().trim_end_matches(" kB").parse().expect("KiB");
        println!(
            "{}: {count} in {:.1} s, at most {:.1} MiB",
            self.name,
            time.as_secs_f64(),
            peak_kib as f64 / 1024.0
        );
        Taken { time, peak_kib }
    }
}
