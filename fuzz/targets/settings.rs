//! Settings from the environment, in a line each.
#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use uvote::config::Environment;

/// Each setting that has a form of its own, and a value that is taken.
const SETTINGS: [(&str, &str); 10] = [
    ("DATABASE_URL", "postgresql://uvote@localhost/uvote"),
    ("UVOTE_TRUSTED_PROXIES", "10.0.0.0/8"),
    ("UVOTE_ORIGIN", "https://vote.example.org"),
    ("UVOTE_ALLOWED_ORIGINS", ""),
    ("UVOTE_BIND", "127.0.0.1:8080"),
    ("UVOTE_MASTER_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ("UVOTE_JWT_SECRET", "0123456789abcdefghijklmnopqrstuv"),
    ("UVOTE_LIMIT_SIGN_UP", "3/1h"),
    ("REDIS_URL", ""),
    ("SMTP_URL", "smtp://localhost"),
];
/// The places of those that nobody may read in a log.
const SECRET: [usize; 3] = [0, 5, 6];
/// Longer than any sentence, which a made-up secret would repeat by itself.
const LONG: usize = 256;

fuzz_target!(|input: &str| {
    let said: Vec<&str> = input.split('\n').collect();
    let value = |place: usize| said.get(place).copied().filter(|text| !text.is_empty());
    let read = |name: &str| match SETTINGS.iter().position(|(known, _)| *known == name) {
        Some(place) => Some(value(place).unwrap_or(SETTINGS[place].1).to_owned()),
        None if name == "UVOTE_MAIL_FROM" => Some("Elections <vote@example.org>".to_owned()),
        None => None,
    };
    match Environment(read).service() {
        Ok(config) => {
            if let Some(given) = value(0) {
                check_database(given.trim(), config.database_url.expose_secret());
            }
            assert!(!config.origin.ends_with('/'), "{}", config.origin);
        }
        Err(error) => {
            let error = error.to_string();
            for place in SECRET {
                let secret = value(place).unwrap_or_default().trim();
                assert!(
                    secret.len() < LONG || is_elsewhere(secret, place, &said) || !error.contains(secret),
                    "{error}"
                );
            }
        }
    }
});

/// What another setting says too may be repeated with that setting.
fn is_elsewhere(secret: &str, place: usize, said: &[&str]) -> bool {
    said.iter().enumerate().any(|(other, text)| other != place && text.contains(secret))
}

/// The address means the same, and beyond this machine never plain text by accident.
fn check_database(given: &str, taken: &str) {
    let read = |text: &str| text.parse::<Config>().expect("the driver reads what was taken");
    let (before, after) = (read(given), read(taken));
    assert_eq!((before.get_hosts(), before.get_user()), (after.get_hosts(), after.get_user()));
    assert_eq!((before.get_ports(), before.get_dbname()), (after.get_ports(), after.get_dbname()));
    assert_eq!(before.get_password(), after.get_password());
    if !given.contains("sslmode") && !is_local(&after) {
        assert!(matches!(after.get_ssl_mode(), SslMode::Require), "{taken}");
    }
}

fn is_local(config: &Config) -> bool {
    let is_local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
    };
    config.get_hosts().iter().all(is_local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}
