//! What a run did.

use kimochi_blob::Erased;
use kimochi_store::purge::{RemovedObjects, RemovedRows};
use serde::Serialize;

/// What a run did, in numbers; together with the receipts in `audit_logs` it tells where everything went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Families of whom nothing is left that should go.
    pub families: u64,
    /// Families that could not be finished because of an error of their own. The next run tries again.
    pub failed: u64,
    /// What was removed from the bucket.
    pub objects: RemovedObjects,
    /// What was removed from the database.
    pub rows: RemovedRows,
    /// Whether nothing is left to do: `false` when time or batch ended first, or a family failed.
    pub complete: bool,
}

impl Report {
    pub(crate) fn add_objects(&mut self, erased: Erased) {
        self.objects.versions += erased.versions;
        self.objects.bytes += erased.bytes;
    }

    pub(crate) fn add_rows(&mut self, rows: RemovedRows) {
        self.rows.emotion_logs += rows.emotion_logs;
        self.rows.job_runs += rows.job_runs;
        self.rows.recordings += rows.recordings;
        self.rows.children += rows.children;
        self.rows.idempotency_keys += rows.idempotency_keys;
    }
}

/// The bucket's count as the receipt has it.
pub(crate) fn removed(erased: Erased) -> RemovedObjects {
    RemovedObjects { versions: erased.versions, bytes: erased.bytes }
}
