//! Where exported rows lie in the bucket.
//!
//! ```text
//! archive/{table}/{YYYY}/{MM}/{table}_{YYYYMMDD}_{id of the first row}_{digest}.ndjson.gz
//! archive/{table}/{YYYY}/{MM}/{table}_{YYYYMMDD}_{id of the first row}_{digest}.manifest.json
//! ```
//!
//! The day is in UTC, and the digest is the beginning of the SHA-256 of the lines before they were compressed. So the same
//! rows have the same key, whoever exports them and how often, and other rows have another.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use uuid::Uuid;

use crate::InvalidKey;
use crate::text_enum::text_enum;

const ROWS: &str = "ndjson.gz";
const MANIFEST: &str = "manifest.json";
/// So many bytes of the digest are in the key.
const DIGEST_BYTES: usize = 8;

text_enum! {
    /// A table whose old rows are archived.
    pub enum ArchivedTable as "archived table" {
        /// Who did what.
        AuditLogs = "audit_logs",
        /// Work that functions did on their own.
        JobRuns = "job_runs",
    }
}

/// The key of exported rows; their manifest lies beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ArchiveKey {
    table: ArchivedTable,
    day: Date,
    first_id: Uuid,
    digest: [u8; DIGEST_BYTES],
}

impl ArchiveKey {
    /// The key of rows of `table`, the first of which is of `day` and has `first_id`; `sha256` is that of their lines.
    pub fn new(table: ArchivedTable, day: Date, first_id: Uuid, sha256: [u8; 32]) -> Self {
        let mut digest = [0; DIGEST_BYTES];
        digest.copy_from_slice(&sha256[..DIGEST_BYTES]);
        Self { table, day, first_id, digest }
    }

    /// Whose rows they are.
    pub fn table(&self) -> ArchivedTable {
        self.table
    }

    /// The day of the first row.
    pub fn day(&self) -> Date {
        self.day
    }

    /// The key of the manifest.
    pub fn manifest_key(&self) -> String {
        self.with_extension(MANIFEST)
    }

    fn with_extension(&self, extension: &str) -> String {
        let Self { table, day, first_id, digest } = self;
        let (folder, day) = (day.strftime("%Y/%m"), day.strftime("%Y%m%d"));
        let digest = hex::encode(digest);
        format!("archive/{table}/{folder}/{table}_{day}_{first_id}_{digest}.{extension}")
    }
}

impl fmt::Display for ArchiveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_extension(ROWS))
    }
}

impl FromStr for ArchiveKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let key = parse(text).filter(|key| key.to_string() == text);
        key.ok_or(InvalidKey { expected: "an archive key" })
    }
}

/// Lenient: what does not print as the same text is refused afterwards.
fn parse(text: &str) -> Option<ArchiveKey> {
    let file = text.rsplit('/').next()?.strip_suffix(ROWS)?.strip_suffix('.')?;
    let mut parts = file.rsplitn(4, '_');
    let digest = parts.next()?;
    let first_id = Uuid::try_parse(parts.next()?).ok()?;
    let day = Date::strptime("%Y%m%d", parts.next()?).ok()?;
    let table = parts.next()?.parse().ok()?;
    let mut bytes = [0; DIGEST_BYTES];
    hex::decode_to_slice(digest, &mut bytes).ok()?;
    Some(ArchiveKey { table, day, first_id, digest: bytes })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const KEY: &str = "archive/audit_logs/2026/03/audit_logs_20260331_01940b4e-7c00-7000-8000-000000000001_00112233445566ff.ndjson.gz";

    #[test]
    fn a_key_survives_a_round_trip() {
        let key: ArchiveKey = KEY.parse().unwrap();

        assert_eq!(key.to_string(), KEY);
        assert_eq!((key.table(), key.day()), (ArchivedTable::AuditLogs, date(2026, 3, 31)));
        assert_eq!(key.manifest_key(), KEY.replace("ndjson.gz", "manifest.json"));
    }

    #[test]
    fn other_rows_have_another_key() {
        let key = |table, first_id, sha256| ArchiveKey::new(table, date(2026, 3, 1), first_id, sha256);
        let one = key(ArchivedTable::JobRuns, Uuid::nil(), [1; 32]);

        assert_eq!(one.to_string().parse(), Ok(one));
        assert_eq!(one, key(ArchivedTable::JobRuns, Uuid::nil(), [1; 32]));
        assert_ne!(one, key(ArchivedTable::AuditLogs, Uuid::nil(), [1; 32]));
        assert_ne!(one, key(ArchivedTable::JobRuns, Uuid::max(), [1; 32]));
        assert_ne!(one, key(ArchivedTable::JobRuns, Uuid::nil(), [2; 32]));
    }

    #[test]
    fn everything_else_is_rejected() {
        for wrong in [
            "",
            "archive/",
            &KEY.to_uppercase(),
            &KEY.replace("audit_logs/", "job_runs/"),
            &KEY.replace("audit_logs", "recordings"),
            &KEY.replace("2026/03", "2026/04"),
            &KEY.replace("2026/03", "2026/3"),
            &KEY.replace("20260331", "20260332"),
            &KEY.replace("20260331", "2026331"),
            &KEY.replace("01940b4e-7c00-7000-8000-000000000001", "01940b4e7c0070008000000000000001"),
            &KEY.replace("01940b4e-7c00-7000-8000-000000000001", "../../etc"),
            &KEY.replace("00112233445566ff", "00112233445566FF"),
            &KEY.replace("00112233445566ff", "00112233445566"),
            &KEY.replace(".ndjson.gz", ".manifest.json"),
            &KEY.replace(".ndjson.gz", ".ndjson"),
            &format!("/{KEY}"),
            &format!("{KEY}\n"),
            "archive/reports/2026/03/daily.json",
        ] {
            assert!(wrong.parse::<ArchiveKey>().is_err(), "{wrong:?}");
        }
    }
}
