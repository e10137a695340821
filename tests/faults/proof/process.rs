//! The real program as a process of its own, to be killed and started again.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use rand::RngExt;
use uvote_loadtest::client::Client;

use crate::support::cluster::scratch_directory;

/// How long a service may take until it is ready or has stopped, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often what nobody announces is looked at.
pub const GLANCE: Duration = Duration::from_millis(5);

/// What a process is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `DATABASE_URL`.
    pub database_url: String,
    /// Where mails go.
    pub smtp: SocketAddr,
    /// Further variables of its environment; they win over the built-in ones.
    pub variables: Vec<(String, String)>,
    /// Files that it may have open, when they are fewer than this process may have.
    pub open_files: Option<libc::rlim_t>,
}

impl Settings {
    /// The settings of a service on this database that sends its mails there.
    pub fn new(database_url: String, smtp: SocketAddr) -> Self {
        Self { database_url, smtp, variables: Vec::new(), open_files: None }
    }

    /// The same with one more variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a limit of open files.
    #[must_use]
    pub fn limited_to(self, open_files: libc::rlim_t) -> Self {
        Self { open_files: Some(open_files), ..self }
    }
}

/// `uvote serve` on a port that stays its own. It dies with the thread of the test that started it.
pub struct Process {
    address: SocketAddr,
    settings: Settings,
    directory: PathBuf,
    child: Child,
}

impl Process {
    /// Starts the program, and waits until it is ready.
    pub async fn start(settings: Settings) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let directory = scratch_directory("service");
        let child = spawn(&directory, address, &settings);
        let mut process = Self { address, settings, directory, child };
        process.wait_until_ready().await;
        process
    }

    /// Where it listens, whether it lives or not.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as `http://...`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Somebody who has not signed in.
    pub fn client(&self) -> Client {
        Client::new(&self.url()).unwrap()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The file to which it logs, over all its lives.
    pub fn log(&self) -> PathBuf {
        log(&self.directory)
    }

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Whether it has not ended.
    pub fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// `kill -9`; it is gone when this returns.
    pub fn kill(&mut self) {
        self.signal(libc::SIGKILL);
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), Some(libc::SIGKILL), "it ended by itself before: {}", self.last_words());
    }

    /// Sends it a signal, such as `libc::SIGSTOP`.
    pub fn signal(&self, signal: libc::c_int) {
        // SAFETY: kill touches no memory of this process.
        unsafe { libc::kill(self.child.id().cast_signed(), signal) };
    }

    /// Asks it to stop, as a supervisor does, and waits until it has.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal(libc::SIGTERM);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not stop: {}", self.last_words());
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Starts the dead process again where it was, without waiting; answers when that was.
    pub fn rise(&mut self) -> Instant {
        let begun = Instant::now();
        self.child = spawn(&self.directory, self.address, &self.settings);
        begun
    }

    /// Starts a process again that has ended by itself, as any supervisor does; whether it had to.
    pub fn supervise(&mut self) -> bool {
        let ended = !self.lives();
        if ended {
            self.rise();
        }
        ended
    }

    /// Starts it again whenever it has ended, for as long as this is waited for. A service that does not
    /// find its database at its start says so and ends.
    pub async fn keep_alive(&mut self) {
        loop {
            self.supervise();
            tokio::time::sleep(GLANCE * 10).await;
        }
    }

    /// Waits until it says that it is ready.
    pub async fn wait_until_ready(&mut self) {
        let (client, deadline) = (self.client().patient(Duration::from_secs(5)), Instant::now() + PATIENCE);
        while !matches!(client.get("/health/ready").await, Ok((status, _)) if status.is_success()) {
            assert!(self.lives(), "the service has ended: {}", self.last_words());
            assert!(Instant::now() < deadline, "the service is not ready: {}", self.last_words());
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// The end of its log.
    pub fn last_words(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&log[log.len().saturating_sub(2_000)..]).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be dead already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn log(directory: &Path) -> PathBuf {
    directory.join("uvote.log")
}

fn spawn(directory: &Path, address: SocketAddr, settings: &Settings) -> Child {
    let log = File::options().create(true).append(true).open(log(directory)).unwrap();
    let mut command = Command::new(program());
    command.arg("serve").stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.env("UVOTE_BIND", address.to_string()).env("UVOTE_DATA_DIR", directory.join("data"));
    command.env("DATABASE_URL", &settings.database_url).env("SMTP_URL", format!("smtp://{}", settings.smtp));
    command.envs([
        ("UVOTE_ORIGIN", "http://localhost"),
        ("UVOTE_MASTER_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("UVOTE_JWT_SECRET", "a secret of the tests, long enough to be taken"),
        ("UVOTE_MAIL_FROM", "Elections <vote@example.org>"),
        ("UVOTE_METRICS_BIND", "off"),
        ("UVOTE_LIMITS", "off"),
        ("UVOTE_LOG", "info,uvote=debug"),
    ]);
    command.envs(settings.variables.iter().map(|(name, value)| (name, value)));
    die_with_this_thread(&mut command);
    limit_files(&mut command, settings.open_files);
    loop {
        match command.spawn() {
            // Another test that started a process while the program was copied has the copy open for
            // writing, until its own child has become another program.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => thread::yield_now(),
            spawned => return spawned.unwrap(),
        }
    }
}

fn limit_files(command: &mut Command, open_files: Option<libc::rlim_t>) {
    let Some(files) = open_files else { return };
    let prepare = move || {
        let limit = libc::rlimit { rlim_cur: files, rlim_max: files };
        // SAFETY: the call is async-signal-safe and reads the limit alone.
        match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: `prepare` neither allocates nor locks, as the time between fork and exec demands.
    unsafe { command.pre_exec(prepare) };
}

/// The program as it was when the run began: a build in between must not change what comes back.
fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let own = scratch_directory("program").join("uvote");
        fs::copy(env!("CARGO_BIN_EXE_uvote"), &own).unwrap();
        own
    });
    &PROGRAM
}

pub fn die_with_this_thread(command: &mut Command) {
    let prepare = || {
        // SAFETY: the call is async-signal-safe and touches no memory.
        match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: `prepare` neither allocates nor locks, as the time between fork and exec demands.
    unsafe { command.pre_exec(prepare) };
}

/// A free port of this machine, and one that the system gives to no outgoing connection: else
/// somebody might have it while its owner is dead.
pub fn free_port() -> u16 {
    loop {
        let port = rand::rng().random_range(12_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
