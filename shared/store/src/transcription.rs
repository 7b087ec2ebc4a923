//! The steps of a voice note on its way to text, as the worker takes them.
//!
//! ```text
//! claim ──► Claimed(attempt) ──► finish      transcribed, no_speech or partial
//!                            ├─► fail        failed: no further attempt would help
//!                            └─► give_back   something that may pass: the next delivery claims again
//! ```
//!
//! From `failed` an operator's [`retry()`] leads back to before the first claim.
//!
//! Each step is one transaction over `recordings` and `job_runs`. An attempt that lost its claim, because
//! its lease ran out and another one began, changes nothing any more: it is told that it was `Superseded`.

mod claim;
mod retry;
mod settle;

pub use claim::{Arrival, Attempt, Claim, Run, claim, record_unrequested};
pub use retry::{Object, Retry, retry};
pub use settle::{Completion, Ending, GivenBack, Outcome, fail, finish, give_back};
