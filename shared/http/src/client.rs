//! The client.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// A client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client: {0}")]
pub struct Unusable(String);

/// A client that follows no redirect: what we send goes to the host that was configured, and to no other. Connects at the
/// first request.
///
/// TLS is by ring, the one provider of this workspace, with Mozilla's root certificates compiled in: it does not depend on
/// what the base image of a function carries.
///
/// # Errors
/// When the TLS library refuses its own defaults.
pub fn client() -> Result<Client, Unusable> {
    let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Unusable(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .build()
        .map_err(|error| Unusable(error.without_url().to_string()))
}
