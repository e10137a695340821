//! Where the socket is: in a directory of the owner alone, under a path short enough for one.

use std::{
    io,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{StartError, error::unusable, leftover, make_private, owner::Owner};

/// The file of the socket, as PostgreSQL names it.
const SOCKET: &str = ".s.PGSQL.5432";

/// The longest path of a socket in bytes (`sun_path` without its final zero).
const LONGEST_SOCKET: usize = 107;

/// The directory of the socket: in the data directory, or where its path is short and plain enough.
pub(super) fn directory(data: &Path, owner: &Owner) -> Result<PathBuf, StartError> {
    let own = data.join("run");
    if fits(&own) {
        return private_socket_directory(own, owner);
    }
    let name = hex::encode(&Sha256::digest(data.as_os_str().as_bytes())[..8]);
    let shared = |base: &str| Path::new(base).join(format!("uvote-{name}"));
    private_socket_directory(shared("/run"), owner)
        .or_else(|_| private_socket_directory(shared("/tmp"), owner))
}

/// Whether sockets can be made there, and connection strings need no quotes for it.
fn fits(directory: &Path) -> bool {
    let path = directory.as_os_str().as_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    path.len() + 1 + SOCKET.len() <= LONGEST_SOCKET && path.iter().all(is_plain)
}

/// Others may write to the parent, so a directory that is not ours alone is refused.
fn private_socket_directory(path: PathBuf, owner: &Owner) -> Result<PathBuf, StartError> {
    make_private(&path)?;
    let found = path.symlink_metadata().map_err(unusable(&path))?;
    if !found.is_dir() || !owner.trusts(found.uid()) || found.mode() & 0o077 != 0 {
        return Err(unusable(&path)(io::ErrorKind::PermissionDenied.into()));
    }
    owner.take(&path)?;
    for stale in [SOCKET.to_owned(), format!("{SOCKET}.lock")] {
        leftover::remove(&path.join(stale))?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_path_may_have_107_bytes_and_no_more() {
        let longest = LONGEST_SOCKET - SOCKET.len() - 1;
        assert!(fits(Path::new(&format!("/{}", "a".repeat(longest - 1)))));
        assert!(!fits(Path::new(&format!("/{}", "a".repeat(longest)))));
    }

    #[test]
    fn a_path_that_would_need_quotes_is_not_used() {
        assert!(fits(Path::new("/var/lib/uvote-2/run_1.d")));
        for path in ["/my votes/run", "/a,b/run", "/it's/run"] {
            assert!(!fits(Path::new(path)), "{path}");
        }
    }
}
