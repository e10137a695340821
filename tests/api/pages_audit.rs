//! The audit log's page, as a browser without JavaScript uses it.

use hyper::StatusCode;
use serde_json::json;

use crate::support::pages::Browser;
use crate::support::people::{Election, roll, sample};
use crate::support::{Organiser, Service};

fn audit(election: &Election) -> String {
    format!("/elections/{}/audit", election.id)
}

async fn read(browser: &Browser, path: &str) -> String {
    let page = browser.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    page.html
}

/// The page after the button of a check was pressed.
async fn check(browser: &Browser, election: &Election, what: &str) -> String {
    let page = browser.submit(&audit(election), &[("check", what)]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    page.html
}

#[track_caller]
fn says(html: &str, words: &str) {
    assert!(html.contains(words), "{words} is missing in {html}");
}

/// The status message that has the focus.
#[track_caller]
fn found(html: &str) -> &str {
    let parts: Vec<&str> = html.split("role=\"status\" tabindex=\"-1\" autofocus>").collect();
    assert_eq!(parts.len(), 2, "not one status: {html}");
    parts[1].split("</div>").next().unwrap()
}

#[actix_web::test]
async fn the_log_is_told_in_sentences_newest_first() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let mut body = sample();
    body["time_zone"] = json!("Europe/Rome");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(3)).await;
    organiser.patch(&election.path(""), &json!({"title": "New board", "description": "<b>"})).await;
    let html = read(&browser, &audit(&election)).await;
    says(&html, "Times are those of Europe/Rome.");
    says(&html, "3 records about this election");
    let sentences = [
        "Olivia changed the title and the description.",
        "Olivia added 3 voters from a list.",
        "Olivia created the election with one contest.",
    ];
    let places: Vec<usize> =
        sentences.iter().map(|words| html.find(words).unwrap_or_else(|| panic!("{words}: {html}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(!html.contains("signed_in"), "only what is about the election");
    let german = read(&browser, &format!("{}?lang=de", audit(&election))).await;
    says(&german, "Olivia hat aus einer Liste 3 Stimmberechtigte hinzugefügt.");
}

#[actix_web::test]
async fn whoever_has_left_is_not_named() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let reader = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let browser = Browser::sign_in(&service, &reader.email).await;
    assert_eq!(browser.get(&audit(&election)).await.status, StatusCode::NOT_FOUND, "no member yet");
    let account = |email: &str| format!("(SELECT id FROM accounts WHERE email = '{email}')");
    let organisation = election.body["organisation_id"].as_str().unwrap();
    // Whoever left is still somebody elsewhere.
    let swap = format!(
        "UPDATE members SET account_id = {} WHERE organisation_id = '{organisation}';
        INSERT INTO members (organisation_id, account_id, role)
        SELECT id, {}, 'observer' FROM organisations WHERE personal_of = {}",
        account(&reader.email),
        account(&organiser.email),
        account(&reader.email)
    );
    service.superuser().await.batch_execute(&swap).await.unwrap();
    let html = read(&browser, &audit(&election)).await;
    says(&html, "Somebody who is no longer here created the election with one contest.");
    says(found(&check(&browser, &election, "log").await), "The log is unbroken");
}

#[actix_web::test]
async fn older_records_are_a_link_away() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let election = organiser.draft(sample()).await;
    for number in 0..50 {
        organiser.patch(&election.path(""), &json!({"title": format!("Title {number}")})).await;
    }
    let newest = read(&browser, &audit(&election)).await;
    assert!(!newest.contains("created the election"), "{newest}");
    let older = newest.split(&format!("{}?cursor=", audit(&election))).nth(1).unwrap();
    let older = format!("{}?cursor={}", audit(&election), older.split('"').next().unwrap());
    let older = read(&browser, &older).await;
    says(&older, "created the election");
    assert!(!older.contains("changed the title") && !older.contains("?cursor="), "{older}");
    says(&older, "Back to the newest records");
}

#[actix_web::test]
async fn the_log_is_checked_on_the_spot() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let election = organiser.draft(sample()).await;
    organiser.patch(&election.path(""), &json!({"title": "New board"})).await;
    let html = check(&browser, &election, "log").await;
    says(found(&html), "The log is unbroken: 5 records");
    let tamper = "ALTER TABLE audit_records DISABLE TRIGGER ALL;
        UPDATE audit_records SET actor = 'system' WHERE position = 4";
    service.superuser().await.batch_execute(tamper).await.unwrap();
    let html = check(&browser, &election, "log").await;
    says(found(&html), "The first record that does not fit is number 4");
    says(&html, "class=\"notice bad\"");
}

#[actix_web::test]
async fn the_ballots_are_checked_on_the_spot() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let (election, people) = organiser.open_election(&service, 2).await;
    people[0].cast(&election.choose(Some(0))).await;
    let running = check(&browser, &election, "ballots").await;
    says(found(&running), "1 ballot, and the chain is intact.");
    says(found(&running), "they agree with the running count");
    organiser.close(&election.id).await;
    says(found(&check(&browser, &election, "ballots").await), "they agree with the count.");
    let superuser = service.superuser().await;
    superuser.batch_execute("DELETE FROM election_keys").await.unwrap();
    let html = check(&browser, &election, "ballots").await;
    says(found(&html), "the key has been destroyed");
    let (_, api) = organiser.post(&election.path("/verify"), &json!({})).await;
    says(&found(&html).replace(' ', ""), api["head"].as_str().unwrap());
    let tamper = "ALTER TABLE ballots DISABLE TRIGGER ALL; UPDATE ballots SET sealed = sealed || 'x'::bytea";
    superuser.batch_execute(tamper).await.unwrap();
    let html = check(&browser, &election, "ballots").await;
    says(found(&html), "the chain is broken");
    says(&html, "class=\"notice bad\"");
}

#[actix_web::test]
async fn a_draft_has_no_ballots_to_check() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let election = organiser.draft(sample()).await;
    for html in [read(&browser, &audit(&election)).await, check(&browser, &election, "ballots").await] {
        says(&html, "There is nothing to check yet.");
        assert!(!html.contains("Check the ballots") && !html.contains("role=\"status\""), "{html}");
    }
}
