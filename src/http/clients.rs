//! Who is at the other end: the address of the client, and the host that it means.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderMap, HeaderName};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};
use url::Url;

use super::Uvote;
use super::error::Problem;
use crate::config::Networks;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

tokio::task_local! {
    /// The client of the request that this task answers.
    pub(super) static CLIENT: Client;
}

/// A client as far as it can be told from others: an IPv4 address, or the /64 of an IPv6 address,
/// all of which one subscriber has. It can be counted by, and nothing writes it down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Client(IpAddr);

impl Client {
    /// The client of a request: its peer, unless that is a proxy of ours. Then each proxy has put
    /// whom it heard at the right end of `X-Forwarded-For`, and the first from the right that is no
    /// proxy of ours is the client; what stands further left is its own say.
    pub fn of(peer: IpAddr, headers: &HeaderMap, proxies: &Networks) -> Self {
        let mut client = peer;
        let lines = headers.get_all(FORWARDED_FOR).rev();
        let mut said = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',').map(address));
        while proxies.contain(client) {
            match said.next().flatten() {
                Some(before) => client = before,
                None => break,
            }
        }
        Self::from(client)
    }

    /// The client whose request this task answers.
    pub fn present() -> Self {
        CLIENT.try_with(|client| *client).unwrap_or(Self(Ipv6Addr::UNSPECIFIED.into()))
    }

    pub(super) fn of_request(request: &ServiceRequest) -> Self {
        let nowhere = Ipv6Addr::UNSPECIFIED.into();
        let peer = request.peer_addr().map_or(nowhere, |peer| peer.ip());
        match request.app_data::<Uvote>() {
            Some(service) => Self::of(peer, request.headers(), &service.trusted_proxies),
            None => Self::from(peer),
        }
    }
}

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
            address => address,
        })
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Some proxies add the port. What others have said before may be any bytes.
fn address(said: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(said).ok()?.trim();
    let with_port = || text.parse().ok().map(|address: std::net::SocketAddr| address.ip());
    text.parse().ok().or_else(with_port)
}

/// The hosts that are ours.
pub struct Hosts {
    own: String,
    loopback: bool,
}

impl Hosts {
    /// The host of the origin; names of loopback too where the service listens on loopback or means
    /// to be reached there, since no page from elsewhere can have them.
    pub fn of(origin: &str, on_loopback: bool) -> Self {
        let own = Url::parse(origin).ok().and_then(|url| url.host_str().map(str::to_owned));
        let own = own.unwrap_or_default();
        Self { loopback: on_loopback || is_loopback(&own), own }
    }

    fn have(&self, host: &str) -> bool {
        host.eq_ignore_ascii_case(&self.own) || self.loopback && is_loopback(host)
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Refuses requests that mean another host: a name that somebody else has pointed here would make
/// our pages theirs. Probes come by address, so health is told to everybody.
///
/// # Errors
/// Whatever the request itself answers.
pub async fn check_host<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let ours = request
        .app_data::<Uvote>()
        .is_some_and(|service| host(&request).is_some_and(|host| service.hosts.have(host)));
    if ours || request.path().starts_with("/health/") {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let detail = "This service has another address. Use the one that its links have.";
    let problem = Problem::new(StatusCode::MISDIRECTED_REQUEST, "MISDIRECTED", detail);
    Ok(request.into_response(problem.error_response()).map_into_right_body())
}

/// The host without its port, which a proxy may change.
fn host(request: &ServiceRequest) -> Option<&str> {
    let authority = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        None => request.headers().get(HOST)?.to_str().ok()?,
    };
    let port = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
    Some(port.map_or(authority, |colon| &authority[..colon]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let proxies = ["10.0.0.0/8", "::1/128"].map(|network| network.parse().unwrap()).into_iter().collect();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        Client::of(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn only_proxies_of_ours_are_believed() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn the_first_from_the_right_that_is_no_proxy_is_the_client() {
        assert_eq!(client("10.0.0.1", &["203.0.113.9, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["203.0.113.9", "198.51.100.7", "10.0.0.2"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        assert_eq!(client("10.0.0.1", &["sağ, 198.51.100.7"]), "198.51.100.7", "whatever was said before");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn nonsense_ends_the_walk_at_the_proxy_that_has_passed_it_on() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7, unknown, 10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn ports_are_left_away_and_a_network_of_ipv6_is_one_client() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(client("::1", &["[2001:db8:1:2::3]:4711"]), "2001:db8:1:2::");
        assert_eq!(client("2001:db8:1:2:ffff::9", &[]), "2001:db8:1:2::");
        assert_eq!(client("::ffff:192.0.2.1", &[]), "192.0.2.1");
    }

    #[test]
    fn names_of_loopback_are_ours_only_on_loopback() {
        let hosts = Hosts::of("https://vote.example.org", false);
        assert!(hosts.have("Vote.Example.Org"));
        assert!(!hosts.have("localhost") && !hosts.have("127.0.0.1") && !hosts.have("evil.example"));
        for hosts in [Hosts::of("https://vote.example.org", true), Hosts::of("http://localhost:8080", false)]
        {
            for name in ["localhost", "127.0.0.1", "[::1]"] {
                assert!(hosts.have(name), "{name}");
            }
            assert!(!hosts.have("evil.example") && !hosts.have("192.0.2.1") && !hosts.have(""));
        }
    }
}
