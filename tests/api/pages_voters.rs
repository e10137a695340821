//! The roll's pages, as a browser without JavaScript uses them.

use hyper::StatusCode;
use serde_json::json;

use crate::support::pages::Browser;
use crate::support::people::{Election, address, roll, sample};
use crate::support::{Organiser, Service};

async fn draft(service: &Service) -> (Organiser, Election, Browser) {
    let organiser = Organiser::register(service).await;
    let election = organiser.draft(sample()).await;
    let browser = Browser::sign_in(service, &organiser.email).await;
    (organiser, election, browser)
}

fn voters(election: &Election, rest: &str) -> String {
    format!("/elections/{}/voters{rest}", election.id)
}

async fn addresses(organiser: &Organiser, election: &Election) -> Vec<String> {
    let (_, list) = organiser.get(&election.path("/voters?limit=100")).await;
    let items = list["items"].as_array().unwrap().iter();
    items.map(|voter| voter["email"].as_str().unwrap().to_owned()).collect()
}

async fn voter(organiser: &Organiser, election: &Election, email: &str) -> String {
    let (_, list) = organiser.get(&election.path(&format!("/voters?q={email}"))).await;
    voters(election, &format!("/{}", list["items"][0]["id"].as_str().unwrap()))
}

#[actix_web::test]
async fn a_pasted_list_is_shown_as_a_table_first_and_then_added() {
    let service = Service::start().await;
    let (organiser, election, browser) = draft(&service).await;
    let empty = browser.get(&voters(&election, "")).await;
    empty.shows(&["Who may vote?", "name=\"text\"", "name=\"file\""]);

    let text = "email,first_name,Class\r\na@example.org,Ada,4b\r\nb@example.org,Ben,4c\r\n";
    let checked = browser.upload(&voters(&election, "/import"), "text", text).await;
    assert_eq!(checked.status, StatusCode::OK);
    checked.shows(&["Add 2 voters", "a@example.org", "Ada", "This column is not used: Class"]);
    assert_eq!(addresses(&organiser, &election).await.len(), 0, "the dry run adds nobody");

    let upload = checked.hidden("upload");
    let confirm = voters(&election, "/import/confirm");
    let added = browser.submit(&confirm, &[("upload", &upload)]).await;
    browser.get(&added.leads_to()).await.shows(&["2 voters were added", "2 voters", "b@example.org"]);
    let again = browser.submit(&confirm, &[("upload", &upload)]).await;
    browser.get(&again.leads_to()).await.shows(&["That list is no longer waiting"]);

    let text = "email,first_name\nA@example.org,Adele\nb@example.org,Ben\nc@example.org,\n";
    let checked = browser.upload(&voters(&election, "/import"), "text", text).await;
    checked.shows(&["Add 1 voter", "Name now", "Adele", "c@example.org", "no name"]);
}

#[actix_web::test]
async fn every_bad_line_of_a_file_is_listed_in_words() {
    let service = Service::start().await;
    let (organiser, election, browser) = draft(&service).await;
    let file =
        "email;first_name\ngood@example.org;Gina\nnobody;Nora\n\nGOOD@example.org;Gina\na b@example.org;B\n";
    let refused = browser.upload(&voters(&election, "/import"), "file", file).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.shows(&[
        "3 lines can&#39;t be read",
        ">3</th>",
        ">5</th>",
        ">6</th>",
        "exactly one @",
        "on line 2 already",
    ]);
    assert!(!refused.html.contains("/import/confirm"));
    assert_eq!(addresses(&organiser, &election).await.len(), 0);
    let nothing = browser.upload(&voters(&election, "/import"), "text", "").await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    nothing.shows(&["The list is empty"]);
}

#[actix_web::test]
async fn one_address_on_each_line_is_enough_and_lines_are_counted_as_they_were_pasted() {
    let service = Service::start().await;
    let (organiser, election, browser) = draft(&service).await;
    let text = "a@example.org\r\nBea Maria Bloom <b@example.org>,\r\n\r\nc@example.org, Cy, Clark\r\nA@example.org\r\n";
    let refused = browser.upload(&voters(&election, "/import"), "text", text).await;
    refused.shows(&[
        "One line can&#39;t be read",
        ">5</th>",
        "on line 1 already",
        "names no columns",
        "Bea Maria Bloom &#60;b@",
    ]);
    let checked = browser.upload(&voters(&election, "/import"), "text", &text.replace("A@", "d@")).await;
    checked.shows(&["Add 4 voters", "Bea Maria Bloom", "Cy Clark", "names no columns"]);
    browser.submit(&voters(&election, "/import/confirm"), &[("upload", &checked.hidden("upload"))]).await;
    let list = ["d@example.org", "c@example.org", "b@example.org", "a@example.org"];
    assert_eq!(addresses(&organiser, &election).await, list);
}

#[actix_web::test]
async fn an_upload_belongs_to_its_election_and_its_sender() {
    let service = Service::start().await;
    let (organiser, election, browser) = draft(&service).await;
    let checked = browser.upload(&voters(&election, "/import"), "text", "a@example.org").await;
    let upload = checked.hidden("upload");
    let other = organiser.draft(sample()).await;
    let answer = browser.submit(&voters(&other, "/import/confirm"), &[("upload", &upload)]).await;
    assert!(answer.leads_to().ends_with("?done=roll-upload-gone"));
    for odd in ["", "../../x", &uuid::Uuid::nil().to_string()] {
        let answer = browser.submit(&voters(&election, "/import/confirm"), &[("upload", odd)]).await;
        assert!(answer.leads_to().ends_with("?done=roll-upload-gone"), "{odd}");
    }
    assert_eq!(addresses(&organiser, &other).await.len(), 0);
}

#[actix_web::test]
async fn the_roll_can_be_searched_paged_and_downloaded() {
    let service = Service::start().await;
    let (organiser, election, browser) = draft(&service).await;
    organiser.import(&election.id, &roll(60)).await;
    let first = browser.get(&voters(&election, "")).await;
    first.shows(&["60 voters", &address(60), &address(11), "Not sent"]);
    assert!(!first.html.contains(&format!(">{}<", address(10))));
    browser.get(&first.link("rel=\"next\"")).await.shows(&[&address(10), &address(1), "Back to the start"]);
    let found = browser.get(&voters(&election, "?q=voter+42&delivery=none&voted=")).await;
    found.shows(&["1 voter found", &address(42)]);
    browser.get(&voters(&election, "?q=&delivery=sent")).await.shows(&["Nobody found"]);
    let csv = browser.raw(&voters(&election, ".csv")).await;
    assert!(csv.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
    assert_eq!(std::str::from_utf8(csv.body()).unwrap().lines().count(), 61);
}

#[actix_web::test]
async fn one_voter_is_added_and_mistakes_come_back_in_words() {
    let service = Service::start().await;
    let (organiser, election, browser) = draft(&service).await;
    let path = voters(&election, "");
    let wrong = browser.submit(&path, &[("email", "nobody"), ("first_name", "Nora")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.shows(&["exactly one @", "value=\"Nora\"", "aria-invalid=\"true\""]);
    let added = browser.submit(&path, &[("email", "Nora@example.org"), ("first_name", "Nora")]).await;
    browser.get(&added.leads_to()).await.shows(&["The voter is on the roll", "nora@example.org"]);
    let twice = browser.submit(&path, &[("email", "nora@example.org")]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    twice.shows(&["This address is on the roll already"]);
    assert_eq!(addresses(&organiser, &election).await, ["nora@example.org"]);
}

#[actix_web::test]
async fn a_late_voter_is_invited_at_once() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 1).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    browser.get(&voters(&election, "")).await.shows(&["Add a late voter", "name=\"invite\""]);
    let fields = [("email", "late@example.org"), ("invite", "yes")];
    let added = browser.submit(&voters(&election, ""), &fields).await;
    assert!(added.leads_to().ends_with("?done=voter-invited"));
    assert!(service.sink.mail_to("late@example.org").await.unwrap().link().is_some());
}

#[actix_web::test]
async fn a_voter_is_corrected_sent_a_new_link_and_removed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 3).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let path = voter(&organiser, &election, &address(1)).await;
    browser.get(&path).await.shows(&[&address(1), "Vera", "Send a new link", "the old link stops working"]);

    let moved = browser.submit(&path, &[("email", "moved@example.org"), ("first_name", "Wilma")]).await;
    browser.get(&moved.leads_to()).await.shows(&["A new link is on its way there", "moved@example.org"]);
    let first = service.sink.mail_to("moved@example.org").await.unwrap();
    let taken = browser.submit(&path, &[("email", &address(2))]).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    taken.shows(&["This address is on the roll already"]);
    let wrong = browser.submit(&path, &[("email", "moved@")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);

    let sent = browser.submit(&format!("{path}/link"), &[]).await;
    browser.get(&sent.leads_to()).await.shows(&["The link is on its way"]);
    assert_ne!(service.sink.mail_to("moved@example.org").await.unwrap().link(), first.link());

    people[1].cast(&election.choose(Some(0))).await;
    let voted = voter(&organiser, &election, &address(2)).await;
    browser.get(&voted).await.shows(&["This voter has voted"]);
    for act in ["/link", "/remove"] {
        let refused = browser.submit(&format!("{voted}{act}"), &[]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        refused.shows(&["This voter has voted"]);
    }
    let removed = browser.submit(&format!("{path}/remove"), &[]).await;
    browser.get(&removed.leads_to()).await.shows(&["off the roll"]);
    assert_eq!(addresses(&organiser, &election).await, [address(3), address(2)]);
}

#[actix_web::test]
async fn a_running_tally_hides_who_has_voted_and_says_so() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["tally_visibility"] = json!("organisers");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(1)).await;
    organiser.open(&service, &election.id, 1).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let list = browser.get(&voters(&election, "")).await;
    list.shows(&["Who has voted is not shown"]);
    assert!(!list.html.contains("name=\"voted\"") && !list.html.contains("name=\"invite\""));
    let path = voter(&organiser, &election, &address(1)).await;
    let refused = browser.submit(&format!("{path}/link"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.shows(&["While a running tally can be seen"]);
    let renamed = browser.submit(&path, &[("email", &address(1)), ("last_name", "Other")]).await;
    assert!(renamed.leads_to().ends_with("?done=voter-changed"));
}

#[actix_web::test]
async fn the_roll_is_for_those_who_manage_it() {
    let service = Service::start().await;
    let (organiser, election, _) = draft(&service).await;
    organiser.import(&election.id, &roll(1)).await;
    let page = voter(&organiser, &election, &address(1)).await;
    let other = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &other.email).await;
    let all = [voters(&election, ""), voters(&election, "/import"), voters(&election, ".csv"), page];
    for path in &all {
        assert_eq!(browser.raw(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let upload = browser.upload(&voters(&election, "/import"), "text", "x@example.org").await;
    assert_eq!(upload.status, StatusCode::NOT_FOUND);
    let superuser = service.superuser().await;
    let sql = "INSERT INTO members (organisation_id, account_id, role) SELECT e.organisation_id, a.id, 'observer' FROM elections e, accounts a WHERE e.id = $1 AND a.email = $2";
    let id: uuid::Uuid = election.id.parse().unwrap();
    superuser.execute(sql, &[&id, &other.email]).await.unwrap();
    for path in &all {
        assert_eq!(browser.raw(path).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let gone = browser.get(&voters(&election, &format!("/{}", uuid::Uuid::nil()))).await;
    assert_eq!(gone.status, StatusCode::FORBIDDEN);
}
