//! Moving an account to another address.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::account::{mail, noted, refused, signs_in};
use crate::support::people::PASSWORD;
use crate::support::{Organiser, Service};

const NEW: &str = "ada.new@example.org";
const CONFIRM: &str = "Confirm your new e-mail address";

async fn ask(organiser: &Organiser, email: &str) -> (StatusCode, Value) {
    organiser.post("/api/v1/account/email", &json!({"email": email, "password": PASSWORD})).await
}

async fn mailed_token(service: &Service, email: &str) -> String {
    mail(service, email, CONFIRM).await.link().unwrap().split_once("/verify-email#").unwrap().1.to_owned()
}

async fn confirm(service: &Service, token: &str) -> StatusCode {
    service.anonymous().post("/api/v1/auth/verify-email", &json!({"token": token})).await.unwrap().0
}

#[actix_web::test]
async fn an_account_moves_once_the_new_address_is_confirmed_and_both_are_told() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    assert_eq!(ask(&organiser, &NEW.to_uppercase()).await.0, StatusCode::ACCEPTED);
    mail(&service, &organiser.email, "Your account is to get another e-mail address").await;
    let token = mailed_token(&service, NEW).await;
    assert!(!signs_in(&service, NEW, PASSWORD).await, "not before it is confirmed");
    assert!(signs_in(&service, &organiser.email, PASSWORD).await);
    assert_eq!(confirm(&service, &token).await, StatusCode::NO_CONTENT);
    assert!(signs_in(&service, NEW, PASSWORD).await);
    assert!(!signs_in(&service, &organiser.email, PASSWORD).await);
    assert_eq!(organiser.get("/api/v1/account").await.1["email"], json!(NEW), "the session goes on");
    mail(&service, &organiser.email, "Your account has another e-mail address").await;
    assert_eq!(confirm(&service, &token).await, StatusCode::UNPROCESSABLE_ENTITY, "a link works once");
    let moved = Organiser { email: NEW.to_owned(), ..Organiser::sign_in(&service, NEW, PASSWORD).await };
    let log = noted(&service, &moved).await;
    let place = |action: &str| log.iter().position(|noted| noted == action).unwrap();
    assert!(place("account.email_change_asked") < place("account.email_changed"), "{log:?}");
}

#[actix_web::test]
async fn whether_an_address_is_taken_is_told_to_its_holder_alone() {
    let service = Service::start().await;
    let (organiser, holder) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let free = ask(&organiser, NEW).await;
    let taken = ask(&organiser, &holder.email).await;
    assert_eq!(taken, free);
    let told = mail(&service, &holder.email, "You already have an account").await;
    assert!(!told.is_to(&organiser.email));
    let subject = "Your account is to get another e-mail address";
    for _ in 0..2 {
        mail(&service, &organiser.email, subject).await;
    }
    assert_eq!(
        noted(&service, &organiser).await.iter().filter(|action| action.ends_with("_asked")).count(),
        2
    );
    assert!(signs_in(&service, &holder.email, PASSWORD).await);
}

#[actix_web::test]
async fn an_address_that_was_taken_meanwhile_is_not_taken_over() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    ask(&organiser, NEW).await;
    let token = mailed_token(&service, NEW).await;
    let body = json!({"email": NEW, "password": PASSWORD});
    service.anonymous().post("/api/v1/auth/register", &body).await.unwrap();
    assert_eq!(confirm(&service, &token).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(organiser.get("/api/v1/account").await.1["email"], json!(organiser.email));
}

#[actix_web::test]
async fn a_link_to_the_old_mailbox_is_useless_after_the_move() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    ask(&organiser, NEW).await;
    let token = mailed_token(&service, NEW).await;
    let forgotten = json!({"email": organiser.email});
    service.anonymous().post("/api/v1/auth/password/forgot", &forgotten).await.unwrap();
    let link = mail(&service, &organiser.email, "Choose a new password").await.link().unwrap();
    assert_eq!(confirm(&service, &token).await, StatusCode::NO_CONTENT);
    let body =
        json!({"token": link.split_once('#').unwrap().1, "password": "seventeen-Purple-otters-juggle-42"});
    let answer = service.anonymous().post("/api/v1/auth/password/reset", &body).await.unwrap();
    refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "INVALID");
}

#[actix_web::test]
async fn asking_again_replaces_the_address_that_was_asked_for_before() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    ask(&organiser, "typo@example.org").await;
    let older = mailed_token(&service, "typo@example.org").await;
    ask(&organiser, NEW).await;
    let newer = mailed_token(&service, NEW).await;
    assert_eq!(confirm(&service, &older).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(confirm(&service, &newer).await, StatusCode::NO_CONTENT);
    assert_eq!(organiser.get("/api/v1/account").await.1["email"], json!(NEW));
}

#[actix_web::test]
async fn a_wrong_password_or_what_is_no_address_changes_nothing() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    refused(&ask(&organiser, "nowhere").await, StatusCode::UNPROCESSABLE_ENTITY, "INVALID");
    let body = json!({"email": NEW, "password": "wrong"});
    let answer = organiser.post("/api/v1/account/email", &body).await;
    refused(&answer, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    assert_eq!(service.sink.mails().iter().filter(|mail| mail.is_to(NEW)).count(), 0);
}
