//! What is kept under `archive/`: exported rows and their manifests, put once, never over what is there, and read back; and
//! reports.

use aws_sdk_s3::primitives::ByteStream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kimochi_domain::{ArchiveKey, ReportFormat, ReportKey};
use sha2::{Digest as _, Sha256};

use crate::{BlobError, MediaBucket, Operation};

/// The largest manifest that is read, in bytes; ours have less than one KiB.
const MAX_MANIFEST_BYTES: u64 = 64 * 1024;

/// What came of putting an object where there must be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is there now.
    Stored,
    /// There is one already, which stays as it is.
    Exists,
}

impl MediaBucket {
    /// Stores compressed rows, unless something lies at the key. S3 refuses them if they arrive with another SHA-256.
    ///
    /// # Errors
    /// What S3 says.
    pub async fn put_archive(
        &self,
        key: &ArchiveKey,
        bytes: Vec<u8>,
        sha256: [u8; 32],
    ) -> Result<Put, BlobError> {
        self.put_once(key.to_string(), "application/gzip", bytes, sha256).await
    }

    /// Stores the manifest of an archive, unless there is one.
    ///
    /// # Errors
    /// What S3 says.
    pub async fn put_manifest(
        &self,
        key: &ArchiveKey,
        json: Vec<u8>,
        sha256: [u8; 32],
    ) -> Result<Put, BlobError> {
        self.put_once(key.manifest_key(), "application/json", json, sha256).await
    }

    /// Compressed rows; `None` when they are not there.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] above `limit` bytes, otherwise what S3 says.
    pub async fn get_archive(&self, key: &ArchiveKey, limit: u64) -> Result<Option<Vec<u8>>, BlobError> {
        self.get_small(&key.to_string(), limit).await
    }

    /// The manifest of an archive; `None` when it is not there.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] when it cannot be one of ours, otherwise what S3 says.
    pub async fn get_manifest(&self, key: &ArchiveKey) -> Result<Option<Vec<u8>>, BlobError> {
        self.get_small(&key.manifest_key(), MAX_MANIFEST_BYTES).await
    }

    /// Stores a report, over an earlier one of the same period: the bucket keeps both. S3 refuses it if it arrives with another
    /// SHA-256.
    ///
    /// # Errors
    /// What S3 says.
    pub async fn put_report(&self, key: &ReportKey, bytes: Vec<u8>) -> Result<(), BlobError> {
        let content_type = match key.format {
            ReportFormat::Markdown => "text/markdown; charset=utf-8",
            ReportFormat::Json => "application/json",
            ReportFormat::Svg => "image/svg+xml",
        };
        self.client()
            .put_object()
            .bucket(&self.name)
            .key(key.to_string())
            .content_type(content_type)
            .checksum_sha256(STANDARD.encode(Sha256::digest(&bytes)))
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(|error| BlobError::from_sdk(Operation::Put, &error))?;
        Ok(())
    }

    async fn put_once(
        &self,
        key: String,
        content_type: &str,
        bytes: Vec<u8>,
        sha256: [u8; 32],
    ) -> Result<Put, BlobError> {
        let request = self
            .client()
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type(content_type)
            .if_none_match("*")
            .checksum_sha256(STANDARD.encode(sha256))
            .body(ByteStream::from(bytes));
        match request.send().await.map_err(|error| BlobError::from_sdk(Operation::Put, &error)) {
            Ok(_) => Ok(Put::Stored),
            Err(BlobError::Refused { code, .. }) if is_taken(&code) => Ok(Put::Exists),
            // Somebody is putting the same key at this moment, or was: the next attempt will see what came of it.
            Err(BlobError::Refused { code, operation }) if code == "ConditionalRequestConflict" => {
                Err(BlobError::Unavailable { operation, code })
            }
            Err(error) => Err(error),
        }
    }

    async fn get_small(&self, key: &str, limit: u64) -> Result<Option<Vec<u8>>, BlobError> {
        let Some(mut object) = self.get(&self.name, key).await? else {
            return Ok(None);
        };
        let found = object.content_length().unwrap_or_default();
        if found.unsigned_abs() > limit {
            return Err(BlobError::TooLarge { found, limit: i64::try_from(limit).unwrap_or(i64::MAX) });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(found).unwrap_or_default());
        while let Some(chunk) = object.body.next().await {
            bytes.extend_from_slice(&chunk.map_err(|_| BlobError::broken_answer(Operation::Get))?);
        }
        Ok(Some(bytes))
    }
}

fn is_taken(code: &str) -> bool {
    code == "PreconditionFailed" || code == "HTTP 412"
}
