//! Mails to voters: what they say, and who gets them.

mod deliveries;
mod sends;

use std::collections::HashSet;
use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Value, json};
use tokio_postgres::Client as Postgres;
use uvote_loadtest::sink::Mail;

use crate::support::people::{Election, Voter, address, roll, sample};
use crate::support::service::ORIGIN;
use crate::support::{Organiser, Service};

async fn activate(organiser: &Organiser, election: &Election) {
    let (status, answer) = organiser.post(&election.path("/activate"), &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// An election that is open and to which nobody has been invited.
async fn active(organiser: &Organiser, voters: usize) -> Election {
    let election = organiser.ready_draft(voters).await;
    activate(organiser, &election).await;
    election
}

async fn invite(organiser: &Organiser, election: &Election, to: &str) -> u64 {
    let (status, answer) = organiser.post(&election.path("/invitations"), &json!({"to": to})).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    answer["queued"].as_u64().unwrap()
}

async fn deliveries(organiser: &Organiser, election: &Election) -> Value {
    let (status, answer) = organiser.get(&election.path("/deliveries")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

/// Waits until an election's deliveries are as they should be. The sink tells of a mail before its
/// sender has written down that it was taken, and nothing tells of that.
async fn delivered(organiser: &Organiser, election: &Election, queued: u64, sent: u64, failed: u64) -> Value {
    let wait = async {
        loop {
            let now = deliveries(organiser, election).await;
            if (&now["queued"], &now["sent"], &now["failed"])
                == (&json!(queued), &json!(sent), &json!(failed))
            {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(20), wait).await {
        Ok(found) => found,
        Err(_) => panic!("still {}", deliveries(organiser, election).await),
    }
}

async fn voters(organiser: &Organiser, election: &Election, query: &str) -> Vec<Value> {
    let (status, answer) = organiser.get(&election.path(&format!("/voters?{query}"))).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["items"].as_array().unwrap().clone()
}

async fn voter_path(organiser: &Organiser, election: &Election, email: &str, rest: &str) -> String {
    let found = voters(organiser, election, &format!("q={email}")).await;
    election.path(&format!("/voters/{}{rest}", found[0]["id"].as_str().unwrap()))
}

fn voter(service: &Service, election: &Election, mail: &Mail) -> Voter {
    let code = mail.link().unwrap().split_once('#').unwrap().1.to_owned();
    Voter { client: service.anonymous(), election: election.id.clone(), code }
}

/// What the code of a mail opens.
async fn opens(service: &Service, election: &Election, mail: &Mail) -> (StatusCode, Value) {
    let body = json!({"token": voter(service, election, mail).code});
    let (status, answer) = service.anonymous().post(&election.path("/ballot"), &body).await.unwrap();
    (status, answer["code"].clone())
}

/// How many mails to voters the election's outbox holds or has held.
async fn outbox(superuser: &Postgres, election: &Election) -> i64 {
    let sql = "SELECT count(*) FROM mail_outbox WHERE election_id = $1 AND voter_id IS NOT NULL";
    let id: uuid::Uuid = election.id.parse().unwrap();
    superuser.query_one(sql, &[&id]).await.unwrap().get(0)
}

#[actix_web::test]
async fn an_invitation_holds_everything_a_voter_needs() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["title"] = json!("Wahl für die Zukunft");
    body["closes_at"] = json!("2099-05-04T18:30:00Z");
    body["link_lifetime_hours"] = json!(48);
    body["invitation_message"] = json!("Dear members,\n\nplease vote <b>soon</b>.");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, "email,first_name,last_name\nvera@example.org,Vera,Müller\n").await;
    activate(&organiser, &election).await;
    assert_eq!(invite(&organiser, &election, "not_invited").await, 1);
    let mail = service.sink.mail_to("vera@example.org").await.unwrap();

    assert_eq!(mail.subject().unwrap(), "Your vote in Wahl für die Zukunft");
    assert_eq!(mail.from, "vote@example.org");
    assert_eq!(mail.to, ["vera@example.org"]);
    assert!(mail.header("reply-to").unwrap().contains("board@example.org"));
    assert!(mail.header("content-type").unwrap().starts_with("multipart/alternative"));
    assert!(mail.message_id().unwrap().ends_with("@localhost"));
    let link = mail.link().unwrap();
    let code = link.strip_prefix(&format!("{ORIGIN}/vote/{}#", election.id)).unwrap();
    assert_eq!(code.len(), 43);
    assert!(code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{code}");
    let (text, html) = (mail.text().unwrap(), mail.html().unwrap());
    for part in [&text, &html] {
        for words in [
            "Dear Vera Müller",
            "Wahl für die Zukunft",
            code,
            "board@example.org",
            "18:30 (UTC)",
            "4 May 2099",
        ] {
            assert!(part.contains(words), "{words} is missing in {part}");
        }
        assert!(part.contains("works until"), "{part}");
    }
    assert!(text.contains("please vote <b>soon</b>."));
    assert!(html.contains("please vote &#60;b&#62;soon&#60;/b&#62;."), "{html}");
    assert!(html.contains(&format!("href=\"{link}\"")), "{html}");
}

#[actix_web::test]
async fn nasty_words_forge_neither_headers_nor_mails() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut broken = sample();
    broken["title"] = json!("Board\r\nBcc: evil@example.org");
    let (status, _) = organiser.post("/api/v1/elections", &broken).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);

    let mut body = sample();
    body["title"] =
        json!("Board\u{2028}Bcc: evil@example.org\u{202e} <script>\"x\" =?utf-8?q?=0D=0ABcc:_evil?=");
    body["invitation_message"] =
        json!("Hello\r\n.\r\nMAIL FROM:<evil@example.org>\r\n\r\nBcc: evil@example.org\n..\n.");
    let election = organiser.draft(body).await;
    let vera = json!({"email": "vera@example.org", "first_name": "Vera\" <evil@example.org>,", "last_name": "\u{2029}Cc: evil@example.org"});
    let (status, answer) = organiser.post(&election.path("/voters"), &vera).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    activate(&organiser, &election).await;
    invite(&organiser, &election, "not_invited").await;
    let mail = service.sink.mail_to("vera@example.org").await.unwrap();
    delivered(&organiser, &election, 0, 1, 0).await;
    assert_eq!(mail.to, ["vera@example.org"]);
    let raw = String::from_utf8(mail.raw.to_vec()).unwrap();
    let head = raw.split_once("\r\n\r\n").unwrap().0;
    let names: HashSet<String> = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap().to_lowercase())
        .collect();
    assert!(!names.contains("bcc") && !names.contains("cc"), "{head}");
    assert_eq!(head.matches("\r\nTo:").count() + usize::from(head.starts_with("To:")), 1, "{head}");
    let text = mail.text().unwrap();
    assert!(
        text.contains("MAIL FROM:<evil@example.org>") && text.contains("Bcc: evil@example.org"),
        "{text}"
    );
    assert!(!mail.html().unwrap().contains("<script>"));
    assert!(service.sink.mails().iter().all(|mail| !mail.is_to("evil@example.org")));
}

#[actix_web::test]
async fn whoever_was_invited_is_not_invited_again() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 3).await;
    let (status, answer) = organiser.post(&election.path("/invitations"), &json!({})).await;
    assert_eq!((status, &answer["queued"]), (StatusCode::ACCEPTED, &json!(3)));
    delivered(&organiser, &election, 0, 3, 0).await;
    assert_eq!(invite(&organiser, &election, "not_invited").await, 0);
    let late = json!({"email": "late@example.org"});
    assert_eq!(organiser.post(&election.path("/voters"), &late).await.0, StatusCode::CREATED);
    assert_eq!(invite(&organiser, &election, "not_invited").await, 1);
    let mail = service.sink.mail_to("late@example.org").await.unwrap();
    assert!(mail.text().unwrap().starts_with("Hello,"));
    assert_eq!(opens(&service, &election, &mail).await.0, StatusCode::OK);
    delivered(&organiser, &election, 0, 4, 0).await;
    let links: HashSet<_> = service.sink.mails().iter().skip(1).map(|mail| mail.link().unwrap()).collect();
    assert_eq!(links.len(), 4, "each has a link of their own, and one mail");
}

#[actix_web::test]
async fn a_reminder_goes_to_those_who_have_not_voted_and_carries_the_same_link() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 3).await;
    invite(&organiser, &election, "not_invited").await;
    let mut links = Vec::new();
    for number in 1..=3 {
        links.push(service.sink.mail_to(&address(number)).await.unwrap());
    }
    delivered(&organiser, &election, 0, 3, 0).await;
    voter(&service, &election, &links[1]).cast(&election.choose(Some(0))).await;
    assert_eq!(invite(&organiser, &election, "not_voted").await, 2);
    for (number, link) in [(1, &links[0]), (3, &links[2])] {
        let reminder = service.sink.mail_to(&address(number)).await.unwrap();
        assert_eq!(reminder.subject().unwrap(), "Reminder: your vote in Board");
        assert_eq!(reminder.link(), link.link());
        assert_ne!(reminder.message_id(), link.message_id());
    }
    delivered(&organiser, &election, 0, 5, 0).await;
    let to_the_second = service.sink.mails().iter().filter(|mail| mail.is_to(&address(2))).count();
    assert_eq!(to_the_second, 1);
}

#[actix_web::test]
async fn a_new_link_kills_the_old_one() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 1).await;
    invite(&organiser, &election, "not_invited").await;
    let old = service.sink.mail_to(&address(1)).await.unwrap();
    let resend = voter_path(&organiser, &election, &address(1), "/invitation").await;
    assert_eq!(organiser.post(&resend, &json!({})).await.0, StatusCode::ACCEPTED);
    let new = service.sink.mail_to(&address(1)).await.unwrap();
    assert_ne!(old.link(), new.link());
    assert_eq!(opens(&service, &election, &old).await, (StatusCode::GONE, json!("TOKEN_REPLACED")));
    let (status, answer) = {
        let old = voter(&service, &election, &old);
        old.send(&old.body(&election.choose(Some(0)))).await
    };
    assert_eq!((status, &answer["code"]), (StatusCode::GONE, &json!("TOKEN_REPLACED")));
    voter(&service, &election, &new).cast(&election.choose(Some(0))).await;
    let (status, answer) = organiser.post(&resend, &json!({})).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("ALREADY_VOTED")));
    assert_eq!(opens(&service, &election, &old).await, (StatusCode::GONE, json!("TOKEN_REPLACED")));
}

#[actix_web::test]
async fn a_corrected_address_gets_a_new_link_and_the_old_one_dies() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 1).await;
    let path = voter_path(&organiser, &election, &address(1), "").await;
    let (status, _) = organiser.patch(&path, &json!({"email": "first@example.org"})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(outbox(&service.superuser().await, &election).await, 0, "nobody was invited yet");
    invite(&organiser, &election, "not_invited").await;
    let old = service.sink.mail_to("first@example.org").await.unwrap();
    delivered(&organiser, &election, 0, 1, 0).await;
    let (status, answer) = organiser.patch(&path, &json!({"email": "Second@example.org"})).await;
    assert_eq!((status, &answer["email"]), (StatusCode::OK, &json!("second@example.org")));
    let new = service.sink.mail_to("second@example.org").await.unwrap();
    assert_eq!(opens(&service, &election, &old).await, (StatusCode::GONE, json!("TOKEN_REPLACED")));
    assert_eq!(opens(&service, &election, &new).await.0, StatusCode::OK);
    voter(&service, &election, &new).cast(&election.choose(Some(0))).await;
    let (status, answer) = organiser.patch(&path, &json!({"email": "third@example.org"})).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("ALREADY_VOTED")));
}

#[actix_web::test]
async fn a_new_name_leaves_the_link_alone() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 1).await;
    invite(&organiser, &election, "not_invited").await;
    let mail = service.sink.mail_to(&address(1)).await.unwrap();
    let path = voter_path(&organiser, &election, &address(1), "").await;
    let (status, _) = organiser.patch(&path, &json!({"first_name": "Wilma", "last_name": null})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(opens(&service, &election, &mail).await.0, StatusCode::OK);
    assert_eq!(outbox(&service.superuser().await, &election).await, 1);
}

#[actix_web::test]
async fn a_specimen_goes_to_the_organiser_and_does_not_vote() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(2).await;
    let (status, _) = organiser.post(&election.path("/invitations/test"), &json!({})).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let mail = service.sink.mail_to(&organiser.email).await.unwrap();
    assert_eq!(mail.subject().unwrap(), "[Specimen] Your vote in Board");
    assert!(mail.text().unwrap().contains("SPECIMEN"));
    activate(&organiser, &election).await;
    assert_eq!(opens(&service, &election, &mail).await, (StatusCode::NOT_FOUND, json!("TOKEN_UNKNOWN")));
    let now = deliveries(&organiser, &election).await;
    assert_eq!(now, json!({"queued": 0, "sent": 0, "failed": 0, "recent_failures": []}));
}

#[actix_web::test]
async fn asking_for_the_link_again_never_tells_who_is_on_the_roll() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 2).await;
    people[1].cast(&election.choose(Some(0))).await;
    delivered(&organiser, &election, 0, 2, 0).await;
    let draft = organiser.ready_draft(1).await;
    let ask = |election: String, email: String| {
        let client = service.anonymous();
        async move {
            let path = format!("/api/v1/elections/{election}/link-requests");
            client.post(&path, &json!({"email": email})).await.unwrap()
        }
    };
    let known = ask(election.id.clone(), address(1).to_uppercase()).await;
    assert_eq!(known.0, StatusCode::ACCEPTED);
    let again = service.sink.mail_to(&address(1)).await.unwrap();
    assert_eq!(voter(&service, &election, &again).code, people[0].code, "the same link");
    delivered(&organiser, &election, 0, 3, 0).await;
    let nobody = [
        (election.id.clone(), "nobody@example.org".to_owned()),
        (election.id.clone(), "no address".to_owned()),
        (election.id.clone(), address(2)),
        (draft.id.clone(), address(1)),
        (uuid::Uuid::now_v7().to_string(), address(1)),
    ];
    for (id, email) in nobody {
        assert_eq!(ask(id, email).await, known);
    }
    let superuser = service.superuser().await;
    assert_eq!((outbox(&superuser, &election).await, outbox(&superuser, &draft).await), (3, 0));
    organiser.close(&election.id).await;
    assert_eq!(ask(election.id.clone(), address(1)).await, known);
    assert_eq!(outbox(&superuser, &election).await, 3, "a closed election mails no links");
}

#[actix_web::test]
async fn the_whole_roll_is_told_of_published_results() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["publication"] = json!("manual");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(2)).await;
    let people = organiser.open(&service, &election.id, 2).await;
    people[0].cast(&election.choose(Some(0))).await;
    let path = election.path("/result-notices");
    let early = organiser.post(&path, &json!({})).await;
    assert_eq!((early.0, &early.1["code"]), (StatusCode::CONFLICT, &json!("WRONG_STATE")));
    organiser.close(&election.id).await;
    let unpublished = organiser.post(&path, &json!({})).await;
    assert_eq!((unpublished.0, &unpublished.1["code"]), (StatusCode::CONFLICT, &json!("WRONG_STATE")));
    assert_eq!(organiser.post(&election.path("/publish"), &json!({})).await.0, StatusCode::OK);
    let (status, answer) = organiser.post(&path, &json!({})).await;
    assert_eq!((status, &answer["queued"]), (StatusCode::ACCEPTED, &json!(2)));
    for number in 1..=2 {
        let mail = service.sink.mail_to(&address(number)).await.unwrap();
        assert_eq!(mail.subject().unwrap(), "Results: Board");
        let link = format!("{ORIGIN}/elections/{}/results", election.id);
        assert!(mail.text().unwrap().contains(&link) && mail.html().unwrap().contains(&link));
        assert_eq!(mail.link(), None, "no code is in it");
    }
}

#[actix_web::test]
async fn a_draft_and_a_closed_election_mail_no_links() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(1).await;
    let resend = voter_path(&organiser, &election, &address(1), "/invitation").await;
    let send = election.path("/invitations");
    for path in [&send, &resend] {
        let (status, answer) = organiser.post(path, &json!({})).await;
        assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("WRONG_STATE")), "{path}");
    }
    activate(&organiser, &election).await;
    organiser.close(&election.id).await;
    for path in [&send, &resend] {
        let (status, answer) = organiser.post(path, &json!({})).await;
        assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("WRONG_STATE")), "{path}");
    }
    assert_eq!(outbox(&service.superuser().await, &election).await, 0);
}

#[actix_web::test]
async fn a_scheduled_election_can_invite_before_it_opens() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["opens_at"] = json!("2099-01-01T00:00:00Z");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(1)).await;
    activate(&organiser, &election).await;
    assert_eq!(invite(&organiser, &election, "not_invited").await, 1);
    let mail = service.sink.mail_to(&address(1)).await.unwrap();
    assert!(mail.text().unwrap().contains("works until"), "{:?}", mail.text());
    assert!(mail.text().unwrap().contains("8 January 2099, 00:00 (UTC)"), "a week after the opening");
    assert_eq!(opens(&service, &election, &mail).await, (StatusCode::CONFLICT, json!("ELECTION_NOT_ACTIVE")));
}

#[actix_web::test]
async fn mails_are_the_business_of_the_organisers_alone() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let stranger = Organiser::register(&service).await;
    let election = active(&organiser, 1).await;
    let resend = voter_path(&organiser, &election, &address(1), "/invitation").await;
    for path in [&election.path("/invitations"), &election.path("/invitations/test"), &resend] {
        assert_eq!(stranger.post(path, &json!({})).await.0, StatusCode::NOT_FOUND, "{path}");
        let anonymous = service.anonymous().post(path, &json!({})).await.unwrap();
        assert_eq!(anonymous.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(stranger.get(&election.path("/deliveries")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(stranger.delete(&election.path("/invitations")).await.0, StatusCode::NOT_FOUND);
    for body in [json!({"to": "everyone"}), json!({"who": "not_voted"})] {
        let answer = organiser.post(&election.path("/invitations"), &body).await;
        assert_eq!(answer.0, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.1);
    }
}
