//! The digest of a day, which is that of a text that anybody can put together:
//!
//! ```sh
//! { echo "2026-03-31 $(digest of 2026-03-30, or 64 zeros)"; zcat archive/audit_logs/2026/03/audit_logs_20260331_*.gz; } \
//!     | sha256sum
//! ```

use jiff::civil::Date;
use kimochi_store::audit_seals::{Digest, ROW_DIGEST_BYTES};
use sha2::{Digest as _, Sha256};

/// The digest of a day, row by row.
pub(crate) struct DayDigest(Sha256);

impl DayDigest {
    /// Begins with the day before.
    pub(crate) fn new(day: Date, previous: Option<Digest>) -> Self {
        let previous = hex::encode(previous.unwrap_or_default());
        Self(Sha256::new().chain_update(format!("{day} {previous}\n")))
    }

    /// Adds the line of a row.
    pub(crate) fn add(&mut self, line: &[u8]) {
        self.0.update(line);
        self.0.update(b"\n");
    }

    pub(crate) fn finish(self) -> Digest {
        self.0.finalize().into()
    }
}

/// The SHA-256 of something.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// What a seal keeps of the digest of a row's line.
pub(crate) fn row_digest(line: &[u8]) -> [u8; ROW_DIGEST_BYTES] {
    beginning(sha256(line))
}

/// What a seal keeps of a digest.
pub(crate) fn beginning(digest: Digest) -> [u8; ROW_DIGEST_BYTES] {
    let mut kept = [0; ROW_DIGEST_BYTES];
    kept.copy_from_slice(&digest[..ROW_DIGEST_BYTES]);
    kept
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_digest_is_that_of_the_text_which_the_documentation_describes() {
        let mut digest = DayDigest::new(date(2026, 3, 31), None);
        digest.add(br#"{"id": 1}"#);
        digest.add(br#"{"id": 2}"#);

        let text = format!("2026-03-31 {}\n{{\"id\": 1}}\n{{\"id\": 2}}\n", "0".repeat(64));
        assert_eq!(digest.finish(), sha256(text.as_bytes()));
    }

    #[test]
    fn the_digest_depends_on_the_day_and_the_day_before() {
        let digest = |day, previous| DayDigest::new(day, previous).finish();

        assert_ne!(digest(date(2026, 3, 31), None), digest(date(2026, 4, 1), None));
        assert_ne!(digest(date(2026, 3, 31), None), digest(date(2026, 3, 31), Some([1; 32])));
    }
}
