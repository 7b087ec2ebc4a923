//! The tasks, called as their schedules call them.

#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod logs;
mod misuse;
mod orphans;
mod runs;
mod stale;
mod support;
