//! The program as it is run from a command line.

use std::collections::HashMap;
use std::process::{Command, Output};

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::StatusCode;
use secrecy::ExposeSecret;

use crate::support::cluster::cluster;
use crate::support::{Organiser, Service};

/// Settings with which the service would start on a database.
fn settings(database: &str) -> HashMap<&'static str, String> {
    HashMap::from([
        ("UVOTE_ORIGIN", "https://vote.example.org".to_owned()),
        ("UVOTE_MASTER_KEY", STANDARD.encode((0..32).collect::<Vec<u8>>())),
        ("UVOTE_JWT_SECRET", "0123456789abcdefghijklmnopqrstuvwxyz".to_owned()),
        ("UVOTE_METRICS_BIND", "off".to_owned()),
        ("DATABASE_URL", cluster().url(database).expose_secret().to_owned()),
        ("SMTP_URL", "smtp://127.0.0.1:9".to_owned()),
        ("UVOTE_MAIL_FROM", "vote@example.org".to_owned()),
    ])
}

fn run(settings: &HashMap<&str, String>, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_uvote")).env_clear().envs(settings).args(arguments).output().unwrap()
}

#[actix_web::test]
async fn an_administrator_is_made_and_unmade_on_the_command_line() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let settings = settings(&service.database);
    for (step, status) in [("grant", StatusCode::OK), ("revoke", StatusCode::NOT_FOUND)] {
        let done = run(&settings, &["admin", step, &organiser.email.to_uppercase()]);
        assert!(done.status.success(), "{done:?}");
        assert_eq!(organiser.get("/api/v1/admin/accounts").await.0, status, "{step}");
    }
    let unknown = run(&settings, &["admin", "grant", "nobody@example.org"]);
    let told = String::from_utf8(unknown.stderr).unwrap();
    assert!(!unknown.status.success());
    assert_eq!(told, "uvote: No account has confirmed the address nobody@example.org.\n");
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
