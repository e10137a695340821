//! Origins: scheme, host and port.

use url::{Host, Url};

use super::{ConfigError, refuse};

/// The origin of the service, without a trailing slash.
pub(super) fn own(value: &str) -> Result<String, ConfigError> {
    const NAME: &str = "UVOTE_ORIGIN";
    let url = bare(NAME, value)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(refuse(NAME, "must begin with https:// (http:// only for loopback)"));
    }
    Ok(serialized(&url))
}

/// An address that is scheme, host and port alone.
pub(super) fn bare(name: &'static str, value: &str) -> Result<Url, ConfigError> {
    let bad = || refuse(name, "is no origin; write scheme, host and port, such as https://vote.example.org");
    let url = Url::parse(value).map_err(|_| bad())?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    if is_bare && is_web { Ok(url) } else { Err(bad()) }
}

/// As browsers write it.
pub(super) fn serialized(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
