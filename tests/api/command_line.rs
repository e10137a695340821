//! The program as it is run from a command line.

use std::collections::HashMap;
use std::process::{Command, Output};

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::StatusCode;
use secrecy::ExposeSecret;

use crate::support::cluster::cluster;
use crate::support::{Organiser, Service};

/// Settings with which the service would start on a database.
fn settings(name: &str) -> HashMap<&'static str, String> {
    HashMap::from([
        ("UVOTE_ORIGIN", "https://vote.example.org".to_owned()),
        ("UVOTE_MASTER_KEY", STANDARD.encode((0..32).collect::<Vec<u8>>())),
        ("UVOTE_JWT_SECRET", "0123456789abcdefghijklmnopqrstuvwxyz".to_owned()),
        ("UVOTE_METRICS_BIND", "off".to_owned()),
        ("DATABASE_URL", cluster().url(name).expose_secret().to_owned()),
        ("SMTP_URL", "smtp://127.0.0.1:9".to_owned()),
        ("UVOTE_MAIL_FROM", "vote@example.org".to_owned()),
    ])
}

/// What a command on accounts needs.
fn database(name: &str) -> HashMap<&'static str, String> {
    HashMap::from([("DATABASE_URL", cluster().url(name).expose_secret().to_owned())])
}

fn run(settings: &HashMap<&str, String>, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_uvote")).env_clear().envs(settings).args(arguments).output().unwrap()
}

#[actix_web::test]
async fn an_administrator_is_made_and_unmade_on_the_command_line() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let settings = database(&service.database);
    for (step, status) in [("grant", StatusCode::OK), ("revoke", StatusCode::NOT_FOUND)] {
        let done = run(&settings, &["admin", step, &organiser.email.to_uppercase()]);
        assert!(done.status.success(), "{done:?}");
        assert_eq!(organiser.get("/api/v1/admin/accounts").await.0, status, "{step}");
    }
}

#[actix_web::test]
async fn why_nobody_was_made_an_administrator_is_told_in_one_line() {
    let service = Service::start().await;
    let sound = database(&service.database);
    let with = |url: &str| HashMap::from([("DATABASE_URL", url.to_owned())]);
    for (settings, address, told) in [
        (&sound, "nobody@example.org", "No account has confirmed the address nobody@example.org."),
        (&sound, "nobody", "An e-mail address must be like name@example.org, with exactly one @."),
        (&HashMap::new(), "nobody@example.org", "DATABASE_URL: must be set."),
        (&with("mysql://localhost"), "nobody@example.org", "DATABASE_URL: is no PostgreSQL address;"),
        (
            &with("postgresql://uvote:hunter2@127.0.0.1:1/uvote"),
            "nobody@example.org",
            "DATABASE_URL: PostgreSQL can't be reached:",
        ),
    ] {
        let refused = run(settings, &["admin", "grant", address]);
        let line = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{line}");
        assert!(refused.stdout.is_empty() && line.lines().count() == 1, "{line}");
        assert!(line.starts_with(&format!("uvote: {told}")) && !line.contains("hunter2"), "{line}");
    }
}

#[test]
fn help_is_where_one_looks_for_it() {
    let none = HashMap::new();
    for (arguments, words) in [
        (&["--help"][..], "Usage: uvote <COMMAND>"),
        (&["admin", "--help"], "DATABASE_URL"),
        (&["admin", "grant", "--help"], "Usage: uvote admin grant <EMAIL>"),
        (&["admin", "revoke", "--help"], "Usage: uvote admin revoke <EMAIL>"),
    ] {
        let helped = run(&none, arguments);
        let told = String::from_utf8(helped.stdout).unwrap();
        assert!(helped.status.success() && helped.stderr.is_empty(), "{arguments:?}");
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
    let lacking = run(&none, &["admin", "grant"]);
    assert_eq!(lacking.status.code(), Some(2));
    assert!(String::from_utf8(lacking.stderr).unwrap().contains("<EMAIL>"));
}

#[actix_web::test]
async fn the_service_does_not_start_with_a_weak_or_missing_secret_and_says_so_in_one_line() {
    for (name, value) in [
        ("UVOTE_JWT_SECRET", "secret"),
        ("UVOTE_JWT_SECRET", ""),
        ("UVOTE_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("UVOTE_MASTER_KEY", ""),
    ] {
        let mut settings = settings("nowhere");
        settings.insert(name, value.to_owned());
        let refused = run(&settings, &["serve"]);
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && refused.stdout.is_empty(), "{name}={value}");
        assert!(told.starts_with(&format!("uvote: {name}: ")) && told.lines().count() == 1, "{told}");
    }
}
