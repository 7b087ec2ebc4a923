//! Where in the logs a run has left its traces.

use kimochi_domain::console;
use kimochi_store::job_runs::JobRun;

/// The functions' log groups.
#[derive(Debug, Clone)]
pub struct Logs {
    /// The region they are in.
    pub region: String,
    /// What stands before a function's name in the name of its group.
    pub group_prefix: String,
}

impl Logs {
    /// CloudWatch Logs Insights, narrowed to the run's function, time and request. `None` when this release does not know
    /// whose work it is.
    pub(crate) fn url(&self, run: &JobRun) -> Option<String> {
        let group = format!("{}{}", self.group_prefix, run.kind.function()?);
        console::logs_url(&self.region, &group, run.request_id.as_deref(), run.started_at)
    }
}
