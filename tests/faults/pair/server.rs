//! One PostgreSQL of a pair: on a port of loopback, as a primary or as a standby of another.

use std::fs::{self, DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_postgres::{Client, NoTls};
use uvote::store::schema;

use crate::proof::postgres::{children, kill_all, signal};
use crate::proof::process::{GLANCE, die_with_this_thread, free_port};
use crate::support::cluster::{cluster, scratch_directory};

/// How long PostgreSQL may take for anything, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(90);

/// What every server runs with.
const SETTINGS: &str = "
    listen_addresses = '127.0.0.1'
    unix_socket_directories = ''
    wal_keep_size = '512MB'
    wal_retrieve_retry_interval = '100ms'
    log_error_verbosity = terse
    log_min_error_statement = panic
";

/// Each server of a pair waits for the other by its name. Whoever streams under another name, such as
/// a backup, is no standby.
const PAIRED: [&str; 2] = ["-c", "synchronous_standby_names=FIRST 1 (uvote_a, uvote_b, uvote_c)"];

/// A server, alive or dead.
pub struct Server {
    name: &'static str,
    port: u16,
    directory: PathBuf,
    process: Option<Child>,
}

impl Server {
    /// A server with the schema of the service, which has not been started yet. All are copies of
    /// one, so each may lead or follow any other.
    pub async fn new(name: &'static str) -> Self {
        static FIRST: OnceCell<Server> = OnceCell::const_new();
        let first = FIRST.get_or_init(Self::first).await;
        let server = Self::vacant(name);
        let mut copy = Command::new("cp");
        copy.arg("-aT").args([first.data(), server.data()]);
        finish(copy).await;
        server
    }

    async fn first() -> Self {
        let mut first = Self::vacant("first");
        let pgdata = format!("--pgdata={}", first.data().display());
        let mut initdb = program("initdb");
        initdb.args(["--auth=trust", "--username=uvote_owner", "--encoding=UTF8", &pgdata]);
        initdb.args(["--data-checksums", "--no-locale", "--no-sync"]);
        finish(initdb).await;
        let conf = first.data().join("postgresql.conf");
        File::options().append(true).open(conf).unwrap().write_all(SETTINGS.as_bytes()).unwrap();
        first.start(&[]).await;
        first.prepare().await;
        first.end(libc::SIGINT);
        first
    }

    async fn prepare(&self) {
        let postgres = self.connect("postgres").await.unwrap();
        postgres.batch_execute("CREATE DATABASE uvote").await.unwrap();
        postgres.batch_execute("CREATE ROLE uvote LOGIN").await.unwrap();
        let (owner, service) = (self.address("uvote_owner", "uvote"), self.address("uvote", "uvote"));
        schema::migrate(&owner.into(), &service.into()).await.unwrap();
    }

    fn vacant(name: &'static str) -> Self {
        let server = Self { name, port: free_port(), directory: scratch_directory(name), process: None };
        server.empty();
        server
    }

    fn empty(&self) {
        // The first time there is nothing.
        drop(fs::remove_dir_all(self.data()));
        DirBuilder::new().mode(0o700).create(self.data()).unwrap();
        let (user, group) = plain_user();
        chown(self.data(), Some(user), Some(group)).unwrap();
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its data, write-ahead log included.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The file to which it logs, over all its lives.
    pub fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    /// How this user reaches a database of this server, and of no other.
    pub fn address(&self, user: &str, database: &str) -> String {
        format!("host=127.0.0.1 port={} user={user} dbname={database}", self.port)
    }

    /// A connection with every right, to the service's database; a standby is as good as a primary.
    pub async fn superuser(&self) -> Client {
        self.connect("uvote").await.unwrap()
    }

    async fn connect(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) =
            tokio_postgres::connect(&self.address("uvote_owner", database), NoTls).await?;
        actix_web::rt::spawn(connection);
        Ok(client)
    }

    /// Becomes a copy of a living server, which then is to be followed.
    pub async fn copy(&self, source: &Self) {
        self.empty();
        let (data, port) = (self.data().display().to_string(), source.port.to_string());
        let from = ["--host=127.0.0.1", "--username=uvote_owner", "--port", &port];
        let mut copy = program("pg_basebackup");
        copy.args(from).args(["--checkpoint=fast", "--no-sync", "--pgdata", &data]);
        finish(copy).await;
    }

    /// Gives up whatever a promoted server knows nothing of, so that it can be followed.
    pub async fn rewind(&self, source: &Self) {
        let (data, from) = (self.data().display().to_string(), source.address("uvote_owner", "postgres"));
        let mut rewind = program("pg_rewind");
        rewind.args(["--no-sync", "--target-pgdata", &data, "--source-server", &from]);
        finish(rewind).await;
    }

    /// Starts it as a primary, whatever it was.
    pub async fn lead(&mut self) {
        drop(fs::remove_file(self.data().join("standby.signal")));
        self.start(&PAIRED).await;
    }

    /// Starts it as a standby, and waits until the primary counts on it.
    pub async fn follow(&mut self, primary: &Self) {
        self.stand_by(primary).await;
        primary.counts_on(self.name).await;
    }

    /// Starts it as a standby of a server that may be dead.
    pub async fn stand_by(&mut self, primary: &Self) {
        File::create(self.data().join("standby.signal")).unwrap();
        let name = format!("application_name=uvote_{}", self.name);
        let conninfo = format!("primary_conninfo={} {name}", primary.address("uvote_owner", "postgres"));
        self.start(&[&PAIRED[..], &["-c", &conninfo]].concat()).await;
    }

    async fn counts_on(&self, standby: &str) {
        let client = self.connect("postgres").await.unwrap();
        let sql = "SELECT 1 FROM pg_stat_replication
            WHERE application_name = 'uvote_' || $1::text AND sync_state = 'sync'";
        let asked = async || client.query_opt(sql, &[&standby]).await.unwrap();
        wait_until("the standby streams", async || asked().await.is_some()).await;
    }

    /// Makes a standby the primary. What was written so far is then known to `rewind`.
    pub async fn promote(&self) {
        let client = self.connect("postgres").await.unwrap();
        let promoted: bool = client.query_one("SELECT pg_promote()", &[]).await.unwrap().get(0);
        assert!(promoted);
        client.batch_execute("CHECKPOINT").await.unwrap();
    }

    /// `kill -9` of all its processes.
    pub fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        kill_all(process.id());
        process.wait().unwrap();
    }

    /// An immediate stop: no goodbye to anybody and no checkpoint.
    pub fn stop_immediately(&mut self) {
        self.end(libc::SIGQUIT);
    }

    fn end(&mut self, number: libc::c_int) {
        let mut process = self.process.take().unwrap();
        signal(process.id(), number);
        process.wait().unwrap();
    }

    /// Halts all its processes, which keep their connections.
    pub fn halt(&self) {
        self.each_process(libc::SIGSTOP);
    }

    /// Lets them go on.
    pub fn resume(&self) {
        self.each_process(libc::SIGCONT);
    }

    fn each_process(&self, number: libc::c_int) {
        let postmaster = self.process.as_ref().unwrap().id();
        children(postmaster).into_iter().chain([postmaster]).for_each(|pid| signal(pid, number));
    }

    async fn start(&mut self, words: &[&str]) {
        let mut command = program("postgres");
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]).args(words);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        die_with_this_thread(&mut command);
        self.process = Some(command.spawn().unwrap());
        wait_until("PostgreSQL takes connections", async || self.connect("postgres").await.is_ok()).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.kill();
        }
        drop(fs::remove_dir_all(&self.directory));
    }
}

/// A program of PostgreSQL, run by the user to whom the tests' own cluster belongs, since none of them
/// is to be run by root.
fn program(name: &str) -> Command {
    let mut command = Command::new(cluster().binaries.join(name));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
    command.current_dir("/").stdin(Stdio::null());
    if Path::new("/proc/self").metadata().unwrap().uid() == 0 {
        let (user, group) = plain_user();
        command.uid(user).gid(group);
    }
    command
}

/// Runs a program to its end, which is to be a good one.
async fn finish(mut command: Command) {
    let output = spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn plain_user() -> (u32, u32) {
    let owned = cluster().directory.join("postgres").metadata().unwrap();
    (owned.uid(), owned.gid())
}

/// Looks until something is so.
pub async fn wait_until(what: &str, so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !so().await {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(GLANCE).await;
    }
}
