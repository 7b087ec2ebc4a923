//! A database for one test.

use kimochi_store::{Auth, Database, DatabaseSettings};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::server::{self, Server};
use crate::template::{self, TEST_PREFIX};

/// A migrated, empty database of its own, on the real PostgreSQL that `TEST_DATABASE_URL` names (as a
/// superuser). It is dropped with this value.
///
/// Every call of a method that is named after a role gives a handle with its own connection, like another sandbox.
#[derive(Debug)]
pub struct TestDatabase {
    server: Server,
    name: String,
    url: String,
}

impl TestDatabase {
    /// Copies the migrated template; the first test after a change of the migrations makes that, too.
    ///
    /// # Panics
    /// When there is no server: a test that needs a database must not pass without one.
    pub async fn new() -> Self {
        let server = Server::from_env();
        let template = template::ensure(&server).await;
        let name = format!("{TEST_PREFIX}{}", Uuid::now_v7().simple());
        let create = format!("CREATE DATABASE {name} TEMPLATE {template} OWNER kimochi_owner");
        server.connect().await.batch_execute(&create).await.expect("a copy of the template");
        Self { url: server.url_of(&name), server, name }
    }

    /// A handle as `kimochi_api`.
    pub fn api(&self) -> Database {
        self.connect_as("kimochi_api")
    }

    /// A handle as `kimochi_worker`.
    pub fn worker(&self) -> Database {
        self.connect_as("kimochi_worker")
    }

    /// A handle as `kimochi_cleanup`.
    pub fn cleanup(&self) -> Database {
        self.connect_as("kimochi_cleanup")
    }

    /// A handle as `kimochi_operator`.
    pub fn operator(&self) -> Database {
        self.connect_as("kimochi_operator")
    }

    /// A handle as `kimochi_report`.
    pub fn report(&self) -> Database {
        self.connect_as("kimochi_report")
    }

    /// A handle as `kimochi_owner`, to whom row-level security does not apply.
    pub fn owner(&self) -> Database {
        self.connect_as("kimochi_owner")
    }

    /// A connection as the server's superuser, for looking behind the curtain and for sabotage.
    pub async fn superuser(&self) -> Client {
        server::connect(&self.url).await
    }

    /// Returns when a statement waits for a lock that another transaction holds.
    pub async fn wait_until_somebody_waits(&self) {
        let superuser = self.superuser().await;
        let waiting = "
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while superuser.query_one(waiting, &[]).await.expect("an answer").get::<_, i64>(0) == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Where it is, for a function's own configuration.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn connect_as(&self, role: &str) -> Database {
        let settings = DatabaseSettings { url: &self.url, role, auth: Auth::None, application_name: "test" };
        Database::new(settings).expect("valid settings")
    }
}

impl Drop for TestDatabase {
    /// On a thread of its own, because the test's runtime may be on its way out. What fails is left to the
    /// sweep of a later run.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                let _ = server.connect().await.batch_execute(&drop).await;
            });
            std::io::Result::Ok(())
        });
        let _ = dropping.join();
    }
}
