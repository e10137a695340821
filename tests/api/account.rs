//! One's own profile and password.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::support::people::PASSWORD;
use crate::support::{Organiser, Service};

pub const NEW_PASSWORD: &str = "seventeen-Purple-otters-juggle-42";

#[track_caller]
pub fn refused(answer: &(StatusCode, Value), status: StatusCode, code: &str) {
    assert_eq!((answer.0, answer.1["code"].as_str()), (status, Some(code)), "{}", answer.1);
}

/// Whether an address and a password still open a session.
pub async fn signs_in(service: &Service, email: &str, password: &str) -> bool {
    let body = json!({"email": email, "password": password});
    let (status, _) = service.anonymous().post("/api/v1/auth/login", &body).await.unwrap();
    status == StatusCode::OK
}

/// What was noted in the log of an account's personal organisation, oldest first, as its owner
/// reads it.
pub async fn noted(service: &Service, organiser: &Organiser) -> Vec<String> {
    let sql =
        "SELECT o.id::text FROM organisations o JOIN accounts a ON a.id = o.personal_of WHERE a.email = $1";
    let row = service.superuser().await.query_one(sql, &[&organiser.email]).await.unwrap();
    let path = format!("/api/v1/organisations/{}/audit?limit=100", row.get::<_, String>(0));
    let (status, log) = organiser.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{log}");
    let records = log["items"].as_array().unwrap().iter().rev();
    records.map(|record| record["action"].as_str().unwrap().to_owned()).collect()
}

/// Waits for the mail with a subject.
pub async fn mail(service: &Service, email: &str, subject: &str) -> uvote_loadtest::sink::Mail {
    let fits =
        |mail: &uvote_loadtest::sink::Mail| mail.is_to(email) && mail.subject().as_deref() == Some(subject);
    service.sink.mail_where(fits).await.unwrap_or_else(|error| panic!("no {subject:?} for {email}: {error}"))
}

async fn change_password(organiser: &Organiser, current: &str, new: &str) -> (StatusCode, Value) {
    let body = json!({"current_password": current, "new_password": new});
    organiser.post("/api/v1/account/password", &body).await
}

#[actix_web::test]
async fn the_profile_says_who_one_is() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (status, profile) = organiser.get("/api/v1/account").await;
    assert_eq!(status, StatusCode::OK, "{profile}");
    let (_, who) = organiser.get("/api/v1/auth/verify").await;
    assert_eq!(profile["id"], who["account_id"]);
    assert_eq!(profile["email"], json!(organiser.email));
    assert_eq!((&profile["name"], &profile["totp_enabled"]), (&json!("Olivia"), &json!(false)));
    assert!(profile["last_login_at"].as_str() > profile["created_at"].as_str(), "{profile}");
}

#[actix_web::test]
async fn a_name_can_be_changed_and_removed_and_nothing_else() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for (name, expected) in
        [(json!("  Ольга  "), json!("Ольга")), (Value::Null, Value::Null), (json!(" "), Value::Null)]
    {
        let (status, profile) = organiser.patch("/api/v1/account", &json!({"name": name})).await;
        assert_eq!((status, &profile["name"]), (StatusCode::OK, &expected), "{profile}");
        assert_eq!(organiser.get("/api/v1/account").await.1, profile);
    }
    let (status, unchanged) = organiser.patch("/api/v1/account", &json!({})).await;
    assert_eq!((status, &unchanged["name"]), (StatusCode::OK, &Value::Null));
    for body in [json!({"name": "a\nb"}), json!({"name": "x".repeat(101)}), json!({"email": "x@example.org"})]
    {
        refused(
            &organiser.patch("/api/v1/account", &body).await,
            StatusCode::UNPROCESSABLE_ENTITY,
            "INVALID",
        );
    }
}

#[actix_web::test]
async fn a_changed_password_ends_every_other_session_and_its_owner_is_told() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let elsewhere = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let answer = change_password(&organiser, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(answer, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(organiser.get("/api/v1/account").await.0, StatusCode::OK, "this session goes on");
    assert_eq!(elsewhere.get("/api/v1/account").await.0, StatusCode::UNAUTHORIZED);
    let refresh = json!({"refresh_token": elsewhere.refresh_token});
    let (status, _) = service.anonymous().post("/api/v1/auth/refresh", &refresh).await.unwrap();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(!signs_in(&service, &organiser.email, PASSWORD).await);
    assert!(signs_in(&service, &organiser.email, NEW_PASSWORD).await);
    mail(&service, &organiser.email, "Your password has been changed").await;
    assert!(noted(&service, &organiser).await.contains(&"account.password_changed".to_owned()));
}

#[actix_web::test]
async fn a_changed_password_makes_mailed_links_useless() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let body = json!({"email": organiser.email});
    service.anonymous().post("/api/v1/auth/password/forgot", &body).await.unwrap();
    let link = mail(&service, &organiser.email, "Choose a new password").await.link().unwrap();
    assert_eq!(change_password(&organiser, PASSWORD, NEW_PASSWORD).await.0, StatusCode::NO_CONTENT);
    let body = json!({"token": link.split_once('#').unwrap().1, "password": PASSWORD});
    let answer = service.anonymous().post("/api/v1/auth/password/reset", &body).await.unwrap();
    refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "INVALID");
}

#[actix_web::test]
async fn a_weak_new_password_is_refused_and_does_not_count_as_a_failure() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for weak in ["", "Password123!", "organiser-organiser-1", &"x7!Qz".repeat(60)] {
        for _ in 0..2 {
            let answer = change_password(&organiser, PASSWORD, weak).await;
            refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "INVALID");
            assert_eq!(answer.1["errors"][0]["field"], "new_password");
        }
    }
    assert_eq!(change_password(&organiser, PASSWORD, NEW_PASSWORD).await.0, StatusCode::NO_CONTENT);
}

#[actix_web::test]
async fn five_wrong_passwords_lock_the_account_wherever_they_are_given() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let delete = |body: Value| {
        organiser.client.json(hyper::Method::DELETE, "/api/v1/account", Some(Box::leak(Box::new(body))))
    };
    let wrong = json!({"password": "wrong"});
    let answers = [
        change_password(&organiser, "wrong", NEW_PASSWORD).await,
        organiser
            .post("/api/v1/account/email", &json!({"email": "x@example.org", "password": "wrong"}))
            .await,
        organiser.post("/api/v1/account/totp", &wrong).await,
        delete(wrong.clone()).await.unwrap(),
        change_password(&organiser, "wrong", NEW_PASSWORD).await,
        change_password(&organiser, PASSWORD, NEW_PASSWORD).await,
        delete(json!({"password": PASSWORD})).await.unwrap(),
    ];
    for answer in answers {
        refused(&answer, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    }
    assert!(!signs_in(&service, &organiser.email, PASSWORD).await, "it is locked");
    assert_eq!(organiser.get("/api/v1/account").await.0, StatusCode::OK, "whoever is signed in stays so");
    mail(&service, &organiser.email, "Your account is locked for 15 minutes").await;
}
