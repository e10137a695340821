//! Addresses of PostgreSQL, which never stand for plain text by accident.

use std::net::IpAddr;

use secrecy::SecretString;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::{ConfigError, refuse};

/// An address that a driver takes. One that leaves this machine and says nothing of TLS is made to
/// require it: a driver's own default is to do without when the server, or somebody in between, says
/// that there is none.
pub(super) fn url(name: &'static str, value: &str) -> Result<SecretString, ConfigError> {
    let bad = || refuse(name, "is no PostgreSQL address; write one like postgresql://user@host/database");
    let config: Config = value.parse().map_err(|_| bad())?;
    if !is_even(&config) {
        return Err(refuse(
            name,
            "names several servers; give each a host and either each a port or all the same",
        ));
    }
    if config.get_target_session_attrs() == TargetSessionAttrs::ReadOnly {
        return Err(refuse(name, "asks for a standby; write target_session_attrs=read-write"));
    }
    let is_silent = config.get_ssl_mode() == SslMode::Prefer && !value.contains("sslmode=prefer");
    if !is_silent || is_local(&config) {
        return Ok(value.to_owned().into());
    }
    require_tls(value).map(SecretString::from).ok_or_else(bad)
}

/// Whether hosts, their addresses and their ports belong together.
fn is_even(config: &Config) -> bool {
    let (hosts, addresses) = (config.get_hosts().len(), config.get_hostaddrs().len());
    let ports = config.get_ports().len();
    (hosts == 0 || addresses == 0 || hosts == addresses) && (ports <= 1 || ports == hosts.max(addresses))
}

fn is_local(config: &Config) -> bool {
    let is_local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
    };
    config.get_hosts().iter().all(is_local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// An address is a URL, with a query or without, or a list of words: whichever reads back.
fn require_tls(value: &str) -> Option<String> {
    let requires =
        |text: &String| text.parse::<Config>().is_ok_and(|config| config.get_ssl_mode() == SslMode::Require);
    ["?", "&", " "].iter().map(|mark| format!("{value}{mark}sslmode=require")).find(requires)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn mode(value: &str) -> SslMode {
        let taken = url("DATABASE_URL", value).unwrap();
        let (taken, given): (Config, Config) =
            (taken.expose_secret().parse().unwrap(), value.parse().unwrap());
        assert_eq!((taken.get_hosts(), taken.get_user()), (given.get_hosts(), given.get_user()), "{value}");
        assert_eq!(taken.get_dbname(), given.get_dbname(), "{value}");
        taken.get_ssl_mode()
    }

    #[test]
    fn a_remote_address_that_says_nothing_of_tls_requires_it() {
        for remote in [
            "postgresql://uvote@db.example.org/uvote",
            "postgresql://uvote@db.example.org",
            "postgres://uvote:p%3Fw@192.0.2.7:6432/uvote?connect_timeout=5",
            "postgresql://uvote@db.example.org/uvote?application_name=x",
            "postgresql://uvote@localhost,db.example.org/uvote",
            "host=db.example.org user=uvote dbname=uvote",
            "host=localhost hostaddr=192.0.2.7 user=uvote",
        ] {
            assert_eq!(mode(remote), SslMode::Require, "{remote}");
        }
    }

    #[test]
    fn an_address_may_name_several_servers() {
        for pair in [
            "postgresql://uvote@db1.example.org:5432,db2.example.org:5433/uvote?target_session_attrs=read-write",
            "postgresql://uvote@db1.example.org,db2.example.org/uvote",
            "host=db1.example.org,db2.example.org port=6432 user=uvote",
            "host=db1.example.org,db2.example.org hostaddr=192.0.2.7,192.0.2.8 user=uvote",
        ] {
            assert_eq!(mode(pair), SslMode::Require, "{pair}");
        }
    }

    #[test]
    fn servers_that_cannot_be_told_apart_and_standbys_are_refused() {
        for (wrong, told) in [
            ("host=db1.example.org,db2.example.org port=1,2,3 user=uvote", "several servers"),
            ("host=db1.example.org,db2.example.org hostaddr=192.0.2.7 user=uvote", "several servers"),
            ("postgresql://uvote@db1.example.org/uvote?target_session_attrs=read-only", "standby"),
        ] {
            let refused = url("DATABASE_URL", wrong).unwrap_err().to_string();
            assert!(refused.contains(told), "{wrong}: {refused}");
        }
    }

    #[test]
    fn an_address_that_says_what_it_wants_is_believed() {
        let remote = |mode: &str| format!("postgresql://uvote@db.example.org/uvote?sslmode={mode}");
        assert_eq!(mode(&remote("require")), SslMode::Require);
        assert_eq!(mode(&remote("prefer")), SslMode::Prefer);
        assert_eq!(mode(&remote("disable")), SslMode::Disable);
        assert_eq!(mode("host=db.example.org sslmode=disable"), SslMode::Disable);
    }

    #[test]
    fn on_this_machine_nothing_is_required() {
        for local in [
            "postgresql://uvote@localhost/uvote",
            "postgresql://uvote@127.0.0.1:5432/uvote",
            "postgresql://uvote@[::1]/uvote",
            "postgresql:///uvote?host=/run/postgresql",
            "host='/run/postgresql' user=uvote",
        ] {
            assert_eq!(mode(local), SslMode::Prefer, "{local}");
        }
    }
}
