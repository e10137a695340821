//! The program itself, as a process of its own that the test may attack and look at from outside.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::ExposeSecret;
use uvote_loadtest::client::Client;

use crate::support::Service;
use crate::support::cluster::cluster;
use crate::support::people::{Organiser, Voter};
use crate::support::service::{ORIGIN, config, master_key};

/// `uvote serve` on the database of a [`Service`], which has made its elections and is stopped.
pub struct Program {
    pub address: SocketAddr,
    log: PathBuf,
    process: Child,
}

impl Program {
    /// Takes a service's place, with the rate limits that hold unless told otherwise.
    pub async fn instead_of(service: &mut Service) -> Self {
        Self::instead_with(service, &[]).await
    }

    /// Takes a service's place with further settings.
    pub async fn instead_with(service: &mut Service, more: &[(&str, &str)]) -> Self {
        raise_open_files();
        service.stop().await;
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = cluster().directory.join(format!("{}.log", service.database));
        let mut command = command(service, address);
        let errors = File::create(&log).unwrap();
        let process =
            command.envs(more.iter().copied()).stdout(Stdio::null()).stderr(errors).spawn().unwrap();
        let program = Self { address, log, process };
        program.wait_until_ready().await;
        program
    }

    async fn wait_until_ready(&self) {
        let client = self.anonymous();
        for _ in 0..3_000 {
            if client.get("/health/ready").await.is_ok_and(|(status, _)| status.is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the program is not ready: {}", self.log());
    }

    /// Somebody who has not signed in, on connections of their own.
    pub fn anonymous(&self) -> Client {
        Client::new(&format!("http://{}", self.address)).unwrap()
    }

    /// A voter on a connection of their own.
    pub fn voter(&self, voter: &Voter) -> Voter {
        Voter { client: self.anonymous(), ..voter.clone() }
    }

    /// An organiser, still signed in.
    pub async fn organiser(&self, organiser: &Organiser) -> Organiser {
        let token = self.token(organiser).await;
        Organiser {
            client: self.anonymous().signed_in(&token).unwrap(),
            email: organiser.email.clone(),
            refresh_token: String::new(),
        }
    }

    /// An access token of an organiser.
    pub async fn token(&self, organiser: &Organiser) -> String {
        let body = serde_json::json!({"refresh_token": organiser.refresh_token});
        let (_, tokens) = self.anonymous().post("/api/v1/auth/refresh", &body).await.unwrap();
        tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned()
    }

    /// What it has written to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Memory that is resident now, in MiB.
    pub fn memory(&self) -> usize {
        self.status("VmRSS:")
    }

    /// Lets [`Program::most_memory`] tell of what comes from now on alone (proc(5), `clear_refs`).
    pub fn forget_most_memory(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5").unwrap();
    }

    /// The most memory that was ever resident, in MiB.
    pub fn most_memory(&self) -> usize {
        self.status("VmHWM:")
    }

    /// Files and connections that are open now.
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process.id())).unwrap().count()
    }

    fn status(&self, line: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|found| found.strip_prefix(line)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A copy of the program, which a build that goes on meanwhile does not replace.
fn binary() -> &'static PathBuf {
    static COPY: OnceLock<PathBuf> = OnceLock::new();
    COPY.get_or_init(|| {
        let copy = cluster().directory.join("uvote");
        std::fs::copy(env!("CARGO_BIN_EXE_uvote"), &copy).unwrap();
        copy
    })
}

fn command(service: &Service, address: SocketAddr) -> Command {
    let url = cluster().url(&service.database);
    let mut command = Command::new(binary());
    command.arg("serve").env_clear().stdin(Stdio::null());
    command.env("UVOTE_BIND", address.to_string()).env("UVOTE_ORIGIN", ORIGIN);
    command.env("UVOTE_METRICS_BIND", "off").env("DATABASE_URL", url.expose_secret());
    command.env("UVOTE_MASTER_KEY", STANDARD.encode(master_key().bytes()));
    let config = config(url, service.sink.address());
    command.env("UVOTE_JWT_SECRET", config.jwt_secret.expose_secret());
    command.env("SMTP_URL", config.smtp_url.expose_secret()).env("UVOTE_MAIL_FROM", config.mail_from);
    command.env("UVOTE_DATA_DIR", config.data_dir);
    // SAFETY: prctl neither allocates nor locks, as the time between fork and exec demands.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
    command
}

/// Lets this process, and the program that it starts, have as many files open as the machine allows:
/// each connection is one on either side.
fn raise_open_files() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls get a pointer to a whole rlimit that outlives them.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        limit.rlim_cur = limit.rlim_max;
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
    }
}
