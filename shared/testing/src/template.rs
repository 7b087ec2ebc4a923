//! A migrated database, made once per set of migrations, that every test's database is a copy of.

use kimochi_store::{Auth, Database, DatabaseSettings, migrations};
use tokio::sync::OnceCell;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::server::Server;

/// Databases of tests are named so, followed by a UUIDv7, which holds the time.
pub(crate) const TEST_PREFIX: &str = "kimochi_test_";
const TEMPLATE_PREFIX: &str = "kimochi_template_";

/// Test binaries run at the same time: one of them makes the template.
const LOCK: i64 = 0x006b_696d_6f74_6573;
/// A test's database that is older was left behind by a run that was killed.
const LEFTOVER_AFTER_SECONDS: u64 = 60 * 60;

const BOOTSTRAP: &str = include_str!("../../store/bootstrap/1_owner.sql");

/// The template's name; it exists when this returns.
pub(crate) async fn ensure(server: &Server) -> &'static str {
    static NAME: OnceCell<String> = OnceCell::const_new();
    NAME.get_or_init(|| async {
        let name = format!("{TEMPLATE_PREFIX}{:016x}", migrations::fingerprint());
        let admin = server.connect().await;
        admin.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await.expect("lock");
        sweep(&admin).await;
        if !databases(&admin, &name).await.contains(&name) {
            make(server, &admin, &name).await;
        }
        admin.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await.expect("unlock");
        name
    })
    .await
}

/// Makes it under another name first, so that a template that exists is a whole one.
async fn make(server: &Server, admin: &Client, name: &str) {
    let draft = format!("{name}_draft");
    for old in databases(admin, TEMPLATE_PREFIX).await {
        run(admin, &format!("DROP DATABASE {old} WITH (FORCE)")).await;
    }
    run(admin, BOOTSTRAP).await;
    run(admin, &format!("CREATE DATABASE {draft} OWNER kimochi_owner")).await;

    let url = server.url_of(&draft);
    let settings = DatabaseSettings {
        url: &url,
        role: "kimochi_owner",
        auth: Auth::None,
        application_name: "kimochi-testing",
    };
    let owner = Database::new(settings).expect("valid settings");
    migrations::migrate(&owner).await.unwrap_or_else(|error| panic!("migrations failed: {error:?}"));
    drop(owner);

    // Nobody connects to it any more: a copy must not have to wait for a session to end.
    run(admin, &format!("ALTER DATABASE {draft} WITH ALLOW_CONNECTIONS false")).await;
    run(
        admin,
        &format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{draft}'"),
    )
    .await;
    run(admin, &format!("ALTER DATABASE {draft} RENAME TO {name}")).await;
}

/// Drops what runs that were killed left behind. Best effort: somebody may be quicker.
async fn sweep(admin: &Client) {
    let now = seconds(&Uuid::now_v7());
    for database in databases(admin, TEST_PREFIX).await {
        let made = Uuid::parse_str(&database[TEST_PREFIX.len()..]).ok().and_then(|id| seconds(&id));
        if made.zip(now).is_some_and(|(made, now)| made + LEFTOVER_AFTER_SECONDS < now) {
            let _ = admin.batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)")).await;
        }
    }
}

fn seconds(id: &Uuid) -> Option<u64> {
    id.get_timestamp().map(|timestamp| timestamp.to_unix().0)
}

async fn databases(admin: &Client, prefix: &str) -> Vec<String> {
    let sql = "SELECT datname::text FROM pg_database WHERE starts_with(datname::text, $1)";
    let rows = admin.query(sql, &[&prefix]).await.expect("list of databases");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn run(admin: &Client, sql: &str) {
    admin.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
}
