//! The page on which one sees what was done with one's account.

use hyper::StatusCode;
use serde_json::json;

use crate::account::signs_in;
use crate::support::pages::Browser;
use crate::support::people::PASSWORD;
use crate::support::{Organiser, Service};

#[actix_web::test]
async fn sign_ins_and_failures_are_told_newest_first_with_what_to_do() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    assert!(!signs_in(&service, &organiser.email, "wrong").await);
    let browser = Browser::sign_in(&service, &organiser.email).await;
    Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    browser.submit("/account/sessions/end", &[]).await.leads_to();
    browser.get("/account").await.shows(&["href=\"/account/activity\""]);
    let page = browser.get("/account/activity").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    let sentences = [
        "You ended 2 sessions.",
        "You signed in.",
        "Somebody gave a wrong password or code for your account.",
        "You confirmed your e-mail address.",
    ];
    let places: Vec<usize> = sentences.iter().map(|words| page.html.find(words).expect(words)).collect();
    assert!(places.is_sorted(), "{places:?}");
    page.shows(&["6 records", "href=\"/account/password\"", "href=\"/account#sessions-heading\""]);
    assert!(!page.html.contains("127.0.0.1"), "no address of anybody");
    let german = browser.get("/account/activity?lang=de").await;
    german.shows(&["Sie haben 2 Sitzungen beendet.", "Sie haben sich angemeldet.", "6 Einträge"]);
}

#[actix_web::test]
async fn nothing_is_shown_that_is_not_of_the_account() {
    let service = Service::start().await;
    let (organiser, other) = (Organiser::register(&service).await, Organiser::register(&service).await);
    organiser.draft(crate::support::people::sample()).await;
    assert!(!signs_in(&service, &other.email, "wrong").await);
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let html = browser.get("/account/activity").await.html;
    assert!(!html.contains("created the election") && !html.contains("wrong password or code"), "{html}");
}

#[actix_web::test]
async fn older_activity_is_a_link_away() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for number in 0..50 {
        organiser.patch("/api/v1/account", &json!({"name": format!("Olivia {number}")})).await;
    }
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let newest = browser.get("/account/activity").await;
    newest.shows(&["53 records", "You changed your name."]);
    assert!(!newest.html.contains("You confirmed your e-mail address."), "{}", newest.html);
    let (_, older) = newest.html.split_once("/account/activity?cursor=").expect("a link to older ones");
    let older = format!("/account/activity?cursor={}", older.split('"').next().unwrap());
    let older = browser.get(&older).await;
    older.shows(&["You confirmed your e-mail address.", "Back to the newest records"]);
    assert!(!older.html.contains("?cursor="), "{}", older.html);
    let stranger = service.anonymous().get("/account/activity").await;
    assert!(stranger.is_ok_and(|(status, _)| status != StatusCode::OK));
}
