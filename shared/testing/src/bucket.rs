//! A bucket for one test, on the S3 that the local stack runs.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration};
use aws_types::SdkConfig;
use kimochi_environment::Environment;
use kimochi_runtime::aws;
use uuid::Uuid;

/// An empty bucket of its own. It stays behind when the test ends; `make down` removes the whole S3.
#[derive(Debug)]
pub struct TestBucket {
    client: Client,
    settings: SdkConfig,
    name: String,
}

impl TestBucket {
    /// Makes a bucket where `AWS_ENDPOINT_URL` says.
    ///
    /// # Panics
    /// When there is no S3: a test that needs it must not pass without.
    pub async fn new() -> Self {
        let settings = settings();
        let client = Client::from_conf(Builder::from(&settings).force_path_style(true).build());
        let name = format!("test-{}", Uuid::now_v7().simple());
        let region = settings.region().expect("a region").as_ref();
        let here = CreateBucketConfiguration::builder().location_constraint(region.into()).build();
        let create = client.create_bucket().bucket(&name).create_bucket_configuration(here);
        if let Err(error) = create.send().await {
            panic!("no S3 at AWS_ENDPOINT_URL ({}): run `make test`", DisplayErrorContext(&error));
        }
        Self { client, settings, name }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a function reaches it.
    pub fn settings(&self) -> &SdkConfig {
        &self.settings
    }

    /// Stores an object without going through a presigned URL.
    pub async fn put(&self, key: &str, bytes: &[u8]) {
        let body = ByteStream::from(bytes.to_vec());
        self.client.put_object().bucket(&self.name).key(key).body(body).send().await.expect("put");
    }

    /// The content of an object; `None` when it is not there.
    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        let object = self.client.get_object().bucket(&self.name).key(key).send().await.ok()?;
        Some(object.body.collect().await.expect("whole object").to_vec())
    }

    /// Keeps earlier versions from now on, as the media bucket does.
    pub async fn keep_versions(&self) {
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let request =
            self.client.put_bucket_versioning().bucket(&self.name).versioning_configuration(enabled);
        request.send().await.expect("versioning");
    }

    /// The keys of everything that lies below `prefix`, one for each version and each delete marker; the first
    /// thousand.
    pub async fn versions(&self, prefix: &str) -> Vec<String> {
        let request = self.client.list_object_versions().bucket(&self.name).prefix(prefix);
        let page = request.send().await.expect("versions");
        let versions = page.versions().iter().filter_map(|version| version.key());
        let markers = page.delete_markers().iter().filter_map(|marker| marker.key());
        versions.chain(markers).map(str::to_owned).collect()
    }

    /// Removes an object.
    pub async fn delete(&self, key: &str) {
        self.client.delete_object().bucket(&self.name).key(key).send().await.expect("delete");
    }
}

/// The settings of the environment.
///
/// # Panics
/// When the variables of `.local/env` are not set.
pub fn settings() -> SdkConfig {
    let mut environment = Environment::of_process();
    let settings = aws::settings(&mut environment);
    environment.check(settings).unwrap_or_else(|error| panic!("{error}: run `make test`"))
}

/// The same settings, with every service at `endpoint`: a server of the test's own, or nothing at all.
pub fn settings_at(endpoint: &str) -> SdkConfig {
    settings().into_builder().endpoint_url(endpoint).build()
}
