//! The PostgreSQL of a stage with a library loaded before the system's own, which changes what it sees.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::proof::postgres::{Server, kill_all};
use crate::proof::process::{GLANCE, die_with_this_thread};
use crate::support::cluster::cluster;
use uvote::store::schema;

const PATIENCE: Duration = Duration::from_secs(60);

/// A server on the data and the socket of one that was stopped; killed when this is dropped.
pub struct Preloaded(Child);

impl Preloaded {
    /// Stops a server and starts it again with further variables in its environment.
    pub async fn instead_of(server: &Server, variables: &[(&str, &Path)]) -> Self {
        server.stop().await;
        let data = server.data();
        let mut command = Command::new(cluster().binaries.join("postgres"));
        command.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-c", "max_connections=200"]);
        command.arg("-c").arg(format!("unix_socket_directories={}", server.socket().display()));
        command.args(["-c", "log_error_verbosity=terse", "-c", "log_min_error_statement=panic"]);
        let owner = fs::metadata(&data).unwrap();
        // SAFETY: geteuid always succeeds and touches no memory.
        if unsafe { libc::geteuid() } == 0 {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let log = File::options().append(true).open(server.log()).unwrap();
        command.current_dir(&data).env_clear().env("LC_ALL", "C");
        command.envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        die_with_this_thread(&mut command);
        let started = Self(command.spawn().unwrap());
        started.wait_until_ready(server).await;
        started
    }

    async fn wait_until_ready(&self, server: &Server) {
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = schema::connect(&server.owner_url()).await {
            let log = fs::read_to_string(server.log()).unwrap_or_default();
            assert!(Instant::now() < deadline, "PostgreSQL does not start: {error}\n{log}");
            tokio::time::sleep(GLANCE).await;
        }
    }
}

impl Drop for Preloaded {
    fn drop(&mut self) {
        kill_all(self.0.id());
        drop(self.0.wait());
    }
}

/// Writes a file that another user reads meanwhile: the whole of it or nothing.
pub fn tell(file: &Path, what: &str) {
    let fresh = file.with_extension("fresh");
    fs::write(&fresh, what).unwrap();
    fs::rename(fresh, file).unwrap();
}
