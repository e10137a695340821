//! Who runs PostgreSQL: the present user, or a plain one in place of root, which it refuses.

use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    io,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown, lchown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use super::{StartError, error::unusable};

/// The users to drop to, the best first.
const PLAIN_USERS: [&str; 3] = ["uvote", "postgres", "nobody"];

/// The user that the processes of PostgreSQL belong to.
pub(super) struct Owner {
    uid: u32,
    /// Set if root starts PostgreSQL as someone else.
    plain: Option<Plain>,
}

struct Plain {
    name: String,
    gid: u32,
}

impl Owner {
    /// The present user. In place of root the user whom `cluster` belongs to, or the first of
    /// `uvote`, `postgres` and `nobody` that the system has.
    pub(super) fn of(cluster: &Path) -> Result<Self, StartError> {
        // SAFETY: geteuid always succeeds and touches no memory.
        let uid = unsafe { libc::geteuid() };
        if uid != 0 {
            return Ok(Self { uid, plain: None });
        }
        if let Ok(found) = fs::metadata(cluster.join("PG_VERSION"))
            && found.uid() != 0
        {
            let plain = Plain { name: format!("number {}", found.uid()), gid: found.gid() };
            return Ok(Self { uid: found.uid(), plain: Some(plain) });
        }
        plain_user(&passwd()).ok_or(StartError::NoPlainUser)
    }

    /// A command that runs as the owner, in `directory`, with an environment of its own.
    pub(super) fn command(&self, program: impl AsRef<OsStr>, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C");
        command.current_dir(directory).stdin(Stdio::null());
        if let Some(plain) = &self.plain {
            command.uid(self.uid).gid(plain.gid);
        }
        command
    }

    /// The major version of the server in `binaries`, if the owner can run it.
    pub(super) fn version(&self, binaries: &Path) -> Option<u32> {
        let program = binaries.join("postgres");
        let output = self.command(program, Path::new("/")).arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let version = text.strip_prefix("postgres (PostgreSQL) ")?;
        version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
    }

    /// Makes `path`, which this process has just made, the owner's.
    pub(super) fn take(&self, path: &Path) -> Result<(), StartError> {
        match &self.plain {
            Some(plain) => lchown(path, Some(self.uid), Some(plain.gid)).map_err(unusable(path)),
            None => Ok(()),
        }
    }

    /// Whether what belongs to `uid` is the owner's, or soon will be.
    pub(super) fn trusts(&self, uid: u32) -> bool {
        uid == self.uid || (uid == 0 && self.plain.is_some())
    }

    /// Sees to it that the owner can pass through `directory`: if need be its group may.
    pub(super) fn admit(&self, directory: &Path) -> Result<(), StartError> {
        let Some(plain) = &self.plain else {
            return Ok(());
        };
        let ancestors: Vec<&Path> = directory.ancestors().collect();
        let closed = ancestors.into_iter().rev().find(|ancestor| !self.enters(ancestor));
        match closed {
            None => Ok(()),
            Some(closed) if closed == directory && !is_home(directory, &passwd()) => {
                let mode = Permissions::from_mode(0o710);
                chown(directory, None, Some(plain.gid))
                    .and_then(|()| fs::set_permissions(directory, mode))
                    .map_err(unusable(directory))
            }
            Some(closed) => Err(StartError::Closed { closed: closed.to_owned(), user: plain.name.clone() }),
        }
    }

    /// Asks the kernel, which knows of access lists and namespaces too.
    fn enters(&self, directory: &Path) -> bool {
        self.command("/bin/sh", directory).args(["-c", ":"]).status().is_ok_and(|s| s.success())
    }
}

/// Has the kernel send `signal` to the command when this thread ends, and gives the command a
/// session of its own, so that Ctrl-C reaches it only by way of this process.
pub(super) fn end_with_parent(command: &mut Command, signal: libc::c_int) {
    let parent = std::process::id().cast_signed();
    let prepare = move || {
        // SAFETY: the three calls are async-signal-safe and touch no memory.
        let (session, request, present) =
            unsafe { (libc::setsid(), libc::prctl(libc::PR_SET_PDEATHSIG, signal), libc::getppid()) };
        match (session, request) {
            (-1, _) | (_, -1) => Err(io::Error::last_os_error()),
            // The parent died before the request was made, and no signal will come.
            _ if present != parent => Err(io::Error::from_raw_os_error(libc::ESRCH)),
            _ => Ok(()),
        }
    };
    // SAFETY: `prepare` neither allocates nor locks, as the time between fork and exec demands.
    unsafe { command.pre_exec(prepare) };
}

/// The local accounts; those of a directory service are none to drop to.
fn passwd() -> String {
    fs::read_to_string("/etc/passwd").unwrap_or_default()
}

fn plain_user(passwd: &str) -> Option<Owner> {
    let account = |name: &str| {
        let mut fields =
            passwd.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split(':');
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        let plain = Plain { name: name.to_owned(), gid };
        Some(Owner { uid, plain: Some(plain) }).filter(|_| uid != 0)
    };
    PLAIN_USERS.into_iter().find_map(account)
}

/// Whether `directory` is someone's home, whose permissions are not ours to change.
fn is_home(directory: &Path, passwd: &str) -> bool {
    passwd.lines().any(|line| line.split(':').nth(5).is_some_and(|home| Path::new(home) == directory))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n\
        postgresql:x:7:7::/:/bin/sh\n\
        postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\n";

    #[test]
    fn the_first_known_user_takes_the_place_of_root() {
        let owner = plain_user(PASSWD).unwrap();
        assert_eq!((owner.uid, owner.plain.unwrap().gid), (101, 104));
    }

    #[test]
    fn a_system_without_plain_users_has_nobody_to_drop_to() {
        assert!(plain_user("root:x:0:0:root:/root:/bin/bash\nuvote:x:0:0:::\n").is_none());
    }

    #[test]
    fn a_home_is_known_by_its_account() {
        assert!(is_home(Path::new("/root"), PASSWD));
        assert!(!is_home(Path::new("/root/uvote"), PASSWD));
    }

    #[test]
    fn a_server_that_does_not_exist_has_no_version() {
        let owner = Owner { uid: 0, plain: None };
        assert_eq!(owner.version(Path::new("/nonexistent")), None);
    }
}
