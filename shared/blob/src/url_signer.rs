//! URLs that let a client move one file, for a short time, without credentials of its own.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sdk_s3::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_types::SdkConfig;
use aws_types::region::Region;
use http::Request;
use jiff::Timestamp;
use kimochi_domain::{AudioKey, ExportKey, PictureKey, Sha256Digest, UploadSize};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use tokio::sync::OnceCell;

use crate::{BlobError, Operation};

/// Everything a client needs to store one file once.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PresignedUpload {
    /// `PUT`
    pub method: &'static str,
    /// Where to send it. Whoever knows the URL can use it: it is never logged.
    #[schema(format = "uri")]
    pub url: String,
    /// Headers that are part of the signature: all must be sent exactly so.
    pub headers: BTreeMap<&'static str, String>,
    /// When the URL stops working.
    pub expires_at: Timestamp,
}

/// A URL that reads one object.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedDownload {
    /// Where to read it. Whoever knows the URL can use it: it is never logged.
    pub url: String,
}

/// Signs URLs into one bucket, with the function's own credentials. Needs no network, and of the SDK only what knows where a
/// bucket is: going through an operation of its client costs as many instructions as the signature itself.
#[derive(Debug)]
pub struct UrlSigner {
    bucket: String,
    region: Option<Region>,
    endpoint: Option<String>,
    credentials: Option<SharedCredentialsProvider>,
    /// Where the bucket is, found at the first URL.
    base: OnceCell<String>,
}

/// RFC 3986: everything but the unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl UrlSigner {
    /// For the bucket called `name`. With an endpoint of its own (the emulator) the bucket is named in the path,
    /// on AWS in the host name.
    pub fn new(settings: &SdkConfig, name: impl Into<String>) -> Self {
        Self {
            bucket: name.into(),
            region: settings.region().cloned(),
            endpoint: settings.endpoint_url().map(str::to_owned),
            credentials: settings.credentials_provider(),
            base: OnceCell::new(),
        }
    }

    /// Signs a PUT of exactly this file. `if-none-match: *` makes a second PUT of the same key fail.
    /// `now` must be the time of the system clock, which the signature carries.
    ///
    /// # Errors
    /// Only when the settings are unusable, [`BlobError::Refused`].
    pub async fn upload(
        &self,
        key: &AudioKey,
        size: UploadSize,
        sha256: Option<Sha256Digest>,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<PresignedUpload, BlobError> {
        let mut headers = BTreeMap::from([
            ("content-length", size.bytes().to_string()),
            ("content-type", key.media_type().as_str().to_owned()),
            ("if-none-match", "*".to_owned()),
        ]);
        if let Some(digest) = sha256 {
            headers.insert("x-amz-checksum-sha256", digest.to_base64());
        }
        let url = self.sign("PUT", key.to_string(), &headers, lifetime).await?;
        Ok(PresignedUpload { method: "PUT", url, headers, expires_at: now + lifetime })
    }

    /// Signs a GET of a recording.
    ///
    /// # Errors
    /// Only when the settings are unusable, [`BlobError::Refused`].
    pub async fn download(&self, key: &AudioKey, lifetime: Duration) -> Result<PresignedDownload, BlobError> {
        self.get(key.to_string(), key.media_type().as_str(), None, lifetime).await
    }

    /// Signs a GET of a feeling card's picture.
    ///
    /// # Errors
    /// Only when the settings are unusable, [`BlobError::Refused`].
    pub async fn picture(
        &self,
        key: &PictureKey,
        lifetime: Duration,
    ) -> Result<PresignedDownload, BlobError> {
        self.get(key.to_string(), "image/webp", None, lifetime).await
    }

    /// Signs a GET of a family's copy of its data, which a browser saves as a file.
    ///
    /// # Errors
    /// Only when the settings are unusable, [`BlobError::Refused`].
    pub async fn export(&self, key: &ExportKey, lifetime: Duration) -> Result<PresignedDownload, BlobError> {
        let save = "attachment; filename=\"kimochi-mikke.json\"";
        self.get(key.to_string(), "application/json", Some(save), lifetime).await
    }

    async fn get(
        &self,
        key: String,
        content_type: &str,
        disposition: Option<&str>,
        lifetime: Duration,
    ) -> Result<PresignedDownload, BlobError> {
        let path = answered_as(key, content_type, disposition);
        Ok(PresignedDownload { url: self.sign("GET", path, &BTreeMap::new(), lifetime).await? })
    }

    /// `path` is a storage key, which has nothing to encode, and what is asked about it.
    async fn sign(
        &self,
        method: &str,
        path: String,
        headers: &BTreeMap<&'static str, String>,
        lifetime: Duration,
    ) -> Result<String, BlobError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a URL is valid from now on, whatever time a caller works at"
        )]
        let now = SystemTime::now();
        self.sign_at(method, path, headers, lifetime, now).await
    }

    async fn sign_at(
        &self,
        method: &str,
        path: String,
        headers: &BTreeMap<&'static str, String>,
        lifetime: Duration,
        now: SystemTime,
    ) -> Result<String, BlobError> {
        let credentials = self.credentials.as_ref().ok_or_else(|| unusable("no credentials"))?;
        let identity = credentials.provide_credentials().await.map_err(unusable)?.into();
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(lifetime);
        // As S3 wants it: a path is signed as it stands.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_ref().map_or("", Region::as_ref))
            .name("s3")
            .time(now)
            .settings(settings)
            .build()
            .map_err(unusable)?
            .into();

        let url = format!("{}/{path}", self.base().await?);
        let signed_headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let request = SignableRequest::new(method, &url, signed_headers, SignableBody::UnsignedPayload);
        let (signature, _) = sign(request.map_err(unusable)?, &parameters).map_err(unusable)?.into_parts();
        let mut request = Request::get(&url).body(()).map_err(unusable)?;
        signature.apply_to_request_http1x(&mut request);
        Ok(request.uri().to_string())
    }

    /// The bucket's own URL.
    async fn base(&self) -> Result<&str, BlobError> {
        let find = async || {
            let parameters = Params::builder()
                .bucket(&self.bucket)
                .set_region(self.region.as_ref().map(|region| region.as_ref().to_owned()))
                .set_endpoint(self.endpoint.clone())
                .force_path_style(self.endpoint.is_some())
                .build();
            let resolver = DefaultResolver::new();
            let endpoint =
                resolver.resolve_endpoint(&parameters.map_err(unusable)?).await.map_err(unusable)?;
            Ok(endpoint.url().trim_end_matches('/').to_owned())
        };
        self.base.get_or_try_init(find).await.map(String::as_str)
    }
}

/// The path of a key, with the headers that S3 shall answer with.
fn answered_as(key: String, content_type: &str, disposition: Option<&str>) -> String {
    let mut path = key;
    path.push_str("?response-content-type=");
    path.extend(utf8_percent_encode(content_type, RESERVED));
    if let Some(disposition) = disposition {
        path.push_str("&response-content-disposition=");
        path.extend(utf8_percent_encode(disposition, RESERVED));
    }
    path
}

fn unusable(error: impl ToString) -> BlobError {
    BlobError::Refused { operation: Operation::Presign, code: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_credential_types::Credentials;
    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::{BehaviorVersion, Builder};
    use aws_sdk_s3::presigning::PresigningConfig;

    use super::*;

    const LIFETIME: Duration = Duration::from_secs(180);
    const PATH: &str =
        "audio/01940b4e-7c00-7000-8000-000000000001/audio_20260401_083000_0123456789abcdef.webm";

    #[tokio::test]
    async fn a_put_is_signed_as_the_sdk_signs_it() {
        let at = "2026-11-24T00:00:06Z".parse::<Timestamp>().unwrap().into();
        let headers = BTreeMap::from([
            ("content-length", "14664".to_owned()),
            ("content-type", "audio/webm".to_owned()),
            ("if-none-match", "*".to_owned()),
            ("x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned()),
        ]);
        for (settings, bucket) in everywhere() {
            let put = client(&settings)
                .put_object()
                .bucket(bucket)
                .key(PATH)
                .content_type("audio/webm")
                .content_length(14_664)
                .if_none_match("*")
                .checksum_sha256(&headers["x-amz-checksum-sha256"]);
            let expected = put.presigned(config(at)).await.unwrap();

            let url = UrlSigner::new(&settings, bucket)
                .sign_at("PUT", format!("{PATH}?x-id=PutObject"), &headers, LIFETIME, at)
                .await
                .unwrap();

            assert_same_request(&url, expected.uri());
        }
    }

    #[tokio::test]
    async fn a_get_is_signed_as_the_sdk_signs_it() {
        let at = "2026-11-24T00:00:06Z".parse::<Timestamp>().unwrap().into();
        for (settings, bucket) in everywhere() {
            for disposition in [None, Some("attachment; filename=\"a b+c&d=é.json\"")] {
                let get = client(&settings)
                    .get_object()
                    .bucket(bucket)
                    .key(PATH)
                    .response_content_type("audio/webm")
                    .set_response_content_disposition(disposition.map(str::to_owned));
                let expected = get.presigned(config(at)).await.unwrap();

                let path = answered_as(PATH.to_owned(), "audio/webm", disposition) + "&x-id=GetObject";
                let url = UrlSigner::new(&settings, bucket)
                    .sign_at("GET", path, &BTreeMap::new(), LIFETIME, at)
                    .await
                    .unwrap();

                assert_same_request(&url, expected.uri());
            }
        }
    }

    /// On AWS and beside it, as a role and as a user, and a bucket that cannot be part of a host's name.
    fn everywhere() -> Vec<(SdkConfig, &'static str)> {
        let settings = |endpoint: Option<&str>, session: Option<&str>| {
            let credentials =
                Credentials::new("AKIDEXAMPLE", "secret", session.map(str::to_owned), None, "test");
            let mut builder = SdkConfig::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .region(Region::new("ap-northeast-1"))
                .credentials_provider(SharedCredentialsProvider::new(credentials));
            builder.set_endpoint_url(endpoint.map(str::to_owned));
            builder.build()
        };
        vec![
            (settings(None, None), "media"),
            (settings(None, Some("session/token+==")), "media"),
            (settings(None, None), "media.example"),
            (settings(Some("http://127.0.0.1:4566"), None), "media"),
        ]
    }

    fn client(settings: &SdkConfig) -> Client {
        let path_style = settings.endpoint_url().is_some();
        Client::from_conf(Builder::from(settings).force_path_style(path_style).build())
    }

    fn config(at: SystemTime) -> PresigningConfig {
        PresigningConfig::builder().start_time(at).expires_in(LIFETIME).build().unwrap()
    }

    /// The order of the parameters is of no importance: a signature is made over the sorted ones.
    fn assert_same_request(actual: &str, expected: &str) {
        let parts = |url: &str| url.split(['?', '&']).map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(parts(actual), parts(expected));
    }
}
