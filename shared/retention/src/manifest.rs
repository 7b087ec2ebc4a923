//! What lies beside each archive and says what is in it: for whoever opens it without our database.

use jiff::Timestamp;
use jiff::civil::Date;
use kimochi_domain::ArchivedTable;
use kimochi_store::log_lines::Place;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// JSON Lines, one row each as `archive_line` writes it, with gzip.
pub(crate) const FORMAT: &str = "ndjson+gzip/1";

/// The content of `….manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// How rows were written and compressed.
    pub format: String,
    /// Where they were.
    pub table: ArchivedTable,
    /// The version of the database's schema, which is that of its last migration.
    pub schema_version: i32,
    /// The key of the archive.
    pub key: String,
    /// Of `audit_logs` the day whose seal covers the rows; otherwise that of the first row. In UTC.
    pub day: Date,
    /// How many rows.
    pub rows: i64,
    /// The first row.
    pub first: End,
    /// The last row.
    pub last: End,
    /// Size of the archive.
    pub bytes: i64,
    /// SHA-256 of the archive.
    pub sha256: String,
    /// Size of the lines, before compression.
    pub content_bytes: i64,
    /// SHA-256 of the lines, before compression.
    pub content_sha256: String,
}

/// A row at one end of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// `at` of an audit row, `finished_at` of a job run.
    pub at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

impl From<Place> for End {
    fn from(Place { at, id }: Place) -> Self {
        Self { at, id }
    }
}

impl Manifest {
    /// Whether this says of the rows what the other does. A release with another schema may have written it.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        *self == Self { schema_version: self.schema_version, ..other.clone() }
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("texts and numbers become JSON");
        json.push(b'\n');
        json
    }

    pub(crate) fn from_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }
}
