//! The way to the database: one connection per process, opened at first use, replaced when it is dead.

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use deadpool::Runtime;
use deadpool::managed::{Object, Pool, PoolError, TimeoutType, Timeouts};
use jiff::Timestamp;
use kimochi_domain::Caller;
use tokio_postgres::Config;

use crate::connection::{CONNECT_TIMEOUT, Connector, Security, is_new, sign_of_life};
use crate::family::FamilyTransaction;
use crate::family_reader::FamilyReader;
use crate::operator::OperatorTransaction;
use crate::{Error, Result, tls};

/// How long a caller waits for the one connection while another caller has it.
const WAIT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the kernel waits for data we sent to be acknowledged before it gives the connection up.
const UNACKNOWLEDGED_TIMEOUT: Duration = Duration::from_secs(8);

/// A connection taken from the [`Database`]; it goes back when dropped.
pub type Client = Object<Connector>;

/// The database, as one role. Cheap to clone; clones share the one connection.
///
/// A Lambda sandbox works on one event at a time, so one connection is what it can use, and sandboxes times
/// one is what the server must hold.
#[derive(Debug, Clone)]
pub struct Database {
    pool: Pool<Connector>,
}

/// Where the database is and who we are to it.
#[derive(Debug, Clone)]
pub struct DatabaseSettings<'a> {
    /// `postgresql://host:5432/kimochi`; a socket's folder percent-encoded as the host. A user in it is
    /// replaced by `role`.
    pub url: &'a str,
    /// The role to connect as, such as `kimochi_api`.
    pub role: &'a str,
    /// How the role proves who it is.
    pub auth: Auth,
    /// What the server shows operators for this connection: the function's name.
    pub application_name: &'a str,
}

/// How a role proves who it is.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Not at all: the server trusts whoever can reach its socket. For local use.
    None,
    /// By a token signed with the function's own AWS credentials, over TLS.
    Iam {
        /// The region of the database.
        region: String,
        /// Where the credentials come from, asked again for every connection.
        credentials: SharedCredentialsProvider,
    },
}

impl Database {
    /// Prepares the way; nothing is sent before the first use.
    ///
    /// # Errors
    /// When the URL cannot be understood.
    pub fn new(settings: DatabaseSettings<'_>) -> Result<Self> {
        let security = match settings.auth {
            Auth::None => Security::None,
            Auth::Iam { region, credentials } => Security::Iam { region, credentials, tls: tls::rds() },
        };
        let config = config(settings.url, settings.role, settings.application_name)?;
        Ok(Self { pool: pool(Connector { config, security }) })
    }

    /// The connection itself, for single statements. It has given a sign of life, or is new.
    ///
    /// # Errors
    /// When no connection can be made, or another caller keeps it.
    pub async fn client(&self) -> Result<Client> {
        let client = self.pooled().await?;
        if is_new(&client) || sign_of_life(client.check_connection()).await.is_ok() {
            return Ok(client);
        }
        drop(client);
        self.reconnected().await
    }

    /// A transaction in which only the family of `caller` exists. Their row in `users` is made at their
    /// first call, at `now`. A sign of life, beginning, finding the parent and closing off other families take one
    /// round trip together.
    ///
    /// # Errors
    /// [`Error::FamilyLeft`] when they have left the service; otherwise when the database cannot be reached.
    pub async fn family(&self, caller: &Caller, now: Timestamp) -> Result<FamilyTransaction> {
        self.awake(|client| FamilyTransaction::begin(client, caller, now)).await
    }

    /// Questions of the family of `caller`, each of them asked at `now` in a transaction of its own. Nothing is sent yet.
    pub fn reader<'a>(&'a self, caller: &'a Caller, now: Timestamp) -> FamilyReader<'a> {
        FamilyReader::new(self, caller, now)
    }

    /// A transaction of the operator who is `caller`, at `now`. A sign of life, beginning and saying who acts take one
    /// round trip together.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn operator(&self, caller: &Caller, now: Timestamp) -> Result<OperatorTransaction> {
        self.awake(|client| OperatorTransaction::begin(client, caller, now)).await
    }

    /// Begins on the connection, or on a new one if it gave no sign of life.
    pub(crate) async fn awake<T, F>(&self, begin: impl Fn(Client) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        match begin(self.pooled().await?).await {
            Err(Error::Asleep) => begin(self.reconnected().await?).await,
            begun => begun,
        }
    }

    /// The connection, which may have died while it slept.
    async fn pooled(&self) -> Result<Client> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Timeout(TimeoutType::Wait) => Error::Busy,
            PoolError::Timeout(_) => Error::Timeout(CONNECT_TIMEOUT.as_secs()),
            other => Error::Settings(other.to_string()),
        })
    }

    /// A new connection, after the one before gave no sign of life.
    async fn reconnected(&self) -> Result<Client> {
        tracing::info!("the database connection gave no sign of life; another one is opened");
        self.pool.retain(|_, _| false);
        self.pooled().await
    }

    /// Whether the database answers a statement.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        self.client().await?.simple_query("SELECT 1").await?;
        Ok(())
    }
}

fn config(url: &str, role: &str, application_name: &str) -> Result<Config> {
    let mut config: Config =
        url.parse().map_err(|error: tokio_postgres::Error| Error::Settings(error.to_string()))?;
    config
        .user(role)
        .application_name(application_name)
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_user_timeout(UNACKNOWLEDGED_TIMEOUT);
    Ok(config)
}

fn pool(connector: Connector) -> Pool<Connector> {
    Pool::builder(connector)
        .max_size(1)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts { wait: Some(WAIT_TIMEOUT), create: Some(CONNECT_TIMEOUT), recycle: None })
        .build()
        .expect("a runtime is given")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tokio_postgres::config::Host;

    use super::*;

    #[test]
    fn the_role_replaces_whoever_the_url_names() {
        for url in ["postgresql://db.example:5432/kimochi", "postgresql://postgres@db.example/kimochi"] {
            let config = config(url, "kimochi_api", "test").unwrap();

            assert_eq!(config.get_user(), Some("kimochi_api"));
            assert_eq!(config.get_hosts(), [Host::Tcp("db.example".to_owned())]);
        }
    }

    #[test]
    fn a_socket_is_named_by_its_percent_encoded_folder_or_by_a_parameter() {
        for url in ["postgresql://%2Ftmp%2Fpg/kimochi", "postgresql://postgres:@/kimochi?host=/tmp/pg"] {
            let config = config(url, "kimochi_api", "test").unwrap();

            assert_eq!(config.get_hosts(), [Host::Unix(PathBuf::from("/tmp/pg"))]);
            assert_eq!(config.get_dbname(), Some("kimochi"));
        }
    }

    #[test]
    fn what_is_no_url_is_said_at_once() {
        assert!(matches!(config("mysql://db/kimochi", "kimochi_api", "test"), Err(Error::Settings(_))));
    }
}
