//! A process that does something to a test's database and bucket until it is killed with SIGKILL, as Lambda ends a sandbox.
//!
//! It is the test's own executable, started once more for one of its tests: that one does nothing unless
//! [`Victim::of_this_process`] says that it is a victim.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kimochi_store::{Auth, Database, DatabaseSettings};

use crate::{TestBucket, TestDatabase};

/// Where its database is, and its bucket.
const DATABASE: &str = "KIMOCHI_VICTIM_DATABASE";
const BUCKET: &str = "KIMOCHI_VICTIM_BUCKET";
/// What it says when it begins.
const BEGINS: &str = "the victim begins";

/// A process that is at work.
#[derive(Debug)]
pub struct Victim {
    child: Child,
    began: Instant,
}

impl Victim {
    /// Starts the process for the test called `test` (as `--exact` wants it), and waits until it begins.
    ///
    /// # Panics
    /// When it does not.
    pub fn begin(test: &str, database: &TestDatabase, bucket: &TestBucket) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("an executable"))
            .args(["--exact", test, "--nocapture"])
            .env(DATABASE, database.url())
            .env(BUCKET, bucket.name())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut lines = stdout.lines().map_while(Result::ok);
        assert!(lines.any(|line| line == BEGINS), "the process did not begin");
        // Somebody has to read what else it says, or it would wait for that.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, began: Instant::now() }
    }

    /// In a process that [`begin`](Self::begin) started: the database, as `kimochi_cleanup`, and the bucket's name. `None`
    /// in every other one.
    ///
    /// # Panics
    /// When the variables are not what `begin` set.
    #[expect(clippy::print_stdout, reason = "whoever started this process waits for it")]
    pub fn of_this_process() -> Option<(Database, String)> {
        let variable = |name| std::env::var_os(name)?.into_string().ok();
        let (url, bucket) = (variable(DATABASE)?, variable(BUCKET)?);
        let settings = DatabaseSettings {
            url: &url,
            role: "kimochi_cleanup",
            auth: Auth::None,
            application_name: "victim",
        };
        let database = Database::new(settings).expect("valid settings");
        println!("\n{BEGINS}");
        Some((database, bucket))
    }

    /// Lets it finish, and says how long it worked.
    ///
    /// # Panics
    /// When it fails.
    pub fn finish(mut self) -> Duration {
        assert!(self.child.wait().expect("an end").success(), "the process failed");
        self.began.elapsed()
    }

    /// Kills it after some time.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub async fn kill_after(mut self, time: Duration) {
        tokio::time::sleep(time).await;
        self.child.kill().expect("a kill");
        self.child.wait().expect("an end");
    }
}
