//! How a connection is opened, and how one that slept is checked before it is used again.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use deadpool::managed::{Manager, Metrics, RecycleResult};
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Client, Error, Result, iam};

/// A PostgreSQL session with a cache of prepared statements. Every statement of this crate runs on one;
/// transactions dereference to it.
pub type Connection = deadpool_postgres::ClientWrapper;

/// Opens connections and checks them. The pool around it calls it.
#[derive(Debug)]
pub struct Connector {
    pub(crate) config: Config,
    pub(crate) security: Security,
}

/// How a connection is protected.
pub(crate) enum Security {
    /// Neither TLS nor a token: a local socket.
    None,
    /// TLS, and a fresh IAM token for each connection.
    Iam { region: String, credentials: SharedCredentialsProvider, tls: MakeRustlsConnect },
}

impl Manager for Connector {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection> {
        match &self.security {
            Security::None => connect(&self.config, NoTls).await,
            Security::Iam { region, credentials, tls } => {
                let mut config = self.config.clone();
                config.ssl_mode(SslMode::Require);
                config.password(self.token(region, credentials).await?);
                connect(&config, tls.clone()).await
            }
        }
    }

    /// Whether the connection is known to have ended. Who takes it asks for a [`sign_of_life`].
    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<Error> {
        if connection.is_closed() { Err(Error::Asleep.into()) } else { Ok(()) }
    }
}

/// Whether this is the first use of a connection: it has just been opened, and needs no other sign of life.
pub(crate) fn is_new(client: &Client) -> bool {
    Client::metrics(client).recycle_count == 0
}

/// Takes the `answer` to what is sent first as a sign of life, at each further use of a connection: a sandbox does not know how
/// long it was frozen, its clock may have stopped with it, and meanwhile the socket may have died without a word.
///
/// # Errors
/// [`Error::Asleep`] when there is none, after a second at most.
pub(crate) async fn sign_of_life<E>(answer: impl Future<Output = Result<(), E>>) -> Result<()> {
    match timeout(WAKE_TIMEOUT, answer).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Error::Asleep),
    }
}

impl Connector {
    async fn token(&self, region: &str, credentials: &SharedCredentialsProvider) -> Result<String> {
        let [Host::Tcp(host)] = self.config.get_hosts() else {
            return Err(Error::Settings("IAM needs a URL with one host name".to_owned()));
        };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        let role = self.config.get_user().unwrap_or_default();
        let credentials = credentials.provide_credentials().await.map_err(Error::Credentials)?;
        #[expect(
            clippy::disallowed_methods,
            reason = "a token is valid now, whatever time a caller works at"
        )]
        let now = SystemTime::now();
        iam::token(host, port, role, region, &credentials, now)
            .map_err(|error| Error::Settings(format!("cannot sign an IAM token: {error}")))
    }
}

async fn connect<T>(config: &Config, tls: T) -> Result<Connection>
where
    T: tokio_postgres::tls::MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, session) = config.connect(tls).await?;
    let session = tokio::spawn(async move {
        if let Err(error) = session.await {
            tracing::warn!(%error, "database connection ended");
        }
    });
    Ok(Connection::new(client, session))
}

impl std::fmt::Debug for Security {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Iam { region, .. } => f.debug_struct("Iam").field("region", region).finish_non_exhaustive(),
        }
    }
}

/// How long opening a connection may take: name, TCP, TLS, sign-in.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a connection that slept may take to give a sign of life before it counts as dead.
const WAKE_TIMEOUT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_credential_types::Credentials;
    use kimochi_domain::Transient as _;
    use rcgen::{CertificateParams, Issuer, KeyPair};
    use rustls::pki_types::CertificateDer;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::tls;

    const ROLE: &str = "kimochi_api";

    #[tokio::test]
    async fn the_token_goes_to_a_server_that_our_authority_vouches_for() {
        let authority = Authority::new();
        let (port, passwords) = serve(authority.certify("localhost")).await;

        let connection = connector(port, &authority).create().await;

        connection.unwrap();
        let password = passwords.await.unwrap().unwrap();
        assert!(
            password.starts_with(&format!("localhost:{port}/?Action=connect&DBUser={ROLE}&")),
            "{password}"
        );
    }

    #[tokio::test]
    async fn no_token_goes_to_a_server_of_another_authority() {
        let (port, passwords) = serve(Authority::new().certify("localhost")).await;

        let refused = connector(port, &Authority::new()).create().await;

        assert!(!refused.unwrap_err().is_transient());
        assert_eq!(passwords.await.unwrap(), None);
    }

    #[tokio::test]
    async fn no_token_goes_to_a_server_of_another_name() {
        let authority = Authority::new();
        let (port, passwords) = serve(authority.certify("elsewhere.example")).await;

        let refused = connector(port, &authority).create().await;

        assert!(!refused.unwrap_err().is_transient());
        assert_eq!(passwords.await.unwrap(), None);
    }

    #[tokio::test]
    async fn no_token_goes_to_a_server_without_tls() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.read_exact(&mut [0; 8]).await.unwrap();
            socket.write_all(b"N").await.unwrap();
            let mut rest = Vec::new();
            socket.read_to_end(&mut rest).await.unwrap();
            rest
        });

        let refused = connector(port, &Authority::new()).create().await;

        assert!(refused.is_err());
        assert_eq!(server.await.unwrap(), b"");
    }

    fn connector(port: u16, authority: &Authority) -> Connector {
        let mut config = Config::new();
        config.host("localhost").port(port).user(ROLE).dbname("kimochi");
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let security = Security::Iam {
            region: "ap-northeast-1".to_owned(),
            credentials: SharedCredentialsProvider::new(credentials),
            tls: tls::trusting([authority.certificate.clone()]),
        };
        Connector { config, security }
    }

    struct Authority {
        certificate: CertificateDer<'static>,
        issuer: Issuer<'static, KeyPair>,
    }

    impl Authority {
        fn new() -> Self {
            let key = KeyPair::generate().unwrap();
            let mut parameters = CertificateParams::default();
            parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            let certificate = parameters.self_signed(&key).unwrap().der().clone();
            Self { certificate, issuer: Issuer::new(parameters, key) }
        }

        /// What a server called `name` needs.
        fn certify(&self, name: &str) -> rustls::ServerConfig {
            let key = KeyPair::generate().unwrap();
            let parameters = CertificateParams::new([name.to_owned()]).unwrap();
            let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
            let key = rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into());
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], key)
                .unwrap()
        }
    }

    /// PostgreSQL as far as signing in with a password over TLS. Gives its port, and the password that it
    /// was told, if any.
    async fn serve(config: rustls::ServerConfig) -> (u16, tokio::task::JoinHandle<Option<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.read_exact(&mut [0; 8]).await.unwrap(); // SSLRequest
            socket.write_all(b"S").await.unwrap();
            let mut socket = TlsAcceptor::from(Arc::new(config)).accept(socket).await.ok()?;

            let length = socket.read_u32().await.ok()? as usize; // StartupMessage
            socket.read_exact(&mut vec![0; length - 4]).await.unwrap();
            socket.write_all(b"R\0\0\0\x08\0\0\0\x03").await.unwrap(); // AuthenticationCleartextPassword
            assert_eq!(socket.read_u8().await.unwrap(), b'p'); // PasswordMessage
            let length = socket.read_u32().await.unwrap() as usize;
            let mut password = vec![0; length - 4];
            socket.read_exact(&mut password).await.unwrap();
            socket.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").await.unwrap(); // AuthenticationOk, ReadyForQuery
            password.pop();
            Some(String::from_utf8(password).unwrap())
        });
        (port, server)
    }
}
