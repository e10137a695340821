//! The e-mails page, as a browser without JavaScript uses it.

use std::time::Duration;

use hyper::StatusCode;
use serde_json::json;
use uvote_loadtest::sink::Fault;

use crate::support::pages::{Browser, Page};
use crate::support::people::{Election, address, roll, sample};
use crate::support::{Organiser, Service};

fn mails(election: &Election, rest: &str) -> String {
    format!("/elections/{}/mails{rest}", election.id)
}

/// Reloads until the page shows something.
async fn until(browser: &Browser, election: &Election, words: &str) -> Page {
    let wait = async {
        loop {
            let page = browser.get(&mails(election, "")).await;
            if page.html.contains(words) {
                return page;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("the page never showed it")
}

/// Waits until so many mails wait for another attempt.
async fn put_off(service: &Service, mails: i64) {
    let superuser = service.superuser().await;
    let sql = "SELECT count(*) FROM mail_outbox WHERE state = 'queued' AND attempts = 1";
    let wait = async {
        while superuser.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) < mails {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("the mails were not put off");
}

async fn active(service: &Service, voters: usize) -> (Organiser, Election, Browser) {
    let organiser = Organiser::register(service).await;
    let election = organiser.ready_draft(voters).await;
    let (status, answer) = organiser.post(&election.path("/activate"), &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let browser = Browser::sign_in(service, &organiser.email).await;
    (organiser, election, browser)
}

#[actix_web::test]
async fn a_draft_shows_what_voters_will_get_and_sends_only_a_test() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["link_lifetime_hours"] = json!(48);
    body["invitation_message"] = json!("Come <b>all</b>");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(2)).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let page = browser.get(&mails(&election, "")).await;
    page.shows(&["once the election is open", "2 voters will get one", "2 days", "Your vote in Board"]);
    page.shows(&["Dear Alex Example", "Come &#60;b&#62;all"]);
    assert!(!page.html.contains("mails/invitations"));
    let preview = browser.raw(&mails(&election, "/preview")).await;
    let policy = preview.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.ends_with("; sandbox allow-scripts") && policy.starts_with("default-src 'none'"),
        "{policy}"
    );
    assert!(std::str::from_utf8(preview.body()).unwrap().contains("Dear Alex Example"));

    let refused = browser.submit(&mails(&election, "/invitations"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.shows(&["can&#39;t be sent as the election stands"]);
    let tested = browser.submit(&mails(&election, "/test"), &[]).await;
    browser.get(&tested.leads_to()).await.shows(&["The test is on its way"]);
    let mail = service.sink.mail_to(&organiser.email).await.unwrap();
    assert_eq!(mail.subject().unwrap(), "[Specimen] Your vote in Board");
}

#[actix_web::test]
async fn many_mails_go_out_only_after_their_number_was_confirmed() {
    let service = Service::start().await;
    let (_, election, browser) = active(&service, 3).await;
    browser.get(&mails(&election, "")).await.shows(&["3 voters have not been invited yet"]);
    browser.get(&mails(&election, "/invitations")).await.shows(&["3 e-mails, each", "Send 3 invitations"]);
    assert!(service.sink.mails().iter().all(|mail| !mail.is_to(&address(1))), "asking sends nothing");
    let sent = browser.submit(&mails(&election, "/invitations"), &[]).await;
    browser.get(&sent.leads_to()).await.shows(&["3 e-mails are on their way"]);
    until(&browser, &election, "<dd data-live=\"sent\">3</dd>").await;
    // Who may be reminded is read before the mails are counted, and each mail is written down when it is sent.
    let page = browser.get(&mails(&election, "")).await;
    page.shows(&["Everybody on the roll has been invited", "3 voters have not voted yet"]);
    let again = browser.submit(&mails(&election, "/invitations"), &[]).await;
    browser.get(&again.leads_to()).await.shows(&["There was nobody left to write to"]);

    browser.get(&mails(&election, "/reminders")).await.shows(&["Send 3 reminders"]);
    let reminded = browser.submit(&mails(&election, "/reminders"), &[]).await;
    browser.get(&reminded.leads_to()).await.shows(&["The reminders are on their way"]);
    until(&browser, &election, "<dd data-live=\"sent\">6</dd>").await;
    assert_eq!(browser.get(&mails(&election, "/everything")).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn what_waits_is_stopped() {
    let service = Service::start().await;
    let (_, election, browser) = active(&service, 2).await;
    service.sink.fail(|_| Some(Fault::Refuse(451, "come back later".to_owned())));
    browser.submit(&mails(&election, "/invitations"), &[]).await;
    put_off(&service, 2).await;
    browser.get(&mails(&election, "")).await.shows(&["<dd data-live=\"queued\">2</dd>"]);
    let stopped = browser.submit(&mails(&election, "/stop"), &[]).await;
    let page = browser.get(&stopped.leads_to()).await;
    page.shows(&[
        "2 e-mails were stopped",
        "<dd data-live=\"queued\">0</dd>",
        "2 voters have not been invited",
    ]);
}

#[actix_web::test]
async fn a_mail_that_failed_is_shown_with_its_reason_and_sent_again() {
    let service = Service::start().await;
    let (_, election, browser) = active(&service, 2).await;
    let bad = address(1);
    service.sink.fail(move |to| (to == bad).then(|| Fault::Refuse(550, "no such mailbox".to_owned())));
    browser.submit(&mails(&election, "/invitations"), &[]).await;
    let page = until(&browser, &election, "no such mailbox").await;
    page.shows(&["Latest failures", &address(1), "Correct the address", "Send again"]);
    service.sink.heal();
    let voter = page.html.split_once("/voters/").unwrap().1.split('"').next().unwrap();
    let path = format!("/elections/{}/voters/{voter}/link", election.id);
    let sent = browser.submit(&path, &[("from", "mails")]).await;
    let page = browser.get(&sent.leads_to()).await;
    page.shows(&["The link is on its way", "Sent again"]);
    assert!(service.sink.mail_to(&address(1)).await.unwrap().link().is_some());
}

#[actix_web::test]
async fn the_roll_is_told_of_the_results_once_they_are_public() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 2).await;
    organiser.close(&election.id).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    browser.get(&mails(&election, "")).await.shows(&["2 voters can be told where the results are"]);
    browser.get(&mails(&election, "/results")).await.shows(&["Send 2 result notices"]);
    browser.submit(&mails(&election, "/results"), &[]).await;
    let mail = service.sink.mail_to(&address(1)).await.unwrap();
    assert_eq!(mail.subject().unwrap(), "Results: Board");
}

#[actix_web::test]
async fn a_running_tally_hides_how_many_have_not_voted() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["tally_visibility"] = json!("everyone");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(2)).await;
    organiser.open(&service, &election.id, 2).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let page = browser.get(&mails(&election, "")).await;
    page.shows(&["How many that are is not shown"]);
    let asked = browser.get(&mails(&election, "/reminders")).await;
    asked.shows(&["Everybody who has not voted yet will be reminded"]);
    assert!(!asked.html.contains("2 reminders"));
}
