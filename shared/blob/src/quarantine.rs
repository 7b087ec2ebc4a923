//! A tag on an object that says since when it waits to be removed, so that whoever misses it has time to say so.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{Tag, Tagging};
use jiff::Timestamp;

use crate::{BlobError, Listed, MediaBucket, Operation};

/// The tag.
const SINCE: &str = "kimochi:quarantined-at";

/// How an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quarantine {
    /// It was tagged at this time; or, when nothing but delete markers is left of it, the latest of them was made then.
    Since(Timestamp),
    /// It has no tag, or none that can be read.
    None,
    /// It is gone.
    Gone,
}

impl MediaBucket {
    /// Since when an object is in quarantine, whether or not a delete marker hides it.
    ///
    /// # Errors
    /// What S3 says.
    pub async fn quarantine_of(&self, object: &Listed) -> Result<Quarantine, BlobError> {
        let Some(version) = &object.version else { return Ok(Quarantine::Since(object.changed_at)) };
        let Some(tags) = self.tags(&object.key, version).await? else { return Ok(Quarantine::Gone) };
        let since = tags.iter().find(|tag| tag.key() == SINCE).and_then(|tag| tag.value().parse().ok());
        Ok(since.map_or(Quarantine::None, Quarantine::Since))
    }

    /// Puts an object into quarantine; tags that others gave it stay. `false` when it is gone meanwhile.
    ///
    /// # Errors
    /// What S3 says.
    pub async fn quarantine(&self, object: &Listed, at: Timestamp) -> Result<bool, BlobError> {
        let Some(version) = &object.version else { return Ok(false) };
        let Some(mut tags) = self.tags(&object.key, version).await? else { return Ok(false) };
        tags.retain(|tag| tag.key() != SINCE);
        let since = Tag::builder().key(SINCE).value(at.to_string()).build();
        tags.push(since.map_err(|_| BlobError::broken_answer(Operation::Put))?);
        let tagging = Tagging::builder().set_tag_set(Some(tags)).build();
        let request = self
            .client()
            .put_object_tagging()
            .bucket(&self.name)
            .key(&object.key)
            .version_id(version)
            .tagging(tagging.map_err(|_| BlobError::broken_answer(Operation::Put))?);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_gone(error.code()) => Ok(false),
            Err(error) => Err(BlobError::from_sdk(Operation::Put, &error)),
        }
    }

    /// The tags of a version; `None` when it is not there (any more).
    async fn tags(&self, key: &str, version: &str) -> Result<Option<Vec<Tag>>, BlobError> {
        let request = self.client().get_object_tagging().bucket(&self.name).key(key).version_id(version);
        match request.send().await {
            Ok(answer) => Ok(Some(answer.tag_set)),
            Err(error) if is_gone(error.code()) => Ok(None),
            Err(error) => Err(BlobError::from_sdk(Operation::Get, &error)),
        }
    }
}

fn is_gone(code: Option<&str>) -> bool {
    matches!(code, Some("NoSuchKey" | "NoSuchVersion"))
}
