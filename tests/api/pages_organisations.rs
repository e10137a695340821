//! The pages of organisations, without JavaScript.

use hyper::StatusCode;
use uvote_loadtest::client::whole;

use crate::support::organisation::{Organisation, account, invitation};
use crate::support::pages::Browser;
use crate::support::{Organiser, Service};

#[actix_web::test]
async fn an_owner_founds_invites_and_renames() {
    let service = Service::start().await;
    let (owner, guest) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let browser = Browser::sign_in(&service, &owner.email).await;
    browser.get("/dashboard").await.shows(&["Organisations", "New organisation"]);
    let refused = browser.submit("/organisations/new", &[("name", "")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = browser.submit("/organisations/new", &[("name", "Students")]).await.leads_to();
    let (page, _) = page.split_once('?').unwrap();
    browser.get(page).await.shows(&["You are an owner", "One member", &owner.email]);
    let members = format!("{page}/members");
    let refused = browser.submit(&members, &[("email", "nobody")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.shows(&["id=\"error-email\"", "id=\"error-role\"", "value=\"nobody\""]);
    let refused = browser.submit(&members, &[("email", &owner.email), ("role", "observer")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.shows(&["belongs to a member already"]);
    browser.submit(&members, &[("email", &guest.email), ("role", "manager")]).await.leads_to();
    let pending = browser.get(page).await;
    pending.shows(&["One invitation waits", &guest.email]);
    browser.submit(page, &[("name", "Council")]).await.leads_to();
    browser.get(page).await.shows(&["<h1>Council</h1>"]);
}

#[actix_web::test]
async fn whoever_follows_an_invitation_signs_in_first() {
    let service = Service::start().await;
    let (owner, guest) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let organisation = Organisation::found(&owner).await;
    organisation.invite(&owner, &guest.email, "observer").await;
    let token = invitation(&service, &guest.email).await;
    let request = hyper::Request::post("/invitation")
        .header("origin", crate::support::service::ORIGIN)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(whole(format!("token={token}&way=login")))
        .unwrap();
    let answer = service.anonymous().send(request).await.unwrap();
    assert_eq!(answer.headers()["location"], "/login?next=%2Finvitation");
    let kept = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(kept.starts_with(&format!("__Host-uvote-invitation={token};")), "{kept}");
    assert!(kept.contains("HttpOnly") && kept.contains("Secure"), "{kept}");

    let browser = Browser::sign_in(&service, &guest.email).await;
    browser.get("/invitation").await.shows(&[&format!("signed in as {}", guest.email)]);
    let refused = browser.submit("/invitation", &[("token", "nothing")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = browser.submit("/invitation", &[("token", &token)]).await.leads_to();
    assert_eq!(page, format!("/organisations/{}?done=joined", organisation.id));
    let page = browser.get(&page).await;
    page.shows(&["Welcome.", "You are an observer", "Leave the organisation"]);
    assert!(!page.html.contains("Invite somebody"), "an observer invites nobody");
}

#[actix_web::test]
async fn roles_change_and_members_leave() {
    let service = Service::start().await;
    let (owner, guest) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let organisation = Organisation::found(&owner).await;
    organisation.admit(&service, &owner, &guest, "observer").await;
    let page = |account: &str| format!("/organisations/{}/members/{account}", organisation.id);
    let (of_owner, of_guest) = (page(&account(&owner).await), page(&account(&guest).await));
    let browser = Browser::sign_in(&service, &owner.email).await;
    browser.get(&of_guest).await.shows(&["value=\"observer\" checked", "Remove Olivia"]);
    browser.submit(&of_guest, &[("role", "manager")]).await.leads_to();
    browser.get(&of_guest).await.shows(&["value=\"manager\" checked"]);
    let refused = browser.submit(&format!("{of_owner}/remove"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.shows(&["keeps at least one owner"]);
    let other = Browser::sign_in(&service, &guest.email).await;
    assert_eq!(other.get(&of_owner).await.status, StatusCode::FORBIDDEN);
    let left = other.submit(&format!("{of_guest}/remove"), &[]).await.leads_to();
    assert_eq!(left, "/dashboard?done=left");
}

#[actix_web::test]
async fn an_election_is_started_in_the_organisation_that_was_chosen() {
    let service = Service::start().await;
    let owner = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &owner.email).await;
    assert!(!browser.get("/elections/new").await.html.contains("<select"), "nothing to choose from");
    let organisation = Organisation::found(&owner).await;
    browser.get("/elections/new").await.shows(&["<select", "Students"]);
    let fields = [("title", "Board"), ("organisation", organisation.id.as_str())];
    browser.submit("/elections/new", &fields).await.leads_to();
    let (_, found) = owner.get(&format!("/api/v1/elections?organisation_id={}", organisation.id)).await;
    assert_eq!(found["items"][0]["title"], "Board");
    browser.get("/dashboard").await.shows(&["<p class=\"small\">Students</p>"]);
}

#[actix_web::test]
async fn an_organisation_whose_election_runs_says_why_it_stays() {
    let service = Service::start().await;
    let owner = Organiser::register(&service).await;
    let organisation = Organisation::found(&owner).await;
    let election = organisation.draft(&owner).await;
    owner.import(&election.id, &crate::support::people::roll(1)).await;
    owner.open(&service, &election.id, 1).await;
    let browser = Browser::sign_in(&service, &owner.email).await;
    let page = format!("/organisations/{}/delete", organisation.id);
    browser.get(&page).await.shows(&["Delete Students?"]);
    let refused = browser.submit(&page, &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.shows(&["Close it first."]);
    owner.close(&election.id).await;
    assert_eq!(browser.submit(&page, &[]).await.leads_to(), "/dashboard?done=organisation-deleted");
}
