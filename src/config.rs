//! The settings of the service: the only reader of the environment.

mod database;
mod limits;
mod networks;
mod origins;
mod settings;

use std::net::SocketAddr;
use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::SecretString;
use thiserror::Error;
use uvote_domain::seal::Key;

pub use limits::LIMITS;
pub use limits::{Limit, Quota, Quotas};
pub use networks::Networks;
pub use settings::{Setting, environment_page, settings};

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
    /// `UVOTE_TRUSTED_PROXIES`.
    pub trusted_proxies: Networks,
    /// `REDIS_URL`.
    pub redis_url: Option<SecretString>,
    /// Whether `UVOTE_PEERS` is `shared`: several processes serve one database.
    pub shared: bool,
    /// `UVOTE_LIMIT_...`; nothing when `UVOTE_LIMITS` is `off`.
    pub limits: Option<Quotas>,
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
    pub fn get(&self, name: &str) -> Option<String> {
        debug_assert!(settings().any(|setting| setting.name == name), "{name} is not declared");
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn require(&self, name: &'static str) -> Result<String, ConfigError> {
        let meaning = settings().find(|setting| setting.name == name).map_or("", |setting| setting.meaning);
        self.get(name).ok_or_else(|| refuse(name, format!("must be set. {meaning}")))
    }

    /// Reads everything that `serve` needs.
    ///
    /// # Errors
    /// The first setting that is missing, weak or malformed.
    pub fn service(&self) -> Result<Config, ConfigError> {
        let bind = self.address("UVOTE_BIND", "127.0.0.1:8080")?;
        let (redis_url, shared) = self.redis()?;
        let origin = origins::own(&self.require("UVOTE_ORIGIN")?)?;
        let (master_key, master_key_old) = self.master_keys()?;
        Ok(Config {
            bind,
            origin,
            allowed_origins: self.allowed_origins()?,
            trusted_proxies: self.trusted_proxies()?,
            redis_url,
            shared,
            limits: self.limits(bind)?,
            master_key,
            master_key_old,
            jwt_secret: jwt_secret("UVOTE_JWT_SECRET", self.require("UVOTE_JWT_SECRET")?)?,
            jwt_secret_old: self
                .get("UVOTE_JWT_SECRET_OLD")
                .map(|secret| jwt_secret("UVOTE_JWT_SECRET_OLD", secret))
                .transpose()?,
            database_url: self.database()?,
            smtp_url: self.require("SMTP_URL")?.into(),
            mail_from: self.require("UVOTE_MAIL_FROM")?,
            metrics_bind: self.metrics_bind()?,
            docs: self.get("UVOTE_DOCS").is_none_or(|value| value != "off"),
            data_dir: self.data_dir(),
            inbox: None,
        })
    }

    /// The present master key, and the one before it while a rotation lasts.
    ///
    /// # Errors
    /// When one of them is missing or weak.
    pub fn master_keys(&self) -> Result<(Key, Option<Key>), ConfigError> {
        let old = self.get("UVOTE_MASTER_KEY_OLD").map(|key| master_key("UVOTE_MASTER_KEY_OLD", &key));
        Ok((master_key("UVOTE_MASTER_KEY", &self.require("UVOTE_MASTER_KEY")?)?, old.transpose()?))
    }

    /// Where the photos are kept.
    pub fn data_dir(&self) -> PathBuf {
        self.get("UVOTE_DATA_DIR").map_or_else(data_directory, PathBuf::from)
    }

    /// The service's database, which is all that commands on accounts need.
    ///
    /// # Errors
    /// When its URL is missing or malformed.
    pub fn database(&self) -> Result<SecretString, ConfigError> {
        database::url("DATABASE_URL", &self.require("DATABASE_URL")?)
    }

    /// The database that `migrate`, `backup` and `restore` work on, and the login of the service.
    ///
    /// # Errors
    /// When neither URL is set, or one is malformed.
    pub fn owner_database(&self) -> Result<(SecretString, SecretString), ConfigError> {
        let service = self.database()?;
        match self.get("UVOTE_OWNER_DATABASE_URL") {
            Some(owner) => Ok((database::url("UVOTE_OWNER_DATABASE_URL", &owner)?, service)),
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

    fn allowed_origins(&self) -> Result<Vec<String>, ConfigError> {
        const NAME: &str = "UVOTE_ALLOWED_ORIGINS";
        self.list(NAME)
            .iter()
            .map(|text| origins::bare(NAME, text).map(|url| origins::serialized(&url)))
            .collect()
    }

    fn trusted_proxies(&self) -> Result<Networks, ConfigError> {
        const NAME: &str = "UVOTE_TRUSTED_PROXIES";
        let bad = |text: &str| refuse(NAME, format!("`{text}` is no network; write one like 10.0.0.0/8"));
        self.list(NAME).iter().map(|text| networks::parse(text).ok_or_else(|| bad(text))).collect()
    }

    /// The parts of a list that is separated by commas.
    fn list(&self, name: &'static str) -> Vec<String> {
        let list = self.get(name).unwrap_or_default();
        list.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    fn redis(&self) -> Result<(Option<SecretString>, bool), ConfigError> {
        let url = self.get("REDIS_URL");
        let known = |url: &String| url.starts_with("redis://") || url.starts_with("rediss://");
        if url.as_ref().is_some_and(|url| !known(url)) {
            return Err(refuse("REDIS_URL", "must begin with redis:// or rediss://"));
        }
        let shared = match self.get("UVOTE_PEERS").as_deref() {
            None | Some("none") => false,
            Some("shared") => true,
            Some(_) => return Err(refuse("UVOTE_PEERS", "must be `shared` or `none`")),
        };
        if shared && url.is_none() {
            return Err(refuse("REDIS_URL", "must be set when UVOTE_PEERS is `shared`"));
        }
        Ok((url.map(SecretString::from), shared))
    }

    fn limits(&self, bind: SocketAddr) -> Result<Option<Quotas>, ConfigError> {
        match self.get("UVOTE_LIMITS").as_deref() {
            None | Some("on") => {}
            Some("off") if bind.ip().is_loopback() => return Ok(None),
            Some("off") => {
                return Err(refuse(
                    "UVOTE_LIMITS",
                    "can be `off` only while UVOTE_BIND is a loopback address",
                ));
            }
            Some(_) => return Err(refuse("UVOTE_LIMITS", "must be `on` or `off`")),
        }
        let quotas = LIMITS.iter().map(|(_, setting)| {
            let text = self.get(setting.name).or_else(|| setting.default.map(str::to_owned));
            let text = text.unwrap_or_default();
            let problem = || format!("`{text}` is no limit; write one like 3/1h, 30/15m or 10/30s");
            limits::quota(&text).ok_or_else(|| refuse(setting.name, problem()))
        });
        Ok(Some(Quotas::new(quotas.collect::<Result<_, _>>()?)))
    }
}

fn refuse(name: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError { name, problem: problem.into() }
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
            ("UVOTE_ALLOWED_ORIGINS", "*"),
            ("UVOTE_ALLOWED_ORIGINS", "https://a.example, https://b.example/path"),
            ("UVOTE_TRUSTED_PROXIES", "10.0.0.0/8, proxy.example"),
            ("UVOTE_LIMITS", "no"),
            ("UVOTE_LIMIT_SIGN_UP", "often"),
            ("UVOTE_LIMIT_SIGN_UP", "0/1h"),
            ("UVOTE_PEERS", "many"),
            ("REDIS_URL", "http://localhost"),
        ] {
            let text = refusal(name, value);
            assert!(text.starts_with(&format!("{name}: ")), "{name}={value}: {text}");
            assert!(!text.contains('\n'));
        }
    }

    #[test]
    fn several_processes_are_refused_without_redis() {
        assert!(refusal("UVOTE_PEERS", "shared").starts_with("REDIS_URL: "));
    }

    #[test]
    fn limits_can_be_switched_off_only_on_loopback() {
        let mut variables = sound();
        variables.insert("UVOTE_LIMITS", "off".to_owned());
        let read = |variables: &HashMap<&str, String>| {
            Environment(|name: &str| variables.get(name).cloned()).service()
        };
        assert!(read(&variables).unwrap().limits.is_none());
        variables.insert("UVOTE_BIND", "0.0.0.0:8080".to_owned());
        let refused = read(&variables).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.starts_with("UVOTE_LIMITS: ") && !refused.contains('\n'), "{refused}");
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
