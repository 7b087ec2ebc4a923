//! The tasks, one file each. What goes, after how long, and why:
//!
//! | task | what | after | why |
//! |---|---|---|---|
//! | `purge` | families that left: every object and row; the tombstone stays | 10 min (an hour while an upload may arrive) | a family that leaves takes everything along |
//! | `purge` | children, logs and recordings that were deleted | the same | deleted means gone |
//! | `purge` | answers to requests with an `Idempotency-Key` | a day | nobody repeats a request after that |
//! | `stale` | uploads that never came: `expired` | a day | their URL was good for three minutes |

mod capacity;
mod purge;
mod stale;

use serde_json::Value;

use crate::failure::Failure;
use crate::{App, Run, Task};

impl Task {
    /// Does it, as far as there is time; gives its numbers.
    pub(crate) async fn run(self, app: &App, run: &Run<'_>) -> Result<Value, Failure> {
        match self {
            Self::Purge => purge::run(app, run).await,
            Self::Stale => stale::run(app, run).await,
            Self::Capacity => capacity::run(app, run).await,
        }
    }
}
