//! The log of an organisation, as a browser without JavaScript uses it.

use hyper::StatusCode;
use serde_json::json;

use crate::support::organisation::{Organisation, account};
use crate::support::pages::Browser;
use crate::support::{Organiser, Service};

#[actix_web::test]
async fn members_and_roles_are_told_and_elections_are_a_link_away() {
    let service = Service::start().await;
    let (owner, member) = (Organiser::register(&service).await, Organiser::register(&service).await);
    member.patch("/api/v1/account", &json!({"name": "Vera <b>"})).await;
    let organisation = Organisation::found(&owner).await;
    organisation.admit(&service, &owner, &member, "observer").await;
    owner.patch(&organisation.member(&account(&member).await), &json!({"role": "manager"})).await;
    owner.patch(&organisation.path(""), &json!({"name": "Council"})).await;
    let election = organisation.draft(&owner).await;
    for reader in [&owner, &member] {
        let browser = Browser::sign_in(&service, &reader.email).await;
        let page = format!("/organisations/{}", organisation.id);
        browser.get(&page).await.shows(&[&format!("href=\"{page}/log\"")]);
        let log = browser.get(&format!("{page}/log")).await;
        assert_eq!(log.status, StatusCode::OK, "{}", log.html);
        let sentences = [
            "Olivia gave the organisation another name.",
            "Olivia gave Vera &#60;b&#62; another role: manager, before that observer.",
            "Vera &#60;b&#62; joined as an observer.",
            "Olivia invited somebody as an observer.",
            "Olivia founded the organisation.",
        ];
        let places: Vec<usize> = sentences
            .iter()
            .map(|words| log.html.find(words).unwrap_or_else(|| panic!("{words}: {}", log.html)))
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        log.shows(&["5 records", &format!("href=\"/elections/{}/audit\"", election.id)]);
        assert!(!log.html.contains("created the election"), "that is in its own log");
        let german = browser.get(&format!("{page}/log?lang=de")).await;
        german.shows(&["Vera &#60;b&#62; ist zur Beobachtung beigetreten.", "5 Einträge"]);
    }
}

#[actix_web::test]
async fn strangers_find_no_log() {
    let service = Service::start().await;
    let (owner, stranger) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let log = format!("/organisations/{}/log", Organisation::found(&owner).await.id);
    let browser = Browser::sign_in(&service, &stranger.email).await;
    assert_eq!(browser.get(&log).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.submit(&log, &[]).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn whoever_has_left_is_not_named_in_the_log() {
    let service = Service::start().await;
    let (owner, member) = (Organiser::register(&service).await, Organiser::register(&service).await);
    member.patch("/api/v1/account", &json!({"name": "Vera"})).await;
    let organisation = Organisation::found(&owner).await;
    organisation.admit(&service, &owner, &member, "manager").await;
    owner.delete(&organisation.member(&account(&member).await)).await;
    let browser = Browser::sign_in(&service, &owner.email).await;
    let log = browser.get(&format!("/organisations/{}/log", organisation.id)).await;
    log.shows(&[
        "Somebody who is no longer here joined as a manager.",
        "Olivia removed a member, a manager.",
    ]);
    assert!(!log.html.contains("Vera"), "{}", log.html);
}

#[actix_web::test]
async fn the_log_of_an_organisation_is_checked_on_the_spot() {
    let service = Service::start().await;
    let owner = Organiser::register(&service).await;
    let organisation = Organisation::found(&owner).await;
    organisation.draft(&owner).await;
    let browser = Browser::sign_in(&service, &owner.email).await;
    let log = format!("/organisations/{}/log", organisation.id);
    browser.submit(&log, &[]).await.shows(&["role=\"status\"", "The log is unbroken: 2 records"]);
    let tamper = format!(
        "ALTER TABLE audit_records DISABLE TRIGGER ALL;
        UPDATE audit_records SET actor = 'system' WHERE position = 2 AND organisation_id = '{}'",
        organisation.id
    );
    service.superuser().await.batch_execute(&tamper).await.unwrap();
    let broken = browser.submit(&log, &[]).await;
    broken.shows(&["class=\"notice bad\"", "The first record that does not fit is number 2"]);
}

#[actix_web::test]
async fn the_log_of_a_personal_organisation_holds_no_sign_in() {
    let service = Service::start().await;
    let (owner, member) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let (_, all) = owner.get("/api/v1/organisations").await;
    let personal = Organisation { id: all["items"][0]["id"].as_str().unwrap().to_owned() };
    personal.admit(&service, &owner, &member, "observer").await;
    for (reader, is_own) in [(&owner, true), (&member, false)] {
        let browser = Browser::sign_in(&service, &reader.email).await;
        let log = browser.get(&format!("/organisations/{}/log", personal.id)).await;
        log.shows(&["2 records", "joined as an observer."]);
        assert!(!log.html.contains("signed in"), "{}", log.html);
        assert_eq!(log.html.contains("href=\"/account/activity\""), is_own);
    }
}
