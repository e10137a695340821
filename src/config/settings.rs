//! What each environment variable is for.

use super::limits::LIMITS;

/// One environment variable: its name, whether it must be set, its default, and what it means.
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// What holds when it is not set; nothing when it has to be set for `serve`.
    pub default: Option<&'static str>,
    /// What it is for.
    pub meaning: &'static str,
}

pub(super) const fn setting(
    name: &'static str,
    default: Option<&'static str>,
    meaning: &'static str,
) -> Setting {
    Setting { name, default, meaning }
}

/// Every setting, in the order of `docs/ENVIRONMENT.md`, which is made from this list and that of [`LIMITS`].
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
        "PostgreSQL 15 to 18, such as `postgresql://uvote@db.example.org/uvote`. Of several hosts (`db1.example.org,db2.example.org`) the service speaks to the one that takes writes. Beyond this machine TLS is required unless it says `sslmode=disable` or `sslmode=prefer`. The service acts as the role `uvote_app` whatever the login.",
    ),
    setting(
        "UVOTE_OWNER_DATABASE_URL",
        Some("`DATABASE_URL`"),
        "For `uvote migrate`, `backup` and `restore`: a login that may create tables and the role `uvote_app`, which it grants to the login of `DATABASE_URL`.",
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
        "Further origins, separated by commas, whose pages may call `/api/` and open the live WebSocket; never with cookies.",
    ),
    setting(
        "UVOTE_TRUSTED_PROXIES",
        Some(""),
        "Networks of reverse proxies, such as `10.0.0.0/8, ::1`; only what they say in `X-Forwarded-For` is believed.",
    ),
    setting(
        "REDIS_URL",
        Some(""),
        "Counts rate limits for all processes, and carries what they tell each other with `UVOTE_PEERS`: `redis://` or, with TLS, `rediss://`. While it is gone, each process counts for itself, and live pages follow other processes every few seconds.",
    ),
    setting(
        "UVOTE_PEERS",
        Some("none"),
        "`shared` when several processes serve one database; then `REDIS_URL` is required.",
    ),
    setting(
        "UVOTE_LIMITS",
        Some("on"),
        "`off` switches every rate limit off (not the lock of accounts); only while bound to loopback.",
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
        "For `uvote demo`, `backup` and `restore`: the directory of PostgreSQL's programs.",
    ),
];

/// Every setting, rate limits included.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().chain(LIMITS.iter().map(|(_, setting)| setting))
}

/// The text of `docs/ENVIRONMENT.md`.
pub fn environment_page() -> String {
    let mut page = String::from(
        "# Environment\n\nMade from `src/config.rs` by `UVOTE_WRITE_DOCS=1 cargo test environment_page`; a test keeps it fresh.\n\n| variable | default | meaning |\n|---|---|---|\n",
    );
    for Setting { name, default, meaning } in settings() {
        let default = match default {
            None => "**required**".to_owned(),
            Some("") => "not set".to_owned(),
            Some(text) => (*text).to_owned(),
        };
        page.push_str(&format!("| `{name}` | {default} | {meaning} |\n"));
    }
    page
}
