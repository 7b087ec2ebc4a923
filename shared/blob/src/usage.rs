//! How much lies in the bucket: every version counts, since every version is paid for.

use crate::{BlobError, MediaBucket, Operation};

/// What lies below one prefix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Objects that a client would find.
    pub objects: u64,
    /// Versions, these objects' included; delete markers have no size and are not counted.
    pub versions: u64,
    /// The size of all versions together.
    pub bytes: u64,
}

impl MediaBucket {
    /// Counts what lies below `prefix`, page by page, so that memory does not grow with it; `None` when `is_late` says so
    /// before the end.
    ///
    /// # Errors
    /// What S3 says.
    pub async fn usage(&self, prefix: &str, is_late: impl Fn() -> bool) -> Result<Option<Usage>, BlobError> {
        let mut usage = Usage::default();
        let (mut key, mut version) = (None, None);
        loop {
            if is_late() {
                return Ok(None);
            }
            let page = self
                .client()
                .list_object_versions()
                .bucket(&self.name)
                .prefix(prefix)
                .set_key_marker(key)
                .set_version_id_marker(version)
                .send()
                .await
                .map_err(|error| BlobError::from_sdk(Operation::List, &error))?;
            for found in page.versions() {
                usage.objects += u64::from(found.is_latest() == Some(true));
                usage.versions += 1;
                usage.bytes += found.size().unwrap_or_default().unsigned_abs();
            }
            if page.is_truncated() != Some(true) {
                return Ok(Some(usage));
            }
            key = page.next_key_marker().map(str::to_owned);
            version = page.next_version_id_marker().map(str::to_owned);
        }
    }
}
