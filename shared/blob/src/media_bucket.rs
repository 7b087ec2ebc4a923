//! The bucket that holds the families' recordings and transcripts.

use std::path::Path;
use std::sync::OnceLock;

use aws_sdk_s3::config::Builder;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::{Client, Config};
use aws_types::SdkConfig;
use kimochi_domain::{AudioKey, ExportKey, MAX_UPLOAD_BYTES, PictureKey, TextKey};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::{BlobError, Operation};

/// The media bucket. Cheap to make: the client is made, and connects, at the first call.
#[derive(Debug, Clone)]
pub struct MediaBucket {
    config: Config,
    client: OnceLock<Client>,
    pub(crate) name: String,
}

impl MediaBucket {
    /// The bucket called `name`. With an endpoint of its own (the emulator) the bucket is named in the path,
    /// on AWS in the host name.
    pub fn new(settings: &SdkConfig, name: impl Into<String>) -> Self {
        let config = Builder::from(settings).force_path_style(settings.endpoint_url().is_some()).build();
        Self { config, client: OnceLock::new(), name: name.into() }
    }

    pub(crate) fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::from_conf(self.config.clone()))
    }

    /// The bucket's name, as events carry it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A recording's bytes; `None` when it is not there (any more).
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] above [`MAX_UPLOAD_BYTES`], otherwise what S3 says.
    pub async fn get_audio(&self, key: &AudioKey) -> Result<Option<Vec<u8>>, BlobError> {
        let Some(object) = self.get(&self.name, &key.to_string()).await? else {
            return Ok(None);
        };
        let found = object.content_length().unwrap_or_default();
        if found > MAX_UPLOAD_BYTES {
            return Err(BlobError::TooLarge { found, limit: MAX_UPLOAD_BYTES });
        }
        let bytes = object.body.collect().await.map_err(broken_stream)?;
        Ok(Some(bytes.to_vec()))
    }

    /// Stores a transcript, replacing one that an earlier attempt may have left.
    ///
    /// # Errors
    /// What S3 says.
    pub async fn put_text(&self, key: &TextKey, text: &str) -> Result<(), BlobError> {
        self.client()
            .put_object()
            .bucket(&self.name)
            .key(key.to_string())
            .content_type("text/plain; charset=utf-8")
            .body(ByteStream::from(text.as_bytes().to_vec()))
            .send()
            .await
            .map_err(|error| BlobError::from_sdk(Operation::Put, &error))?;
        Ok(())
    }

    /// Stores a family's copy of its data from a file that stands at its beginning, without holding it in memory.
    ///
    /// # Errors
    /// What S3 says, or [`BlobError::Disk`]. A file that was read from cannot be sent once more, so nothing is repeated.
    pub async fn put_export(&self, key: &ExportKey, from: std::fs::File) -> Result<(), BlobError> {
        let body = ByteStream::read_from().file(File::from_std(from)).build().await;
        let body = body.map_err(|error| BlobError::Disk(error.into()))?;
        self.client()
            .put_object()
            .bucket(&self.name)
            .key(key.to_string())
            .content_type("application/json")
            .body(body)
            .send()
            .await
            .map_err(|error| BlobError::from_sdk(Operation::Put, &error))?;
        Ok(())
    }

    /// Whether a feeling card has its picture. Needs the right to list, or S3 calls what is missing forbidden.
    ///
    /// # Errors
    /// What S3 says.
    pub async fn has_picture(&self, key: &PictureKey) -> Result<bool, BlobError> {
        self.exists(key.to_string()).await
    }

    /// Whether a voice note is (still) there. Needs the right to list, or S3 calls what is missing forbidden.
    ///
    /// # Errors
    /// What S3 says.
    pub async fn has_audio(&self, key: &AudioKey) -> Result<bool, BlobError> {
        self.exists(key.to_string()).await
    }

    async fn exists(&self, key: String) -> Result<bool, BlobError> {
        match self.client().head_object().bucket(&self.name).key(key).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_not_found()) => Ok(false),
            Err(error) => Err(BlobError::from_sdk(Operation::Get, &error)),
        }
    }

    /// Writes any object of any bucket to a file, in constant memory; `false` when it is not there.
    /// For what is too large for memory and has no storage key, such as a speech model.
    ///
    /// # Errors
    /// What S3 says, or [`BlobError::Disk`].
    pub async fn download(&self, bucket: &str, key: &str, to: &Path) -> Result<bool, BlobError> {
        let Some(mut object) = self.get(bucket, key).await? else {
            return Ok(false);
        };
        let mut file = File::create(to).await?;
        while let Some(chunk) = object.body.next().await {
            file.write_all(&chunk.map_err(broken_stream)?).await?;
        }
        file.flush().await?;
        Ok(true)
    }

    pub(crate) async fn get(&self, bucket: &str, key: &str) -> Result<Option<GetObjectOutput>, BlobError> {
        match self.client().get_object().bucket(bucket).key(key).send().await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_no_such_key()) => Ok(None),
            Err(error) => Err(BlobError::from_sdk(Operation::Get, &error)),
        }
    }
}

/// The connection broke while the object was on its way.
fn broken_stream<E>(_: E) -> BlobError {
    BlobError::Unavailable { operation: Operation::Get, code: "broken stream".to_owned() }
}
