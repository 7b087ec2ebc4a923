//! A sandbox wakes with a socket that died while it slept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use kimochi_domain::Transient as _;
use kimochi_store::{Auth, Database, DatabaseSettings, Error, children, recordings, users};
use kimochi_testing::{TestDatabase, now};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;

use crate::support::{attempt_at, key_for, new_recording, parent, requested_by};

#[tokio::test]
async fn a_session_that_the_server_ended_is_replaced() {
    let db = TestDatabase::new().await;
    let api = db.api();
    requested_by(&api, "mika").await;

    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'kimochi_api' \
        AND datname = current_database()";
    let ended = db.superuser().await.query(end, &[]).await.unwrap();

    assert_eq!(ended.len(), 1);
    requested_by(&api, "mika").await;
}

#[tokio::test]
async fn a_call_that_the_server_cuts_off_is_transient() {
    let db = TestDatabase::new().await;
    let family = db.api().family(&parent("mika"), now()).await.unwrap();

    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'kimochi_api' \
        AND datname = current_database()";
    db.superuser().await.query(end, &[]).await.unwrap();
    let error = family.commit().await.unwrap_err();

    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_transient() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let client = api.client().await.unwrap();

    client.batch_execute("SET statement_timeout = '20ms'").await.unwrap();
    let error = client.batch_execute("SELECT pg_sleep(5)").await.unwrap_err();

    assert!(Error::from(error).is_transient());
}

#[tokio::test]
async fn every_role_of_functions_has_its_time_limits() {
    let db = TestDatabase::new().await;

    for database in [db.api(), db.worker()] {
        let client = database.client().await.unwrap();
        for limit in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
            let row = client.query_one(&format!("SHOW {limit}"), &[]).await.unwrap();
            assert_ne!(row.get::<_, String>(0), "0", "{limit}");
        }
    }
}

#[tokio::test]
async fn a_second_connection_at_the_same_time_is_refused_and_not_waited_for_for_ever() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let _held = api.client().await.unwrap();

    let refused = api.client().await;

    assert!(matches!(refused, Err(Error::Busy)));
}

#[tokio::test]
async fn no_server_is_a_transient_error_and_said_soon() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);

    let error = at_port(port, "kimochi").ping().await.unwrap_err();

    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn a_socket_that_broke_is_replaced() {
    let db = TestDatabase::new().await;
    let proxy = Proxy::start(&db).await;
    let api = at_port(proxy.port, &proxy.database);
    api.ping().await.unwrap();

    proxy.turn(Fate::Cut);

    api.ping().await.unwrap();
}

#[tokio::test]
async fn a_transaction_begins_once_more_when_its_socket_broke_or_died_without_a_word() {
    let db = TestDatabase::new().await;
    let proxy = Proxy::start(&db).await;
    let api = at_port(proxy.port, &proxy.database);
    let mika = parent("mika");
    api.family(&mika, now()).await.unwrap().commit().await.unwrap();

    for fate in [Fate::Cut, Fate::Swallow] {
        proxy.turn(fate);
        let begun = Instant::now();
        let family = tokio::time::timeout(Duration::from_secs(2), api.family(&mika, now())).await;

        family.expect("in time").unwrap().commit().await.unwrap();
        let was_silent = begun.elapsed() >= Duration::from_secs(1);
        assert_eq!(was_silent, fate == Fate::Swallow, "only who hears nothing waits for a second");
    }
}

#[tokio::test]
async fn a_socket_that_died_without_a_word_is_replaced_within_two_seconds() {
    let db = TestDatabase::new().await;
    let proxy = Proxy::start(&db).await;
    let api = at_port(proxy.port, &proxy.database);
    api.ping().await.unwrap();

    proxy.turn(Fate::Swallow);
    let woken = tokio::time::timeout(Duration::from_secs(2), api.ping()).await;

    woken.expect("in time").unwrap();
}

#[tokio::test]
async fn a_familys_transaction_begins_in_one_round_trip() {
    let db = TestDatabase::new().await;
    let proxy = Proxy::start(&db).await;
    let api = at_port(proxy.port, &proxy.database);
    let mika = parent("mika");
    api.family(&mika, now()).await.unwrap().commit().await.unwrap();

    let sign_of_life = proxy.round_trips(api.client()).await;
    let family = proxy.round_trips(async { api.family(&mika, now()).await.unwrap().commit().await }).await;

    assert_eq!(sign_of_life, 1);
    // BEGIN, who it is and which rows are theirs; COMMIT.
    assert_eq!(family, 2);
}

#[tokio::test]
async fn a_last_statement_and_its_commit_take_one_round_trip() {
    let db = TestDatabase::new().await;
    let proxy = Proxy::start(&db).await;
    let api = at_port(proxy.port, &proxy.database);
    let mika = parent("mika");
    let ask = async || {
        let family = api.family(&mika, now()).await?;
        let key = key_for(family.user().id);
        recordings::insert(family.last(), &new_recording(&key, None), now()).await
    };
    // Prepares it.
    ask().await.unwrap();

    assert_eq!(proxy.round_trips(ask()).await, 2);

    let kept = db.superuser().await.query_one("SELECT count(*) FROM recordings", &[]).await.unwrap();
    assert_eq!(kept.get::<_, i64>(0), 2);
}

#[tokio::test]
async fn a_last_statement_that_fails_says_why_and_keeps_nothing_of_its_transaction() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let mika = parent("mika");
    let taken = requested_by(&api, "mika").await.audio_key;
    let family = api.family(&mika, now()).await.unwrap();
    let key = key_for(family.user().id);
    recordings::insert(&family, &new_recording(&key, None), now()).await.unwrap();

    let error = recordings::insert(family.last(), &new_recording(&taken, None), now()).await.unwrap_err();

    let Error::Postgres(error) = error else { panic!("{error:?}") };
    assert_eq!(error.code(), Some(&SqlState::UNIQUE_VIOLATION));
    let kept = db.superuser().await.query_one("SELECT count(*) FROM recordings", &[]).await.unwrap();
    assert_eq!(kept.get::<_, i64>(0), 1);
    requested_by(&api, "mika").await;
}

#[tokio::test]
async fn what_fails_at_the_commit_has_not_happened_although_its_last_statement_went_well() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let superuser = db.superuser().await;
    let refuse_at_the_end = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
        'BEGIN RAISE SQLSTATE ''40001''; END'; \
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON recordings DEFERRABLE INITIALLY DEFERRED \
        FOR EACH ROW EXECUTE FUNCTION refuse()";
    superuser.batch_execute(refuse_at_the_end).await.unwrap();

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let key = key_for(family.user().id);
    let error = recordings::insert(family.last(), &new_recording(&key, None), now()).await.unwrap_err();

    let Error::Postgres(error) = error else { panic!("{error:?}") };
    assert_eq!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE));
    let kept = superuser.query_one("SELECT count(*) FROM recordings", &[]).await.unwrap();
    assert_eq!(kept.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_last_statement_that_nobody_waits_for_does_not_stand_in_the_way_of_the_next() {
    let db = TestDatabase::new().await;
    let api = db.api();
    requested_by(&api, "mika").await;
    let family = api.family(&parent("mika"), now()).await.unwrap();
    let key = key_for(family.user().id);

    let new = new_recording(&key, None);
    let sent = recordings::insert(family.last(), &new, now()).now_or_never();

    assert!(sent.is_none(), "it is on its way");
    requested_by(&api, "mika").await;
}

#[tokio::test]
async fn a_recording_is_claimed_in_three_round_trips() {
    let db = TestDatabase::new().await;
    let proxy = Proxy::start(&db).await;
    let worker = as_role("kimochi_worker", proxy.port, &proxy.database);
    let (first, second) = (requested_by(&db.api(), "mika").await, requested_by(&db.api(), "mika").await);
    // Prepares its statements.
    attempt_at(&worker, &first.audio_key, now()).await;

    let claim = proxy.round_trips(async {
        attempt_at(&worker, &second.audio_key, now()).await;
        Ok(())
    });

    // BEGIN and the row itself; that it was uploaded; that it is worked on, the run, and COMMIT.
    assert_eq!(claim.await, 3);
}

#[tokio::test]
async fn a_recording_is_claimed_once_more_when_the_socket_broke_or_died_without_a_word() {
    let db = TestDatabase::new().await;
    let proxy = Proxy::start(&db).await;
    let worker = as_role("kimochi_worker", proxy.port, &proxy.database);
    worker.ping().await.unwrap();

    for fate in [Fate::Cut, Fate::Swallow] {
        let recording = requested_by(&db.api(), "mika").await;
        proxy.turn(fate);

        let claim = attempt_at(&worker, &recording.audio_key, now());
        let attempt = tokio::time::timeout(Duration::from_secs(2), claim).await;

        assert_eq!(attempt.expect("in time").number, 1);
    }
}

#[tokio::test]
async fn a_new_connection_may_take_its_time() {
    let db = TestDatabase::new().await;
    let proxy = Proxy::start(&db).await;
    proxy.turn(Fate::Dawdle);

    let begun = Instant::now();
    let family = at_port(proxy.port, &proxy.database).family(&parent("mika"), now()).await;

    assert!(family.is_ok(), "{family:?}");
    assert!(begun.elapsed() >= 2 * DAWDLING, "to connect, and to begin");
}

#[tokio::test]
async fn a_question_is_asked_and_answered_in_one_round_trip() {
    let db = TestDatabase::new().await;
    let proxy = Proxy::start(&db).await;
    let api = at_port(proxy.port, &proxy.database);
    let mika = parent("mika");
    let reader = api.reader(&mika, now());
    // Prepares it.
    children::list(&reader).await.unwrap();

    let question = proxy.round_trips(children::list(&reader)).await;

    assert_eq!(question, 1);
}

#[tokio::test]
async fn a_question_that_fails_says_why_and_keeps_nothing_and_the_next_one_is_answered() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let (mika, ren) = (parent("mika"), parent("ren"));
    children::list(&api.reader(&mika, now())).await.unwrap();
    let superuser = db.superuser().await;

    superuser.batch_execute("ALTER TABLE children RENAME TO gone").await.unwrap();
    let error = children::list(&api.reader(&ren, now())).await.unwrap_err();
    superuser.batch_execute("ALTER TABLE gone RENAME TO children").await.unwrap();

    let Error::Postgres(error) = error else { panic!("{error:?}") };
    assert_eq!(error.code(), Some(&SqlState::UNDEFINED_TABLE));
    let users = superuser.query_one("SELECT count(*) FROM users", &[]).await.unwrap();
    assert_eq!(users.get::<_, i64>(0), 1, "ren's first call came to nothing");
    assert_eq!(children::list(&api.reader(&mika, now())).await.unwrap(), []);
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_does_not_stand_in_the_way_of_the_next() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let mika = parent("mika");
    let reader = api.reader(&mika, now());
    users::read(&reader).await.unwrap();
    children::list(&reader).await.unwrap();

    assert!(children::list(&reader).now_or_never().is_none(), "it is on its way");

    assert!(users::read(&reader).await.is_ok());
}

#[tokio::test]
async fn a_question_is_asked_once_more_when_its_socket_broke_or_died_without_a_word() {
    let db = TestDatabase::new().await;
    let proxy = Proxy::start(&db).await;
    let api = at_port(proxy.port, &proxy.database);
    let mika = parent("mika");
    let reader = api.reader(&mika, now());
    let user = users::read(&reader).await.unwrap();

    for fate in [Fate::Cut, Fate::Swallow] {
        proxy.turn(fate);
        let begun = Instant::now();
        // Another question each time: the connection that broke knew the one, and did not know the other.
        let answer = tokio::time::timeout(Duration::from_secs(2), async {
            if fate == Fate::Cut {
                return users::read(&reader).await.map(|user| user.id);
            }
            assert_eq!(children::list(&reader).await?, []);
            Ok(user.id)
        });

        assert_eq!(answer.await.expect("in time").unwrap(), user.id);
        let was_silent = begun.elapsed() >= Duration::from_secs(1);
        assert_eq!(was_silent, fate == Fate::Swallow, "only who hears nothing waits for a second");
    }
}

fn at_port(port: u16, database: &str) -> Database {
    as_role("kimochi_api", port, database)
}

fn as_role(role: &str, port: u16, database: &str) -> Database {
    let url = format!("postgresql://127.0.0.1:{port}/{database}");
    let settings = DatabaseSettings { url: &url, role, auth: Auth::None, application_name: "test" };
    Database::new(settings).unwrap()
}

/// Stands between us and the server, as the network does.
struct Proxy {
    port: u16,
    database: String,
    fate: watch::Sender<Fate>,
    traffic: Arc<Traffic>,
}

/// What happens to connections.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Flow,
    /// Those that are open break.
    Cut,
    /// Those stay, but nothing arrives any more.
    Swallow,
    /// New ones are slow.
    Dawdle,
}

/// How late the server's answers are, where the network dawdles: later than a sign of life may come.
const DAWDLING: Duration = Duration::from_millis(1_100);

/// Counts how often we spoke after the server had spoken.
#[derive(Default)]
struct Traffic {
    server_spoke_last: AtomicBool,
    round_trips: AtomicUsize,
}

impl Proxy {
    async fn start(db: &TestDatabase) -> Self {
        let server: Config = db.url().parse().unwrap();
        let database = server.get_dbname().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (fate, _) = watch::channel(Fate::Flow);
        let traffic = Arc::new(Traffic::default());
        let (fates, shared) = (fate.clone(), Arc::clone(&traffic));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let relay = relay_to_server(server.clone(), client, fates.subscribe(), Arc::clone(&shared));
                tokio::spawn(relay);
            }
        });
        Self { port, database, fate, traffic }
    }

    fn turn(&self, fate: Fate) {
        self.fate.send_replace(fate);
    }

    async fn round_trips<T>(&self, work: impl Future<Output = kimochi_store::Result<T>>) -> usize {
        let before = self.traffic.round_trips.load(Ordering::SeqCst);
        work.await.unwrap_or_else(|error| panic!("{error:?}"));
        self.traffic.round_trips.load(Ordering::SeqCst) - before
    }
}

async fn relay_to_server(
    server: Config,
    client: TcpStream,
    fate: watch::Receiver<Fate>,
    traffic: Arc<Traffic>,
) {
    let port = server.get_ports().first().copied().unwrap_or(5432);
    match &server.get_hosts()[0] {
        Host::Tcp(host) => {
            let server = TcpStream::connect((host.as_str(), port)).await.unwrap();
            relay(client, server, fate, &traffic).await;
        }
        Host::Unix(folder) => {
            let server = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await.unwrap();
            relay(client, server, fate, &traffic).await;
        }
    }
}

async fn relay(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite,
    mut fate: watch::Receiver<Fate>,
    traffic: &Traffic,
) {
    let (mut from_client, mut to_client) = split(client);
    let (mut from_server, mut to_server) = split(server);
    let we_speak = || {
        if traffic.server_spoke_last.swap(false, Ordering::SeqCst) {
            traffic.round_trips.fetch_add(1, Ordering::SeqCst);
        }
    };
    let server_speaks = || traffic.server_spoke_last.store(true, Ordering::SeqCst);
    let delay = if *fate.borrow() == Fate::Dawdle { DAWDLING } else { Duration::ZERO };
    tokio::select! {
        () = pump(&mut from_client, &mut to_server, Duration::ZERO, we_speak) => {}
        () = pump(&mut from_server, &mut to_client, delay, server_speaks) => {}
        _ = fate.changed() => {}
    }
    let fate = *fate.borrow();
    if fate == Fate::Swallow {
        // The sockets stay open.
        std::future::pending::<()>().await;
        drop((from_client, to_client, from_server, to_server));
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    delay: Duration,
    seen: impl Fn(),
) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        seen();
        tokio::time::sleep(delay).await;
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}
