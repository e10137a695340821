//! Where a service listens, and how a stream to it is opened: plain, or inside TLS.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper::Uri;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// Bytes to and from a service: those of the network, or those inside TLS.
pub type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The origin of a service, taken from its `http://host[:port]` or `https://host[:port]` address.
#[derive(Clone)]
pub struct Authority {
    address: String,
    host: String,
    tls: Option<Tls>,
}

#[derive(Clone)]
struct Tls {
    connector: TlsConnector,
    server: ServerName<'static>,
}

/// An address of no use.
#[derive(Debug, thiserror::Error)]
pub enum BadAddress {
    /// No origin.
    #[error("{0:?} is not an address like http://127.0.0.1:8080 or https://vote.example.org")]
    Url(String),
    /// The service has its paths at the root.
    #[error("{0:?} ends with a path; give the address alone, such as https://vote.example.org")]
    Path(String),
    /// The certificates to be trusted can't be read.
    #[error("can't read the certificates in {}: {reason}", file.display())]
    Certificates {
        /// Their file.
        file: PathBuf,
        /// What is wrong with it.
        reason: PemError,
    },
    /// TLS can't be set up with them.
    #[error("can't set TLS up")]
    Tls(#[from] rustls::Error),
}

impl Authority {
    /// Reads the address of a service. `https` trusts the authorities of the system, and those in
    /// the PEM file `ca` if one is named.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn from_url(url: &str, ca: Option<&Path>) -> Result<Self, BadAddress> {
        let bad = || BadAddress::Url(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| bad())?;
        let (scheme, host) = (uri.scheme_str().ok_or_else(bad)?, uri.host().ok_or_else(bad)?);
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(bad());
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(BadAddress::Path(url.to_owned()));
        }
        let (port, tls) = match scheme {
            "http" => (80, None),
            "https" => (443, Some(Tls::new(host, ca)?.ok_or_else(bad)?)),
            _ => return Err(bad()),
        };
        let named = uri.port_u16();
        let written = named.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self { address: format!("{host}:{}", named.unwrap_or(port)), host: written, tls })
    }

    /// `host:port` to connect to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// What stands in a Host header: the host, and the port unless it is that of the scheme.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether TLS is spoken there.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// Opens a stream.
    ///
    /// # Errors
    /// When nobody listens there, or TLS is refused.
    pub async fn connect(&self) -> io::Result<Stream> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        self.wrap(stream).await
    }

    /// Makes a stream of a connection, with TLS where the address has it.
    ///
    /// # Errors
    /// When TLS is refused, on either side.
    pub async fn wrap(&self, stream: TcpStream) -> io::Result<Stream> {
        match &self.tls {
            None => Ok(Either::Left(stream)),
            Some(Tls { connector, server }) => {
                let secured = connector.connect(server.clone(), stream).await.map_err(|error| {
                    io::Error::new(error.kind(), format!("{error} (--ca names an authority to be trusted)"))
                })?;
                Ok(Either::Right(Box::new(secured)))
            }
        }
    }
}

impl Tls {
    /// `None` for a host that no certificate can name.
    fn new(host: &str, ca: Option<&Path>) -> Result<Option<Self>, BadAddress> {
        let Ok(server) = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()) else {
            return Ok(None);
        };
        let mut roots = RootCertStore::empty();
        // What the system keeps and nobody can read is no reason to distrust the rest.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for certificate in ca.map(certificates).transpose()?.into_iter().flatten() {
            roots.add(certificate)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Some(Self { connector: TlsConnector::from(Arc::new(config)), server }))
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, BadAddress> {
    let unreadable = |reason| BadAddress::Certificates { file: file.to_owned(), reason };
    let read: Vec<_> = CertificateDer::pem_file_iter(file).and_then(Iterator::collect).map_err(unreadable)?;
    if read.is_empty() { Err(unreadable(PemError::NoItemsFound)) } else { Ok(read) }
}

/// The connection below a stream.
#[must_use]
pub fn socket(stream: &Stream) -> &TcpStream {
    match stream {
        Either::Left(stream) => stream,
        Either::Right(secure) => secure.get_ref().0,
    }
}
