//! TLS to RDS: the server's certificate must come from Amazon's RDS authorities and carry the name that was
//! asked for (what libpq calls `sslmode=verify-full`).

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore, crypto};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Authorities of RDS instances, and of the proxies in front of them; see `certs/README.md`.
const AUTHORITIES: [&[u8]; 2] =
    [include_bytes!("../certs/rds.pem"), include_bytes!("../certs/rds-proxy.pem")];

/// A connector that trusts RDS and nobody else.
pub(crate) fn rds() -> MakeRustlsConnect {
    let certificates = AUTHORITIES.into_iter().flat_map(CertificateDer::pem_slice_iter);
    trusting(certificates.map(|certificate| certificate.expect("the embedded authorities are PEM")))
}

/// A connector that trusts `authorities` and nobody else.
pub(crate) fn trusting(authorities: impl IntoIterator<Item = CertificateDer<'static>>) -> MakeRustlsConnect {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority).expect("an authority is an X.509 certificate");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    MakeRustlsConnect::new(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_authority_can_be_read() {
        rds();

        let count = |pem: &[u8]| CertificateDer::pem_slice_iter(pem).count();
        assert_eq!(AUTHORITIES.map(count), [81, 5]);
    }
}
