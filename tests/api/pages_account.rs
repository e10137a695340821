//! The pages of one's own account, without JavaScript.

use std::time::{SystemTime, UNIX_EPOCH};

use hyper::StatusCode;
use serde_json::json;
use totp_rs::Totp;

use crate::account::{mail, signs_in};
use crate::support::pages::{Browser, Page};
use crate::support::people::PASSWORD;
use crate::support::{Organiser, Service};

const NEW_PASSWORD: &str = "seventeen-Purple-otters-juggle-42";

#[track_caller]
fn refused(page: &Page, words: &[&str]) {
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.html);
    page.shows(&["<title>Error:"]);
    page.shows(words);
}

fn code(app: &Totp) -> String {
    app.generate(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).to_string()
}

#[actix_web::test]
async fn name_address_and_password_are_changed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    browser.get("/dashboard").await.shows(&["href=\"/account\""]);
    browser.get("/account").await.shows(&["value=\"Olivia\"", &organiser.email]);
    refused(&browser.submit("/account", &[("name", "O\nlivia")]).await, &["id=\"error-name\""]);
    let renamed = browser.submit("/account", &[("name", "Ada <3")]).await.leads_to();
    browser.get(&renamed).await.shows(&["Your name is saved", "value=\"Ada &#60;3\""]);

    let new = "ada.new@example.org";
    let wrong = browser.submit("/account/email", &[("email", new), ("password", "wrong")]).await;
    refused(&wrong, &["id=\"error-password\"", &format!("value=\"{new}\"")]);
    let mailed = browser.submit("/account/email", &[("email", new), ("password", PASSWORD)]).await;
    mailed.shows(&[&format!("We have sent an e-mail to {new}")]);
    mail(&service, new, "Confirm your new e-mail address").await;

    let fields = |current, new| [("current_password", current), ("new_password", new)];
    let path = "/account/password";
    refused(&browser.submit(path, &fields(PASSWORD, "password")).await, &["id=\"error-new_password\""]);
    refused(&browser.submit(path, &fields("wrong", NEW_PASSWORD)).await, &["id=\"error-current_password\""]);
    let changed = browser.submit(path, &fields(PASSWORD, NEW_PASSWORD)).await.leads_to();
    browser.get(&changed).await.shows(&["Your password is changed", "One session"]);
    assert!(signs_in(&service, &organiser.email, NEW_PASSWORD).await);
}

#[actix_web::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all_others_at_once() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let others = [
        Browser::sign_in(&service, &organiser.email).await,
        Browser::sign_in(&service, &organiser.email).await,
    ];
    let page = browser.get("/account").await;
    page.shows(&["4 sessions", "Browser", "Program", "this one"]);
    // The newest comes first.
    let (_, rest) = page.html.split_once("/account/sessions/").unwrap();
    let newest = format!("/account/sessions/{}", rest.split('"').next().unwrap());
    for _ in 0..2 {
        assert_eq!(browser.submit(&newest, &[]).await.leads_to(), "/account?done=account-session-ended");
    }
    assert_eq!(others[1].get("/account").await.leads_to(), "/login?next=%2Faccount");
    assert_eq!(others[0].get("/account").await.status, StatusCode::OK);
    let ended = browser.submit("/account/sessions/end", &[]).await.leads_to();
    browser.get(&ended).await.shows(&["All other sessions have ended", "One session"]);
    assert_eq!(others[0].get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(organiser.get("/api/v1/account").await.0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn the_second_factor_is_set_up_and_switched_off() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let (path, confirm) = ("/account/second-factor", "/account/second-factor/confirm");
    assert_eq!(browser.submit(confirm, &[("code", "123456")]).await.leads_to(), path, "nothing to confirm");
    refused(&browser.submit(path, &[("password", "wrong")]).await, &["id=\"error-password\""]);
    let shown = browser.submit(path, &[("password", PASSWORD)]).await;
    let (_, url) = shown.html.split_once("href=\"otpauth:").unwrap();
    let url = format!("otpauth:{}", url.split('"').next().unwrap().replace("&#38;", "&"));
    let app = Totp::from_url(url).unwrap();
    let secret = app.secret().to_base32();
    shown.shows(&[&secret[..4], &secret[28..], "class=\"qr\""]);
    refused(
        &browser.submit(confirm, &[("code", "nothing")]).await,
        &["id=\"error-code\"", "This is not the code that"],
    );
    browser.get("/account").await.shows(&["Set up"]);
    let codes = browser.submit(confirm, &[("code", &code(&app))]).await;
    let (_, recovery) = codes.html.split_once("data-receipt=\"").unwrap();
    let mut recovery = recovery.split(['\n', '&', '"']).filter(|text| text.len() == 39);
    let (first, second) = (recovery.next().unwrap(), recovery.next().unwrap());
    assert_eq!(codes.html.matches("<li><code>").count(), 10);
    assert_eq!(browser.submit(confirm, &[("code", &code(&app))]).await.leads_to(), path, "shown once");
    assert!(!signs_in(&service, &organiser.email, PASSWORD).await);

    let (address, password, delete) = ("/account/email", "/account/password", "/account/delete");
    for path in [address, password, delete] {
        browser.get(path).await.shows(&["name=\"totp\"", "autocomplete=one-time-code"]);
    }
    let fields = [("email", "new@example.org"), ("password", PASSWORD), ("totp", "000000")];
    refused(&browser.submit(address, &fields).await, &["The password or the code is wrong", "name=\"totp\""]);
    refused(&browser.submit(delete, &fields[1..]).await, &["The password or the code is wrong"]);
    let fields = [("current_password", PASSWORD), ("new_password", NEW_PASSWORD)];
    refused(&browser.submit(password, &fields).await, &["The password or the code is wrong"]);
    let fields = [("email", "new@example.org"), ("password", PASSWORD), ("totp", first)];
    browser.submit(address, &fields).await.shows(&["We have sent an e-mail to new@example.org"]);

    let off = "/account/second-factor/off";
    let wrong = browser.submit(off, &[("password", PASSWORD), ("totp", "000")]).await;
    refused(&wrong, &["The password or the code is wrong"]);
    let done = browser.submit(off, &[("password", PASSWORD), ("totp", second)]).await.leads_to();
    browser.get(&done).await.shows(&["The second factor is switched off"]);
    for path in [address, password, delete] {
        assert!(!browser.get(path).await.html.contains("name=\"totp\""), "{path}");
    }
    assert!(signs_in(&service, &organiser.email, PASSWORD).await);
}

#[actix_web::test]
async fn an_account_is_deleted_once_nothing_is_left_to_nobody() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let (open, _) = organiser.open_election(&service, 1).await;
    organiser.draft(json!({"title": "Draft"})).await;
    let path = "/account/delete";
    browser.get(path).await.shows(&["can&#39;t be deleted yet", "One election runs"]);
    let blocked = browser.submit(path, &[("password", PASSWORD)]).await;
    assert_eq!(blocked.status, StatusCode::CONFLICT, "{}", blocked.html);
    organiser.close(&open.id).await;
    browser.get(path).await.shows(&["One draft is deleted", "One finished election stays"]);
    refused(&browser.submit(path, &[("password", "wrong")]).await, &["id=\"error-password\""]);
    let gone = browser.submit(path, &[("password", PASSWORD)]).await.leads_to();
    browser.get(&gone).await.shows(&["Your account is deleted"]);
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
    assert!(!signs_in(&service, &organiser.email, PASSWORD).await);
}

#[actix_web::test]
async fn other_addresses_are_asked_for_five_times_an_hour_here_and_in_the_interface_together() {
    let service = Service::limited().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let ask = json!({"email": "new@example.org", "password": PASSWORD});
    for _ in 0..5 {
        let (status, answer) = organiser.post("/api/v1/account/email", &ask).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    }
    let fields = [("email", "new@example.org"), ("password", PASSWORD)];
    let refused = browser.submit("/account/email", &fields).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.html);
    assert_eq!(organiser.post("/api/v1/account/email", &ask).await.0, StatusCode::TOO_MANY_REQUESTS);
}
