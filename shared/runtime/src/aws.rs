//! AWS settings from what Lambda puts into the environment, and from nothing else.
//!
//! `aws-config` would look for profiles, web identities and the instance metadata service; a function has its
//! credentials in environment variables from the start, so looking further could only cost time.

use std::sync::LazyLock;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{HttpClient as _, SharedHttpClient, http_client_fn};
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::{RetryConfig, TimeoutConfig};
use kimochi_environment::Environment;

/// The settings shared by all clients of a function. Reads, all set by Lambda itself:
///
/// | variable | meaning |
/// |---|---|
/// | `AWS_REGION` | where we are |
/// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | the function's role |
/// | `AWS_ENDPOINT_URL` | unset on AWS; the emulator's address on a laptop |
///
/// Nothing is connected to. A call is tried three times, each attempt for at most ten seconds.
pub fn settings(environment: &mut Environment) -> SdkConfig {
    let region = environment.required("AWS_REGION");
    let credentials = Credentials::new(
        environment.required("AWS_ACCESS_KEY_ID"),
        environment.required("AWS_SECRET_ACCESS_KEY"),
        environment.optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(10))
        .build();
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts);
    builder.set_endpoint_url(environment.optional("AWS_ENDPOINT_URL"));
    builder.build()
}

/// Made by the first call, and shared by all clients. Making it reads the system's certificates, some hundred files: most of
/// the time in which a function starts, and one that only signs never calls anybody.
fn http_client() -> SharedHttpClient {
    let made = LazyLock::new(|| {
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    });
    http_client_fn(move |settings, components| made.http_connector(settings, components))
}
