//! The tasks, one file each. What goes, after how long, and why:
//!
//! | task | what | after | why |
//! |---|---|---|---|
//! | `purge` | families that left: every object and row; the tombstone stays | 10 min (an hour while an upload may arrive) | a family that leaves takes everything along |
//! | `purge` | children, logs and recordings that were deleted | the same | deleted means gone |
//! | `purge` | answers to requests with an `Idempotency-Key` | a day | nobody repeats a request after that |
//! | `stale` | uploads that never came: `expired`; those that came unnoticed: into the queue | a day | their URL was good for three minutes |
//! | `stale` | notes that nobody is at: back into the queue | 2 h | their message, or their sandbox, was lost |
//! | `orphans` | objects without a recording: into quarantine, and gone a week later | a day | nobody can ask for them, and nobody could delete them |
//! | `orphans` | recordings without their object: told of | a day | only people can bring them back |
//! | `seal` | a digest of each day's audit rows and the day before | 1 h | what was written cannot change unnoticed |
//! | `retention` | audit rows: to the bucket, and out of the database | `AuditLogsKeptDays`, 180 | operations document, 6.1 |
//! | `retention` | job runs: to the bucket, and out of the database | `JobRunsKeptDays`, 90 | operations document, 6.1 |
//! | `verify` | nothing: every audit row is compared with its seal | – | a chain that nobody looks at proves nothing |
//! | `capacity` | nothing: what lies in the bucket is counted | – | nobody likes to be surprised |
//! | `misuse` | nothing: who did unusually much is counted | – | somebody may read what is not for them |

mod capacity;
mod misuse;
mod orphans;
mod purge;
mod retention;
mod seal;
mod stale;
mod verify;

use serde_json::Value;

use crate::failure::Failure;
use crate::{App, Run, Task};

pub use misuse::MisuseThresholds;

impl Task {
    /// Does it, as far as there is time; gives its numbers.
    pub(crate) async fn run(self, app: &App, run: &Run<'_>) -> Result<Value, Failure> {
        match self {
            Self::Purge => purge::run(app, run).await,
            Self::Stale => stale::run(app, run).await,
            Self::Orphans => orphans::run(app, run).await,
            Self::Seal => seal::run(app, run).await,
            Self::Retention => retention::run(app, run).await,
            Self::Verify => verify::run(app, run).await,
            Self::Capacity => capacity::run(app, run).await,
            Self::Misuse => misuse::run(app, run).await,
        }
    }
}
