//! `pg_dump` and `pg_restore`, which are told no secret on their command lines.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::error::{BackupError, unusable};
use super::manifest::Writing;

/// Letters that are shown of what a program complains of, which can quote a row at length.
const LONGEST_REASON: usize = 300;

/// What to do when the login is not enough.
const NOT_THE_OWNER: &str = "; set UVOTE_OWNER_DATABASE_URL to a login that owns the tables";

/// A program whose output is being read.
pub(super) struct Running {
    name: &'static str,
    child: Child,
}

impl Running {
    fn start(name: &'static str, mut command: Command) -> Result<(Self, ChildStdout), BackupError> {
        let failed = |error: io::Error| BackupError::Program { name, reason: error.to_string() };
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
        let output = child.stdout.take().ok_or_else(|| failed(io::ErrorKind::BrokenPipe.into()))?;
        Ok((Self { name, child }, output))
    }

    /// Waits for its end, after its output has been read.
    pub(super) fn finish(mut self) -> Result<(), BackupError> {
        let mut words = String::new();
        let said = self.child.stderr.take().map(|mut errors| errors.read_to_string(&mut words));
        let failed = |reason: String| BackupError::Program { name: self.name, reason };
        match (self.child.wait(), said) {
            (Ok(status), _) if status.success() => Ok(()),
            (Ok(status), _) => Err(failed(telling_line(&words).unwrap_or_else(|| status.to_string()))),
            (Err(error), _) => Err(failed(error.to_string())),
        }
    }
}

/// The first line that tells of an error.
fn telling_line(words: &str) -> Option<String> {
    let line = words.lines().find(|line| line.contains("error:")).or_else(|| words.lines().next())?;
    let hint = if line.contains("permission denied") { NOT_THE_OWNER } else { "" };
    Some(line.chars().take(LONGEST_REASON).chain(hint.chars()).collect())
}

fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Starts `pg_dump` on what a snapshot sees. It ends with whoever reads it, since its output is a pipe.
///
/// `roots` is where the certificates are written that the service trusts too.
pub(super) fn dump(
    programs: &Path,
    url: &SecretString,
    snapshot: &str,
    roots: &Path,
) -> Result<(Running, ChildStdout), BackupError> {
    let mut command = command(&programs.join("pg_dump"));
    command.envs(environment(url, roots)?);
    command.args([
        "--format=custom",
        "--no-owner",
        "--no-password",
        "--no-publications",
        "--no-subscriptions",
    ]);
    command.args(["--no-security-labels", "--no-tablespaces", "--exclude-table-data=public.voting_tokens"]);
    command.arg(format!("--snapshot={snapshot}"));
    Running::start("pg_dump", command)
}

/// How libpq is told what the service's driver reads from an address.
fn environment(url: &SecretString, roots: &Path) -> Result<Vec<(&'static str, OsString)>, BackupError> {
    let malformed = |_| crate::store::StoreError::Unavailable("the address is malformed".into());
    let config: Config = url.expose_secret().parse().map_err(malformed)?;
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    });
    let text = |words: Vec<String>| OsString::from(words.join(","));
    let mut variables = vec![
        ("PGHOST", text(hosts.collect())),
        ("PGHOSTADDR", text(config.get_hostaddrs().iter().map(ToString::to_string).collect())),
        ("PGPORT", text(config.get_ports().iter().map(ToString::to_string).collect())),
        ("PGUSER", config.get_user().unwrap_or_default().into()),
        ("PGDATABASE", config.get_dbname().or(config.get_user()).unwrap_or_default().into()),
        ("PGPASSWORD", OsString::from_vec(config.get_password().unwrap_or_default().to_owned())),
        ("PGOPTIONS", config.get_options().unwrap_or_default().into()),
        // As the service does, of several servers the one that takes writes, which has the snapshot.
        ("PGTARGETSESSIONATTRS", "read-write".into()),
    ];
    match config.get_ssl_mode() {
        SslMode::Disable => variables.push(("PGSSLMODE", "disable".into())),
        // The driver that the service uses asks for the name in the certificate as well.
        SslMode::Require => {
            write_roots(roots)?;
            variables.extend([("PGSSLMODE", "verify-full".into()), ("PGSSLROOTCERT", roots.into())]);
        }
        _ => variables.push(("PGSSLMODE", "prefer".into())),
    }
    variables.retain(|(_, value)| !value.is_empty());
    Ok(variables)
}

/// Older versions of libpq do not look where the platform keeps its root certificates.
fn write_roots(path: &Path) -> Result<(), BackupError> {
    let mut file = Writing::create(path)?;
    for root in rustls_native_certs::load_native_certs().certs {
        let lines = STANDARD.encode(root.as_ref());
        let pem = format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n");
        file.write_all(pem.as_bytes()).map_err(unusable(path))?;
    }
    Ok(())
}

/// A dump, and the programs that read it.
pub(super) struct Dump {
    programs: PathBuf,
    path: PathBuf,
    contents: String,
}

impl Dump {
    pub(super) fn open(programs: PathBuf, path: PathBuf) -> Result<Self, BackupError> {
        let mut list = command(&programs.join("pg_restore"));
        list.arg("--list").arg(&path);
        let (running, mut output) = Running::start("pg_restore", list)?;
        let mut contents = String::new();
        output.read_to_string(&mut contents).map_err(unusable(&path))?;
        running.finish()?;
        // These name the owner that the database had, who may have another name here.
        let contents = contents.lines().filter(|line| !line.contains(" DEFAULT ACL "));
        Ok(Self { contents: contents.map(|line| format!("{line}\n")).collect(), programs, path })
    }

    /// A part of the dump as a script: `pre-data`, `data` or `post-data`.
    pub(super) fn section(&self, section: &str) -> Result<(Running, ChildStdout), BackupError> {
        let mut command = self.script();
        command.arg(format!("--section={section}")).arg("--use-list=/dev/stdin").stdin(Stdio::piped());
        let (mut running, output) = Running::start("pg_restore", command)?;
        // The list is shorter than a pipe holds, and read before anything is written.
        let mut list = running.child.stdin.take();
        let written = list.as_mut().map(|list| list.write_all(self.contents.as_bytes()));
        written.transpose().map_err(unusable(&self.path))?;
        Ok((running, output))
    }

    /// The rows of a table as a script.
    pub(super) fn table(&self, name: &str) -> Result<String, BackupError> {
        let mut command = self.script();
        command.arg("--data-only").arg(format!("--table={name}"));
        let (running, mut output) = Running::start("pg_restore", command)?;
        let mut script = String::new();
        output.read_to_string(&mut script).map_err(unusable(&self.path))?;
        running.finish()?;
        Ok(script)
    }

    fn script(&self) -> Command {
        let mut command = command(&self.programs.join("pg_restore"));
        command.args(["--no-owner", "--file=-"]).arg(&self.path);
        command
    }
}
