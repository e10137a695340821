//! The SMTP server that a URL names, and the way to a connection with it.

use std::{borrow::Cow, time::Duration};

use lettre::transport::smtp::{
    Error, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Tls, TlsParameters},
    extension::ClientId,
};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A server, how to speak to it, and as whom.
pub(super) struct Server {
    host: String,
    port: u16,
    tls: Tls,
    name: ClientId,
    credentials: Option<Credentials>,
}

impl Server {
    /// The server of `smtp://host` or `smtps://user:password@host`. `smtp` takes `?tls=required` or
    /// `?tls=opportunistic`; a path is the name that the service gives itself.
    pub(super) fn new(url: &Url) -> Result<Self, String> {
        let host = match url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => return Err("it names no host".into()),
        };
        let (tls, port) = security(url, &host)?;
        let port = url.port().unwrap_or(port);
        Ok(Self { host, port, tls, name: name(url), credentials: credentials(url)? })
    }

    /// A connection on which mail can be sent.
    pub(super) async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let wrapper = if let Tls::Wrapper(parameters) = &self.tls { Some(parameters.clone()) } else { None };
        let address = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT_TIMEOUT), &self.name, wrapper, None)
                .await?;
        let upgrade = match &self.tls {
            Tls::Required(parameters) => Some(parameters),
            Tls::Opportunistic(parameters) if connection.can_starttls() => Some(parameters),
            _ => None,
        };
        if let Some(parameters) = upgrade {
            connection.starttls(parameters.clone(), &self.name).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// Whether and when the connection is encrypted, and the port that goes with it.
fn security(url: &Url, host: &str) -> Result<(Tls, u16), String> {
    let parameters = || TlsParameters::new(host.to_owned()).map_err(|error| error.to_string());
    let wanted = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value);
    match (url.scheme(), wanted.as_deref()) {
        ("smtp", None) => Ok((Tls::None, SMTP_PORT)),
        ("smtp", Some("required")) => Ok((Tls::Required(parameters()?), SUBMISSION_PORT)),
        ("smtp", Some("opportunistic")) => Ok((Tls::Opportunistic(parameters()?), SUBMISSION_PORT)),
        ("smtps", _) => Ok((Tls::Wrapper(parameters()?), SUBMISSIONS_PORT)),
        ("smtp", Some(_)) => Err("tls is neither required nor opportunistic".into()),
        _ => Err("its scheme is unknown".into()),
    }
}

fn name(url: &Url) -> ClientId {
    match url.path().trim_matches('/') {
        "" => ClientId::default(),
        name => ClientId::Domain(name.to_owned()),
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, String> {
    let decoded = |text| {
        let text = percent_decode_str(text).decode_utf8().map(Cow::into_owned);
        text.map_err(|_| "its user or password is not UTF-8".to_owned())
    };
    let Some(password) = url.password() else { return Ok(None) };
    Ok(Some(Credentials::new(decoded(url.username())?, decoded(password)?)))
}
