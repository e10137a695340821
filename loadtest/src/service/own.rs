use std::env;
use std::fs::{self, OpenOptions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, getpid, getppid, kill_process, set_parent_process_death_signal};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::client::Client;
use crate::progress;

/// How long a service may take until it is ready, the making of its PostgreSQL included.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is asked whether it is ready.
const GLANCE: Duration = Duration::from_millis(5);
/// What the service has to say goes to this file of its directory.
const LOG: &str = "uvote.log";

/// `uvote demo` with data that nobody else has. It ends, and its data go, when this is dropped;
/// should this program be killed, the kernel still ends the service.
#[derive(Debug)]
pub struct Own {
    binary: PathBuf,
    http: SocketAddr,
    smtp: SocketAddr,
    process: Mutex<Child>,
    directory: TempDir,
}

/// How a service ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is asked to.
    Asked,
    /// It is killed, and its PostgreSQL with it.
    Killed,
}

impl Own {
    /// Starts `binary`, or the `uvote` beside this program, and waits until it is ready. Called on
    /// the main thread: the service is ended when the thread that started it is gone.
    ///
    /// # Errors
    /// When it does not start or does not become ready; nothing is left of it.
    pub async fn start(binary: Option<&Path>, http: SocketAddr, smtp: SocketAddr) -> Result<Self> {
        let binary = binary.map_or_else(beside_this, |binary| Ok(binary.to_owned()))?;
        let directory = tempfile::Builder::new().prefix("uvote-load-").tempdir()?;
        let process = Mutex::new(spawn(&binary, directory.path(), http, smtp)?);
        let own = Self { binary, http, smtp, process, directory };
        let spinner = progress::waiting("starting the service");
        own.wait_until_ready().await?;
        spinner.finish_and_clear();
        Ok(own)
    }

    /// Ends it and starts it again on its data, on the main thread too; answers how long it then
    /// took until it was ready.
    ///
    /// # Errors
    /// When it does not end, or as [`Own::start`].
    pub async fn restart(&self, ending: Ending) -> Result<Duration> {
        match ending {
            Ending::Asked => signal(self.pid(), Signal::TERM)?,
            Ending::Killed => {
                let postgres = self.postmaster()?.first().context("whose PostgreSQL it is")?.parse()?;
                signal(self.pid(), Signal::KILL)?;
                signal(postgres, Signal::KILL)?;
            }
        }
        let deadline = Instant::now() + PATIENCE;
        while self.ended()?.is_none() {
            ensure!(Instant::now() < deadline, "the service does not end");
            sleep(GLANCE).await;
        }
        let begun = Instant::now();
        *self.process() = spawn(&self.binary, self.directory.path(), self.http, self.smtp)?;
        self.wait_until_ready().await?;
        Ok(begun.elapsed())
    }

    /// The process id of the service; PostgreSQL is its child.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process().id()
    }

    fn process(&self) -> MutexGuard<'_, Child> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self) -> io::Result<Option<ExitStatus>> {
        self.process().try_wait()
    }

    /// The lines of postmaster.pid: process, data directory, start, port, socket directory, ...
    fn postmaster(&self) -> Result<Vec<String>> {
        let status = fs::read_to_string(self.directory.path().join("postgres/postmaster.pid"));
        Ok(status.context("where PostgreSQL listens")?.lines().map(str::to_owned).collect())
    }

    /// How to connect to its database as the owner of everything, as libpq reads it.
    ///
    /// # Errors
    /// When its PostgreSQL does not say where its socket is.
    pub fn database(&self) -> Result<String> {
        let lines = self.postmaster()?;
        let [_, _, _, port, socket, ..] = &lines[..] else {
            bail!("PostgreSQL does not say where it listens");
        };
        Ok(format!("host={socket} port={port} user=uvote_owner dbname=uvote"))
    }

    async fn wait_until_ready(&self) -> Result<()> {
        let client = Client::new(&format!("http://{}", self.http))?;
        let deadline = Instant::now() + PATIENCE;
        while !matches!(client.get("/health/ready").await, Ok((status, _)) if status.is_success()) {
            if let Some(status) = self.ended()? {
                bail!("the service ended ({status}): {}", self.last_words());
            }
            if Instant::now() > deadline {
                bail!("the service is not ready after {} seconds: {}", PATIENCE.as_secs(), self.last_words());
            }
            sleep(GLANCE).await;
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = fs::read(self.directory.path().join(LOG)).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        log.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // It stops its PostgreSQL itself; what has ended already needs no signal.
        if let Ok(None) = self.ended() {
            let _ = signal(self.pid(), Signal::TERM);
            let _ = self.process().wait();
        }
    }
}

fn signal(process: u32, signal: Signal) -> Result<()> {
    let pid = Pid::from_raw(process.cast_signed()).context("the number of a process")?;
    Ok(kill_process(pid, signal)?)
}

fn beside_this() -> Result<PathBuf> {
    Ok(env::current_exe().context("where this program is")?.with_file_name("uvote"))
}

fn spawn(binary: &Path, directory: &Path, http: SocketAddr, smtp: SocketAddr) -> Result<Child> {
    let log = OpenOptions::new().create(true).append(true).open(directory.join(LOG))?;
    let mut command = Command::new(binary);
    command.args(["demo", "--no-sample", "--bind", &http.to_string(), "--data-dir"]).arg(directory);
    command.env("SMTP_URL", format!("smtp://{smtp}"));
    command.env("UVOTE_LIMITS", "off").env("UVOTE_METRICS_BIND", "off");
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    // Ctrl-C is for this program, which may still want to close the election.
    command.process_group(0);
    end_with_parent(&mut command);
    command.spawn().with_context(|| {
        format!(
            "can't start {}; build it with cargo build --release, or name it with --binary",
            binary.display()
        )
    })
}

fn end_with_parent(command: &mut Command) {
    let parent = getpid();
    let prepare = move || {
        set_parent_process_death_signal(Some(Signal::TERM))?;
        // Should the parent have died before the request, no signal will come.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    };
    // SAFETY: `prepare` makes two system calls and neither allocates nor locks, as the time between
    // fork and exec demands.
    unsafe { command.pre_exec(prepare) };
}
