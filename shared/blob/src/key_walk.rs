//! Everything that lies below a prefix, key by key in the order of their bytes, page by page.

use std::collections::VecDeque;

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::primitives::DateTime;
use jiff::Timestamp;

use crate::{BlobError, MediaBucket, Operation};

/// An object with all its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key, which may be none of ours.
    pub key: String,
    /// Whether a client would find it; otherwise a delete marker hides what there is.
    pub is_there: bool,
    /// When its latest version, or marker, was made.
    pub changed_at: Timestamp,
    /// Size of the latest version; 0 when there are only markers.
    pub size_bytes: i64,
    /// The latest version; `None` when there are only markers.
    pub version: Option<String>,
}

/// A walk over all objects below a prefix. Its memory does not grow with their number.
#[derive(Debug)]
pub struct KeyWalk<'a> {
    bucket: &'a MediaBucket,
    prefix: &'a str,
    /// Where the next page begins; `None` when there is none.
    next: Option<Marker>,
    listed: VecDeque<Listed>,
    /// The last object of a page, which may go on with the next one.
    open: Option<Listed>,
}

#[derive(Debug, Clone, Default)]
struct Marker {
    key: Option<String>,
    version: Option<String>,
}

/// A version or a delete marker.
struct Entry {
    key: String,
    is_latest: bool,
    changed_at: Timestamp,
    size_bytes: i64,
    /// `None` for a delete marker.
    version: Option<String>,
}

impl MediaBucket {
    /// Walks over what lies below `prefix`, from after a key on.
    pub fn walk<'a>(&'a self, prefix: &'a str, after: Option<String>) -> KeyWalk<'a> {
        let next = Some(Marker { key: after, version: None });
        KeyWalk { bucket: self, prefix, next, listed: VecDeque::new(), open: None }
    }

    /// The object with exactly this key, if there is one.
    ///
    /// # Errors
    /// What S3 says.
    pub async fn find(&self, key: &str) -> Result<Option<Listed>, BlobError> {
        // The first one that begins with the key: it itself is before all longer ones.
        Ok(self.walk(key, None).next().await?.filter(|found| found.key == key))
    }
}

impl KeyWalk<'_> {
    /// The next object; `None` at the end.
    ///
    /// # Errors
    /// What S3 says, and [`BlobError::Unavailable`] when keys come in another order than that of their bytes: whoever
    /// compares them with something else would take one for missing.
    pub async fn next(&mut self) -> Result<Option<Listed>, BlobError> {
        loop {
            if let Some(listed) = self.listed.pop_front() {
                return Ok(Some(listed));
            }
            let Some(marker) = self.next.take() else { return Ok(self.open.take()) };
            let page = self.page(marker).await?;
            for entry in entries(&page)? {
                self.add(entry)?;
            }
            if page.is_truncated() == Some(true) {
                self.next = Some(Marker {
                    key: page.next_key_marker().map(str::to_owned),
                    version: page.next_version_id_marker().map(str::to_owned),
                });
            }
        }
    }

    async fn page(&self, marker: Marker) -> Result<ListObjectVersionsOutput, BlobError> {
        self.bucket
            .client()
            .list_object_versions()
            .bucket(&self.bucket.name)
            .prefix(self.prefix)
            .set_key_marker(marker.key)
            .set_version_id_marker(marker.version)
            .send()
            .await
            .map_err(|error| BlobError::from_sdk(Operation::List, &error))
    }

    fn add(&mut self, entry: Entry) -> Result<(), BlobError> {
        if let Some(open) = &mut self.open {
            if open.key == entry.key {
                open.merge(entry);
                return Ok(());
            }
            if open.key > entry.key {
                return Err(BlobError::broken_answer(Operation::List));
            }
        }
        self.listed.extend(self.open.replace(Listed::new(entry)));
        Ok(())
    }
}

impl Listed {
    fn new(entry: Entry) -> Self {
        Self {
            is_there: entry.is_latest && entry.version.is_some(),
            key: entry.key,
            changed_at: entry.changed_at,
            size_bytes: entry.size_bytes,
            version: entry.version,
        }
    }

    /// Adds what is older.
    fn merge(&mut self, entry: Entry) {
        self.is_there |= entry.is_latest && entry.version.is_some();
        self.changed_at = self.changed_at.max(entry.changed_at);
        if self.version.is_none() {
            self.version = entry.version;
            self.size_bytes = entry.size_bytes;
        }
    }
}

/// What a page lists, by key, and of a key the latest first. S3 lists versions and markers apart.
fn entries(page: &ListObjectVersionsOutput) -> Result<Vec<Entry>, BlobError> {
    let mut entries = Vec::with_capacity(page.versions().len() + page.delete_markers().len());
    for found in page.versions() {
        entries.push(Entry {
            key: found.key().ok_or_else(broken)?.to_owned(),
            is_latest: found.is_latest() == Some(true),
            changed_at: time(found.last_modified())?,
            size_bytes: found.size().unwrap_or_default(),
            version: Some(found.version_id().unwrap_or("null").to_owned()),
        });
    }
    let versions = entries.len();
    for found in page.delete_markers() {
        entries.push(Entry {
            key: found.key().ok_or_else(broken)?.to_owned(),
            is_latest: found.is_latest() == Some(true),
            changed_at: time(found.last_modified())?,
            size_bytes: 0,
            version: None,
        });
    }
    // Each of the two lists has to be in order; together they are sorted here.
    let (of_versions, of_markers) = entries.split_at(versions);
    if !of_versions.is_sorted_by(|a, b| a.key <= b.key) || !of_markers.is_sorted_by(|a, b| a.key <= b.key) {
        return Err(broken());
    }
    entries.sort_by(|a, b| {
        a.key.cmp(&b.key).then(b.is_latest.cmp(&a.is_latest)).then(b.changed_at.cmp(&a.changed_at))
    });
    Ok(entries)
}

fn time(at: Option<&DateTime>) -> Result<Timestamp, BlobError> {
    let at = at.and_then(|at| Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok());
    at.ok_or_else(broken)
}

fn broken() -> BlobError {
    BlobError::broken_answer(Operation::List)
}
