//! Removing objects for good, which in a versioned bucket means every version and every delete marker.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use kimochi_domain::{AudioKey, UserId, export_folder, family_folders};

use crate::{BlobError, MediaBucket, Operation};

/// The most objects that S3 lists and deletes with one call.
const PAGE: i32 = 1000;

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Versions and delete markers.
    pub versions: u64,
    /// Their size together.
    pub bytes: u64,
}

impl std::ops::AddAssign for Erased {
    fn add_assign(&mut self, other: Self) {
        self.versions += other.versions;
        self.bytes += other.bytes;
    }
}

impl MediaBucket {
    /// Removes a voice note and its transcript. What is not there needs no removing.
    ///
    /// # Errors
    /// What S3 says; a part may be gone then, and the same call goes on where this one ended.
    pub async fn erase_recording(&self, key: &AudioKey) -> Result<Erased, BlobError> {
        let mut erased = self.erase_all(&key.to_string()).await?;
        erased += self.erase_all(&key.text_key().to_string()).await?;
        Ok(erased)
    }

    /// Removes the copies of a family's data, which hold what was deleted since.
    ///
    /// # Errors
    /// What S3 says; a part may be gone then, and the same call goes on where this one ended.
    pub async fn erase_exports(&self, family: UserId) -> Result<Erased, BlobError> {
        self.erase_all(&export_folder(family)).await
    }

    /// Removes some of what a family has in the bucket, at most 1,000 versions; none, when nothing is there any more.
    ///
    /// # Errors
    /// What S3 says; a part may be gone then, and the same call goes on where this one ended.
    pub async fn erase_some_of_family(&self, family: UserId) -> Result<Erased, BlobError> {
        for folder in family_folders(family) {
            let erased = self.erase_page(&folder, |_| true).await?;
            if erased.versions > 0 {
                return Ok(erased);
            }
        }
        Ok(Erased::default())
    }

    /// Removes every version of the object with exactly this key, and of no other, although its key may begin others:
    /// somebody's `audio/` would begin all of them.
    ///
    /// # Errors
    /// What S3 says; a part may be gone then, and the same call goes on where this one ended.
    pub async fn erase_object(&self, key: &str) -> Result<Erased, BlobError> {
        let mut erased = Erased::default();
        while let page @ Erased { versions: 1.., .. } = self.erase_page(key, |found| found == key).await? {
            erased += page;
        }
        Ok(erased)
    }

    /// Removes all that begins with `prefix`.
    async fn erase_all(&self, prefix: &str) -> Result<Erased, BlobError> {
        let mut erased = Erased::default();
        while let page @ Erased { versions: 1.., .. } = self.erase_page(prefix, |_| true).await? {
            erased += page;
        }
        Ok(erased)
    }

    /// Removes what is meant of the first page of what begins with `prefix`. Listing starts from the beginning each time,
    /// because what was listed before is gone.
    async fn erase_page(&self, prefix: &str, is_meant: impl Fn(&str) -> bool) -> Result<Erased, BlobError> {
        let listing = self.client().list_object_versions().bucket(&self.name).prefix(prefix).max_keys(PAGE);
        let page = listing.send().await.map_err(|error| BlobError::from_sdk(Operation::List, &error))?;

        let versions = page.versions().iter().filter(|version| version.key().is_some_and(&is_meant));
        let bytes = versions.clone().filter_map(|version| version.size()).map(i64::unsigned_abs).sum();
        let versions = versions.map(|version| (version.key(), version.version_id()));
        let markers = page.delete_markers().iter().filter(|marker| marker.key().is_some_and(&is_meant));
        let markers = markers.map(|marker| (marker.key(), marker.version_id()));
        let doomed = versions.chain(markers).map(|(key, version)| identifier(key, version));
        let doomed: Vec<_> = doomed.collect::<Result<_, _>>()?;
        if doomed.is_empty() {
            return Ok(Erased::default());
        }
        let erased = Erased { versions: doomed.len() as u64, bytes };
        self.delete_versions(doomed).await?;
        Ok(erased)
    }

    async fn delete_versions(&self, doomed: Vec<ObjectIdentifier>) -> Result<(), BlobError> {
        let delete = Delete::builder().set_objects(Some(doomed)).quiet(true).build();
        let delete = delete.map_err(|_| BlobError::broken_answer(Operation::Delete))?;
        let request = self.client().delete_objects().bucket(&self.name).delete(delete);
        let answer = request.send().await.map_err(|error| BlobError::from_sdk(Operation::Delete, &error))?;
        // The call succeeds as a whole even if it could not remove a single object.
        match answer.errors().first() {
            None => Ok(()),
            Some(error) => Err(BlobError::of_code(Operation::Delete, error.code().unwrap_or("unknown"))),
        }
    }
}

fn identifier(key: Option<&str>, version: Option<&str>) -> Result<ObjectIdentifier, BlobError> {
    let identifier = ObjectIdentifier::builder().set_key(key.map(str::to_owned));
    let identifier = identifier.set_version_id(version.map(str::to_owned)).build();
    identifier.map_err(|_| BlobError::broken_answer(Operation::List))
}
