//! What the log says of accounts: every sign-in, failure, lock, change of role, password or second
//! factor, and end of a session, where the owner of the account or organisation reads it.

use std::time::{SystemTime, UNIX_EPOCH};

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use totp_rs::Totp;

use crate::account::{NEW_PASSWORD, mail, signs_in};
use crate::support::organisation::{Organisation, account};
use crate::support::pages::Browser;
use crate::support::people::PASSWORD;
use crate::support::{Organiser, Service};

/// The records of a log, oldest first.
async fn records(organiser: &Organiser, organisation: &str) -> Vec<Value> {
    let path = format!("/api/v1/organisations/{organisation}/audit?limit=100");
    let (status, log) = organiser.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{log}");
    log["items"].as_array().unwrap().iter().rev().cloned().collect()
}

/// An account's personal organisation.
async fn personal(organiser: &Organiser) -> Organisation {
    let (_, all) = organiser.get("/api/v1/organisations").await;
    let personal = all["items"].as_array().unwrap().iter().find(|found| found["personal"] == json!(true));
    Organisation { id: personal.unwrap()["id"].as_str().unwrap().to_owned() }
}

/// The records of an account's personal organisation, oldest first.
async fn own_records(organiser: &Organiser) -> Vec<Value> {
    records(organiser, &personal(organiser).await.id).await
}

/// Action, actor and details of the records after the first so many.
fn told<'a>(records: &'a [Value], after: usize) -> Vec<(&'a str, &'a str, &'a Value)> {
    let records = records[after..].iter();
    let text = |record: &'a Value, name: &str| record[name].as_str().unwrap();
    records.map(|record| (text(record, "action"), text(record, "actor"), &record["details"])).collect()
}

fn code(app: &Totp) -> String {
    app.generate(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).to_string()
}

/// Does something to an account and expects it to succeed.
async fn act(organiser: &Organiser, method: Method, path: &str, body: Value) -> Value {
    let (status, answer) = organiser.client.json(method.clone(), path, Some(&body)).await.unwrap();
    assert!(status.is_success(), "{method} {path}: {answer}");
    answer
}

#[actix_web::test]
async fn sign_ins_failures_and_locks_are_recorded() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let who = format!("account:{}", account(&organiser).await);
    Browser::sign_in(&service, &organiser.email).await;
    for _ in 0..5 {
        assert!(!signs_in(&service, &organiser.email, "wrong").await);
    }
    let records = own_records(&organiser).await;
    let (nothing, who) = (json!({}), who.as_str());
    let mut expected = vec![
        ("account.verified", who, &nothing),
        ("account.signed_in", who, &nothing),
        ("account.signed_in", who, &nothing),
    ];
    // Nobody knows who has failed.
    expected.extend([("account.sign_in_failed", "system", &nothing); 4]);
    expected.push(("account.locked", "system", &nothing));
    assert_eq!(told(&records, 0), expected);
    assert!(records.iter().all(|record| record["subject"] == json!(who)), "{records:?}");
}

#[actix_web::test]
async fn ends_of_sessions_are_recorded_once_with_their_number() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let mut programs = Vec::new();
    for _ in 0..3 {
        programs.push(Organiser::sign_in(&service, &organiser.email, PASSWORD).await);
    }
    let before = own_records(&organiser).await.len();
    let (_, listed) = organiser.get("/api/v1/account/sessions").await;
    let newest = format!("/api/v1/account/sessions/{}", listed["items"][0]["id"].as_str().unwrap());
    assert_eq!(organiser.delete(&newest).await.0, StatusCode::NO_CONTENT);
    assert_eq!(programs[0].post("/api/v1/auth/logout", &json!({})).await.0, StatusCode::NO_CONTENT);
    for _ in 0..2 {
        // The second time there are no others.
        browser.submit("/account/sessions/end", &[]).await.leads_to();
    }
    let reused = json!({"refresh_token": Organiser::sign_in(&service, &organiser.email, PASSWORD).await.refresh_token});
    for _ in 0..2 {
        service.anonymous().post("/api/v1/auth/refresh", &reused).await.unwrap();
    }
    let last = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    assert_eq!(last.post("/api/v1/auth/logout-all", &json!({})).await.0, StatusCode::NO_CONTENT);
    let reader = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let records = own_records(&reader).await;
    let ends: Vec<(&str, &Value)> = records[before..]
        .iter()
        .filter(|record| record["action"] != "account.signed_in")
        .map(|record| (record["action"].as_str().unwrap(), &record["details"]["sessions"]))
        .collect();
    let expected = [
        ("account.session_ended", &json!(1)),
        ("account.signed_out", &json!(1)),
        ("account.session_ended", &json!(2)),
        ("account.refresh_token_reused", &Value::Null),
        ("account.signed_out", &json!(2)),
    ];
    assert_eq!(ends, expected);
}

#[actix_web::test]
async fn changes_of_password_address_and_second_factor_are_recorded() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let before = own_records(&organiser).await.len();
    let body = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    act(&organiser, Method::POST, "/api/v1/account/password", body).await;
    let secret =
        act(&organiser, Method::POST, "/api/v1/account/totp", json!({"password": NEW_PASSWORD})).await;
    let app = Totp::from_url(secret["otpauth_url"].as_str().unwrap()).unwrap();
    let first = json!({"code": code(&app)});
    let codes = act(&organiser, Method::POST, "/api/v1/account/totp/confirm", first).await;
    let totp = |place: usize| codes["recovery_codes"][place].clone();
    let body = json!({"email": "new@example.org", "password": NEW_PASSWORD, "totp": totp(0)});
    act(&organiser, Method::POST, "/api/v1/account/email", body).await;
    let body = json!({"password": NEW_PASSWORD, "totp": totp(1)});
    act(&organiser, Method::DELETE, "/api/v1/account/totp", body).await;
    let forgotten = json!({"email": organiser.email});
    service.anonymous().post("/api/v1/auth/password/forgot", &forgotten).await.unwrap();
    let link = mail(&service, &organiser.email, "Choose a new password").await.link().unwrap();
    let body = json!({"token": link.split_once('#').unwrap().1, "password": PASSWORD});
    service.anonymous().post("/api/v1/auth/password/reset", &body).await.unwrap();
    let reader = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let records = own_records(&reader).await;
    let changes: Vec<(&str, &Value)> =
        told(&records, before).into_iter().map(|(action, _, details)| (action, details)).collect();
    let (nothing, one) = (json!({}), json!({"sessions": 1}));
    let expected = [
        ("account.password_changed", &one),
        ("account.totp_enabled", &nothing),
        ("account.recovery_code_used", &nothing),
        ("account.email_change_asked", &nothing),
        ("account.recovery_code_used", &nothing),
        ("account.totp_disabled", &nothing),
        ("account.password_reset", &one),
        ("account.signed_in", &nothing),
    ];
    assert_eq!(changes, expected);
}

#[actix_web::test]
async fn changes_of_roles_are_recorded_with_the_organisation() {
    let service = Service::start().await;
    let (owner, member) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let organisation = Organisation::found(&owner).await;
    organisation.admit(&service, &owner, &member, "observer").await;
    let id = account(&member).await;
    act(&owner, Method::PATCH, &organisation.member(&id), json!({"role": "manager"})).await;
    assert_eq!(owner.delete(&organisation.member(&id)).await.0, StatusCode::NO_CONTENT);
    let records = records(&owner, &organisation.id).await;
    let (by_owner, by_member) = (format!("account:{}", account(&owner).await), format!("account:{id}"));
    let done: Vec<(&str, &str)> =
        told(&records, 0).into_iter().map(|(action, actor, _)| (action, actor)).collect();
    let expected = [
        ("organisation.created", by_owner.as_str()),
        ("member.invited", &by_owner),
        ("member.joined", &by_member),
        ("member.role_changed", &by_owner),
        ("member.removed", &by_owner),
    ];
    assert_eq!(done, expected);
    assert_eq!(records[3]["details"], json!({"role": "manager", "previous_role": "observer"}));
    assert_eq!(records[3]["subject"], json!(by_member));
    let theirs = own_records(&member).await;
    assert!(theirs.iter().all(|record| !record["action"].as_str().unwrap().starts_with("member.")));
}

#[actix_web::test]
async fn what_was_done_to_an_account_is_seen_by_its_owner_alone() {
    let service = Service::start().await;
    let (owner, member) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let organisation = personal(&owner).await;
    // Not even another owner of the organisation owns the account.
    organisation.admit(&service, &owner, &member, "owner").await;
    assert!(!signs_in(&service, &owner.email, "wrong").await);
    let election = organisation.draft(&member).await;
    let all = records(&owner, &organisation.id).await;
    let of_account = |record: &&Value| record["action"].as_str().unwrap().starts_with("account.");
    let hidden = all.iter().filter(of_account).count();
    assert_eq!(hidden, 3, "{all:?}");
    let shared: Vec<&Value> = all.iter().filter(|record| !of_account(record)).collect();
    let seen = records(&member, &organisation.id).await;
    assert_eq!(seen.iter().collect::<Vec<_>>(), shared, "everything else, election included");
    assert!(seen.iter().any(|record| record["action"] == "election.created"));
    let (_, of_election) = member.get(&election.path("/audit")).await;
    assert_eq!(of_election["items"].as_array().unwrap().len(), 1);
    for reader in [&owner, &member] {
        let path = organisation.path("/audit/verify");
        let found = act(reader, Method::POST, &path, json!({})).await;
        assert_eq!(found["records"], json!(all.len()));
        assert_eq!(found["intact"], json!(true));
    }
}

#[actix_web::test]
async fn pages_of_records_count_only_what_their_reader_sees() {
    let service = Service::start().await;
    let (owner, member) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let organisation = personal(&owner).await;
    organisation.admit(&service, &owner, &member, "observer").await;
    Organiser::sign_in(&service, &owner.email, PASSWORD).await;
    let (_, first) = member.get(&organisation.path("/audit?limit=1")).await;
    assert_eq!(first["items"][0]["action"], "member.joined");
    let next = first["next_cursor"].as_str().unwrap();
    let (_, second) = member.get(&organisation.path(&format!("/audit?limit=1&cursor={next}"))).await;
    assert_eq!(second["items"][0]["action"], "member.invited");
    assert_eq!(second["next_cursor"], Value::Null);
}
