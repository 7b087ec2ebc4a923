//! URLs that let a client move one file, for a short time, without credentials of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use jiff::Timestamp;
use kimochi_domain::{AudioKey, ExportKey, PictureKey, Sha256Digest, UploadSize};
use serde::Serialize;

use crate::{BlobError, MediaBucket, Operation};

/// Everything a client needs to store one file once.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PresignedUpload {
    /// `PUT`
    pub method: &'static str,
    /// Where to send it. Whoever knows the URL can use it: it is never logged.
    #[schema(format = "uri")]
    pub url: String,
    /// Headers that are part of the signature: all must be sent exactly so.
    pub headers: BTreeMap<String, String>,
    /// When the URL stops working.
    pub expires_at: Timestamp,
}

/// A URL that reads one object.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedDownload {
    /// Where to read it. Whoever knows the URL can use it: it is never logged.
    pub url: String,
}

impl MediaBucket {
    /// Signs a PUT of exactly this file. `if-none-match: *` makes a second PUT of the same key fail.
    /// Needs no network. `now` must be the time of the system clock, which the signature carries.
    ///
    /// # Errors
    /// Only when the settings are unusable, [`BlobError::Refused`].
    pub async fn presign_upload(
        &self,
        key: &AudioKey,
        size: UploadSize,
        sha256: Option<Sha256Digest>,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<PresignedUpload, BlobError> {
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key.to_string())
            .content_type(key.media_type().as_str())
            .content_length(size.bytes())
            .if_none_match("*")
            .set_checksum_sha256(sha256.map(Sha256Digest::to_base64))
            .presigned(expiry(lifetime)?)
            .await
            .map_err(|error| BlobError::from_sdk(Operation::Presign, &error))?;
        Ok(PresignedUpload {
            method: "PUT",
            url: request.uri().to_owned(),
            headers: signed_headers(&request),
            expires_at: now + lifetime,
        })
    }

    /// Signs a GET of a recording. Needs no network.
    ///
    /// # Errors
    /// Only when the settings are unusable, [`BlobError::Refused`].
    pub async fn presign_download(
        &self,
        key: &AudioKey,
        lifetime: Duration,
    ) -> Result<PresignedDownload, BlobError> {
        self.presign_get(key.to_string(), key.media_type().as_str(), None, lifetime).await
    }

    /// Signs a GET of a feeling card's picture. Needs no network.
    ///
    /// # Errors
    /// Only when the settings are unusable, [`BlobError::Refused`].
    pub async fn presign_picture(
        &self,
        key: &PictureKey,
        lifetime: Duration,
    ) -> Result<PresignedDownload, BlobError> {
        self.presign_get(key.to_string(), "image/webp", None, lifetime).await
    }

    /// Signs a GET of a family's copy of its data, which a browser saves as a file. Needs no network.
    ///
    /// # Errors
    /// Only when the settings are unusable, [`BlobError::Refused`].
    pub async fn presign_export(
        &self,
        key: &ExportKey,
        lifetime: Duration,
    ) -> Result<PresignedDownload, BlobError> {
        let save = "attachment; filename=\"kimochi-mikke.json\"";
        self.presign_get(key.to_string(), "application/json", Some(save), lifetime).await
    }

    async fn presign_get(
        &self,
        key: String,
        content_type: &str,
        disposition: Option<&str>,
        lifetime: Duration,
    ) -> Result<PresignedDownload, BlobError> {
        let request = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .response_content_type(content_type)
            .set_response_content_disposition(disposition.map(str::to_owned))
            .presigned(expiry(lifetime)?)
            .await
            .map_err(|error| BlobError::from_sdk(Operation::Presign, &error))?;
        Ok(PresignedDownload { url: request.uri().to_owned() })
    }
}

fn expiry(lifetime: Duration) -> Result<PresigningConfig, BlobError> {
    PresigningConfig::expires_in(lifetime)
        .map_err(|error| BlobError::Refused { operation: Operation::Presign, code: error.to_string() })
}

/// The headers of the signature that the client has to send itself; `host` comes with the URL.
fn signed_headers(request: &PresignedRequest) -> BTreeMap<String, String> {
    request
        .headers()
        .filter(|(name, _)| *name != "host")
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
