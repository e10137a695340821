//! The settings of the service: the only reader of the environment.

use std::net::SocketAddr;
use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::{Host, Url};
use uvote_domain::seal::Key;

/// One environment variable: its name, whether it must be set, its default, and what it means.
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// What holds when it is not set; nothing when it has to be set for `serve`.
    pub default: Option<&'static str>,
    /// What it is for.
    pub meaning: &'static str,
}

const fn setting(name: &'static str, default: Option<&'static str>, meaning: &'static str) -> Setting {
    Setting { name, default, meaning }
}

/// Every setting, in the order of `docs/ENVIRONMENT.md`, which is made from this list.
pub const SETTINGS: &[Setting] = &[
    setting("UVOTE_BIND", Some("127.0.0.1:8080"), "Address and port of HTTP and WebSocket."),
    setting(
        "UVOTE_ORIGIN",
        None,
        "The address that voters see, such as `https://vote.example.org`; every link is made from it. `http` only for loopback.",
    ),
    setting(
        "UVOTE_MASTER_KEY",
        None,
        "Base64 of 32 random bytes; wraps the keys of all elections. Make one with `openssl rand -base64 32` and keep it apart from the database and its backups.",
    ),
    setting(
        "UVOTE_MASTER_KEY_OLD",
        Some(""),
        "The previous master key while rotating: still opens what it wrapped.",
    ),
    setting("UVOTE_JWT_SECRET", None, "At least 32 bytes; signs access tokens."),
    setting(
        "UVOTE_JWT_SECRET_OLD",
        Some(""),
        "The previous secret while rotating: its tokens stay valid until they expire.",
    ),
    setting(
        "DATABASE_URL",
        None,
        "PostgreSQL 15 to 18, such as `postgresql://uvote@db.example.org/uvote?sslmode=require`. The service acts as the role `uvote_app` whatever the login.",
    ),
    setting(
        "UVOTE_OWNER_DATABASE_URL",
        Some("`DATABASE_URL`"),
        "For `uvote migrate`: a login that may create tables and the role `uvote_app`, which it grants to the login of `DATABASE_URL`.",
    ),
    setting(
        "SMTP_URL",
        None,
        "Outgoing mail: `smtp://`, `smtps://`, or `file:///directory` to write mails to files.",
    ),
    setting("UVOTE_MAIL_FROM", None, "The sender, such as `Elections <vote@example.org>`."),
    setting(
        "UVOTE_METRICS_BIND",
        Some("127.0.0.1:9464"),
        "Address of `/metrics` for Prometheus; `off` for none.",
    ),
    setting(
        "UVOTE_ALLOWED_ORIGINS",
        Some(""),
        "Further origins, separated by commas, that may open the live WebSocket.",
    ),
    setting("UVOTE_DOCS", Some("on"), "`off` hides `/docs` and the OpenAPI document."),
    setting("UVOTE_LOG", Some("info"), "Log filter, such as `info,uvote=debug`."),
    setting("UVOTE_LOG_FORMAT", Some("text"), "`text` or `json`."),
    setting(
        "UVOTE_DATA_DIR",
        Some("the platform's data directory"),
        "Where the photos of candidates are kept; by `uvote demo` its database, secrets and mails too.",
    ),
    setting(
        "UVOTE_PG_BIN",
        Some("searched for"),
        "For `uvote demo`: the directory of PostgreSQL's programs.",
    ),
];

/// A setting that is missing or can't be used; one line that names it and says what to do.
#[derive(Debug, Error)]
#[error("{name}: {problem}")]
pub struct ConfigError {
    name: &'static str,
    problem: String,
}

/// Everything the service needs to know of its surroundings.
pub struct Config {
    /// `UVOTE_BIND`.
    pub bind: SocketAddr,
    /// `UVOTE_ORIGIN` without a trailing slash.
    pub origin: String,
    /// `UVOTE_ALLOWED_ORIGINS`.
    pub allowed_origins: Vec<String>,
    /// `UVOTE_MASTER_KEY`.
    pub master_key: Key,
    /// `UVOTE_MASTER_KEY_OLD`.
    pub master_key_old: Option<Key>,
    /// `UVOTE_JWT_SECRET`.
    pub jwt_secret: SecretString,
    /// `UVOTE_JWT_SECRET_OLD`.
    pub jwt_secret_old: Option<SecretString>,
    /// `DATABASE_URL`.
    pub database_url: SecretString,
    /// `SMTP_URL`.
    pub smtp_url: SecretString,
    /// `UVOTE_MAIL_FROM`.
    pub mail_from: String,
    /// `UVOTE_METRICS_BIND`.
    pub metrics_bind: Option<SocketAddr>,
    /// `UVOTE_DOCS`.
    pub docs: bool,
    /// `UVOTE_DATA_DIR`.
    pub data_dir: PathBuf,
    /// The directory of the development inbox; only `uvote demo` has one.
    pub inbox: Option<PathBuf>,
}

/// How the service logs.
pub struct LogConfig {
    /// `UVOTE_LOG`.
    pub filter: String,
    /// Whether `UVOTE_LOG_FORMAT` is `json`.
    pub json: bool,
}

/// Reads variables by name; empty ones count as not set.
pub struct Environment<F>(pub F);

/// The variables of this process.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads them")]
pub fn process_environment() -> Environment<impl Fn(&str) -> Option<String>> {
    Environment(|name: &str| std::env::var(name).ok())
}

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    /// A variable that may be missing.
    pub fn get(&self, name: &'static str) -> Option<String> {
        debug_assert!(SETTINGS.iter().any(|setting| setting.name == name), "{name} is not declared");
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn require(&self, name: &'static str) -> Result<String, ConfigError> {
        let meaning =
            SETTINGS.iter().find(|setting| setting.name == name).map_or("", |setting| setting.meaning);
        self.get(name).ok_or_else(|| refuse(name, format!("must be set. {meaning}")))
    }

    /// Reads everything that `serve` needs.
    ///
    /// # Errors
    /// The first setting that is missing, weak or malformed.
    pub fn service(&self) -> Result<Config, ConfigError> {
        Ok(Config {
            bind: self.address("UVOTE_BIND", "127.0.0.1:8080")?,
            origin: origin(&self.require("UVOTE_ORIGIN")?)?,
            allowed_origins: self.allowed_origins(),
            master_key: master_key("UVOTE_MASTER_KEY", &self.require("UVOTE_MASTER_KEY")?)?,
            master_key_old: self
                .get("UVOTE_MASTER_KEY_OLD")
                .map(|key| master_key("UVOTE_MASTER_KEY_OLD", &key))
                .transpose()?,
            jwt_secret: jwt_secret("UVOTE_JWT_SECRET", self.require("UVOTE_JWT_SECRET")?)?,
            jwt_secret_old: self
                .get("UVOTE_JWT_SECRET_OLD")
                .map(|secret| jwt_secret("UVOTE_JWT_SECRET_OLD", secret))
                .transpose()?,
            database_url: database_url("DATABASE_URL", self.require("DATABASE_URL")?)?,
            smtp_url: self.require("SMTP_URL")?.into(),
            mail_from: self.require("UVOTE_MAIL_FROM")?,
            metrics_bind: self.metrics_bind()?,
            docs: self.get("UVOTE_DOCS").is_none_or(|value| value != "off"),
            data_dir: self.get("UVOTE_DATA_DIR").map_or_else(data_directory, PathBuf::from),
            inbox: None,
        })
    }

    /// The database that `migrate` works on, and the login it prepares for the service.
    ///
    /// # Errors
    /// When neither URL is set, or one is malformed.
    pub fn owner_database(&self) -> Result<(SecretString, SecretString), ConfigError> {
        let service = database_url("DATABASE_URL", self.require("DATABASE_URL")?)?;
        match self.get("UVOTE_OWNER_DATABASE_URL") {
            Some(owner) => Ok((database_url("UVOTE_OWNER_DATABASE_URL", owner)?, service)),
            None => Ok((service.clone(), service)),
        }
    }

    /// How to log.
    pub fn log(&self) -> LogConfig {
        LogConfig {
            filter: self.get("UVOTE_LOG").unwrap_or_else(|| "info".to_owned()),
            json: self.get("UVOTE_LOG_FORMAT").is_some_and(|format| format == "json"),
        }
    }

    /// Where `/metrics` is served; nothing when it is switched off.
    ///
    /// # Errors
    /// When it is neither an address nor `off`.
    pub fn metrics_bind(&self) -> Result<Option<SocketAddr>, ConfigError> {
        if self.get("UVOTE_METRICS_BIND").is_some_and(|value| value == "off") {
            return Ok(None);
        }
        self.address("UVOTE_METRICS_BIND", "127.0.0.1:9464").map(Some)
    }

    fn address(&self, name: &'static str, default: &str) -> Result<SocketAddr, ConfigError> {
        let value = self.get(name).unwrap_or_else(|| default.to_owned());
        value.parse().map_err(|_| {
            refuse(name, format!("`{value}` is no address with a port; write one like {default}"))
        })
    }

    fn allowed_origins(&self) -> Vec<String> {
        let list = self.get("UVOTE_ALLOWED_ORIGINS").unwrap_or_default();
        list.split(',')
            .map(|origin| origin.trim().trim_end_matches('/').to_owned())
            .filter(|origin| !origin.is_empty())
            .collect()
    }
}

fn refuse(name: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError { name, problem: problem.into() }
}

fn origin(value: &str) -> Result<String, ConfigError> {
    const NAME: &str = "UVOTE_ORIGIN";
    let url = Url::parse(value)
        .map_err(|_| refuse(NAME, "is no address; write one like https://vote.example.org"))?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(refuse(NAME, "must be scheme, host and port alone, such as https://vote.example.org"));
    }
    let loopback = match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err(refuse(NAME, "must begin with https:// (http:// only for loopback)")),
    }
    Ok(url.origin().ascii_serialization())
}

fn master_key(name: &'static str, value: &str) -> Result<Key, ConfigError> {
    const HOW: &str = "must be base64 of 32 random bytes; make one with `openssl rand -base64 32`";
    let bytes: [u8; 32] = STANDARD
        .decode(value)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| refuse(name, HOW))?;
    if distinct(&bytes) < 16 {
        return Err(refuse(name, HOW));
    }
    Ok(Key::from_bytes(bytes))
}

fn jwt_secret(name: &'static str, value: String) -> Result<SecretString, ConfigError> {
    if value.len() < 32 || distinct(value.as_bytes()) < 10 {
        return Err(refuse(
            name,
            "must be at least 32 random bytes; make one with `openssl rand -base64 48`",
        ));
    }
    Ok(value.into())
}

fn distinct(bytes: &[u8]) -> usize {
    let mut bytes = bytes.to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len()
}

fn database_url(name: &'static str, value: String) -> Result<SecretString, ConfigError> {
    let secret = SecretString::from(value);
    match secret.expose_secret().parse::<tokio_postgres::Config>() {
        Ok(_) => Ok(secret),
        Err(_) => {
            Err(refuse(name, "is no PostgreSQL address; write one like postgresql://user@host/database"))
        }
    }
}

/// Where data is kept unless told otherwise. The demo's PostgreSQL does not run as root, so root's
/// home will not do.
#[expect(clippy::disallowed_methods, reason = "this file is the one that reads the environment")]
pub fn data_directory() -> PathBuf {
    // SAFETY: geteuid has no preconditions and can't fail.
    if unsafe { libc::geteuid() } == 0 {
        return PathBuf::from("/var/lib/uvote");
    }
    let absolute = |name| std::env::var(name).ok().map(PathBuf::from).filter(|path| path.is_absolute());
    let share = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    share.unwrap_or_else(std::env::temp_dir).join("uvote")
}

/// The text of `docs/ENVIRONMENT.md`.
pub fn environment_page() -> String {
    let mut page = String::from(
        "# Environment\n\nMade from `src/config.rs` by `UVOTE_WRITE_DOCS=1 cargo test environment_page`; a test keeps it fresh.\n\n| variable | default | meaning |\n|---|---|---|\n",
    );
    for Setting { name, default, meaning } in SETTINGS {
        let default = match default {
            None => "**required**".to_owned(),
            Some("") => "not set".to_owned(),
            Some(text) => (*text).to_owned(),
        };
        page.push_str(&format!("| `{name}` | {default} | {meaning} |\n"));
    }
    page
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn sound() -> HashMap<&'static str, String> {
        HashMap::from([
            ("UVOTE_ORIGIN", "https://vote.example.org".to_owned()),
            ("UVOTE_MASTER_KEY", STANDARD.encode((0..32).collect::<Vec<u8>>())),
            ("UVOTE_JWT_SECRET", "0123456789abcdefghijklmnopqrstuvwxyz".to_owned()),
            ("DATABASE_URL", "postgresql://uvote@localhost/uvote".to_owned()),
            ("SMTP_URL", "smtp://localhost".to_owned()),
            ("UVOTE_MAIL_FROM", "Elections <vote@example.org>".to_owned()),
        ])
    }

    fn refusal(name: &'static str, value: &str) -> String {
        let mut variables = sound();
        variables.insert(name, value.to_owned());
        Environment(|name: &str| variables.get(name).cloned())
            .service()
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn sound_settings_are_taken() {
        let variables = sound();
        let config = Environment(|name: &str| variables.get(name).cloned()).service().unwrap();
        assert_eq!(config.origin, "https://vote.example.org");
        assert_eq!(config.bind.port(), 8080);
    }

    #[test]
    fn a_missing_or_weak_setting_is_refused_by_name_in_one_line() {
        for (name, value) in [
            ("UVOTE_ORIGIN", ""),
            ("UVOTE_ORIGIN", "http://vote.example.org"),
            ("UVOTE_ORIGIN", "https://vote.example.org/path"),
            ("UVOTE_MASTER_KEY", "c2hvcnQ="),
            ("UVOTE_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            ("UVOTE_JWT_SECRET", "secret"),
            ("UVOTE_JWT_SECRET", &"a".repeat(64)),
            ("DATABASE_URL", "mysql://localhost"),
            ("SMTP_URL", ""),
            ("UVOTE_BIND", "here"),
        ] {
            let text = refusal(name, value);
            assert!(text.starts_with(&format!("{name}: ")), "{name}={value}: {text}");
            assert!(!text.contains('\n'));
        }
    }

    #[test]
    fn a_refusal_does_not_repeat_a_secret() {
        assert!(!refusal("UVOTE_JWT_SECRET", "hunter2hunter2").contains("hunter2"));
    }

    #[test]
    fn the_environment_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ENVIRONMENT.md");
        if std::env::var_os("UVOTE_WRITE_DOCS").is_some() {
            std::fs::write(path, environment_page()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), environment_page());
    }
}
