//! The PostgreSQL server that tests run on.

use tokio_postgres::{Client, NoTls};

const VARIABLE: &str = "TEST_DATABASE_URL";

/// The server, and how its administrator reaches it.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    url: String,
}

impl Server {
    /// # Panics
    /// Without the variable: a test that needs the database must not pass without it.
    pub(crate) fn from_env() -> Self {
        #[expect(clippy::disallowed_methods, reason = "tests have no configuration but this one")]
        let url = std::env::var(VARIABLE).unwrap_or_else(|_| {
            panic!("{VARIABLE} is not set: run `make test`, which starts PostgreSQL and sets it")
        });
        Self { url }
    }

    /// A connection of the administrator to the database that the variable names.
    pub(crate) async fn connect(&self) -> Client {
        connect(&self.url).await
    }

    /// The URL of another database of the same server.
    pub(crate) fn url_of(&self, database: &str) -> String {
        with_database(&self.url, database)
    }
}

/// A connection as whom the URL names.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, session) = tokio_postgres::connect(url, NoTls)
        .await
        .unwrap_or_else(|error| panic!("no PostgreSQL at {VARIABLE} ({error}): run `make test`"));
    tokio::spawn(session);
    client
}

fn with_database(url: &str, database: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgresql", url));
    let (location, query) = rest.split_once('?').map_or((rest, ""), |(location, query)| (location, query));
    let authority = location.split('/').next().unwrap_or_default();
    let question = if query.is_empty() { "" } else { "?" };
    format!("{scheme}://{authority}/{database}{question}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_a_url_is_replaced() {
        for (url, expected) in [
            ("postgresql://localhost:5432/postgres", "postgresql://localhost:5432/x"),
            ("postgresql://localhost", "postgresql://localhost/x"),
            ("postgresql://%2Ftmp%2Fpg/postgres", "postgresql://%2Ftmp%2Fpg/x"),
            ("postgresql://postgres:@/postgres?host=/tmp/pg", "postgresql://postgres:@/x?host=/tmp/pg"),
        ] {
            assert_eq!(with_database(url, "x"), expected);
        }
    }
}
