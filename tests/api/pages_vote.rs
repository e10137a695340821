//! A voter's pages, as a browser without JavaScript uses them.

use hyper::{Request, StatusCode};
use serde_json::json;
use uvote_loadtest::client::whole;

use crate::pages::{get, open, open_two_seats, submit};
use crate::support::cluster::cluster;
use crate::support::people::{address, nonce, sample};
use crate::support::proxy::{Cut, Proxy};
use crate::support::{Organiser, Service};

/// The value of a hidden field.
fn hidden<'a>(html: &'a str, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    html.split_once(&start).unwrap().1.split('"').next().unwrap()
}

/// The hidden fields of the form that leads on.
fn carried(html: &str) -> Vec<(&str, &str)> {
    let form = html.split_once("<form").unwrap().1.split("</form").next().unwrap();
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1);
    fields.filter_map(|field| field.split("\">").next()?.split_once("\" value=\"")).collect()
}

/// What the screen shows of a page.
fn visible(html: &str) -> String {
    let main = html.split_once("<main").unwrap().1.split("<section class=\"change\"").next().unwrap();
    main.split('<')
        .filter_map(|part| part.split_once('>'))
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join(" ")
}

#[actix_web::test]
async fn a_voter_votes_without_javascript() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_two_seats(&service, &organiser, 2).await;
    let (vote, code) = (format!("/vote/{}", election.id), people[0].code.as_str());
    let choice = format!("choice-{}", election.contest(0));

    let asked = get(&service, &vote).await;
    assert_eq!(asked.status, StatusCode::OK);
    asked.says("&#60;Board&#62; &#38; more");
    asked.says("board@example.org");

    let ballot = submit(&service, &vote, &[("token", code)]).await;
    assert_eq!(ballot.status, StatusCode::OK);
    for words in ["Ada", "Ben", "Cy &#60;b&#62;", "Mark up to 2", "type=\"checkbox\"", "board@example.org"] {
        ballot.says(words);
    }
    ballot.does_not_say(" checked");
    assert_eq!(hidden(&ballot.html, "token"), code);
    let nonce = hidden(&ballot.html, "nonce");

    let (ada, cy) = (election.candidate(0, 0), election.candidate(0, 2));
    let marked = [("token", code), ("nonce", nonce), (choice.as_str(), ada), (choice.as_str(), cy)];
    let review = submit(&service, &format!("{vote}/review"), &marked).await;
    assert_eq!(review.status, StatusCode::OK);
    let seen = visible(&review.html);
    assert!(seen.contains("Is this your vote?") && seen.contains("Ada") && !seen.contains("Ben"), "{seen}");
    let is_hex = |word: &str| word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    assert!(!seen.split_whitespace().any(is_hex), "{seen}");
    assert_eq!(carried(&review.html), marked, "the whole ballot travels with the first form");
    assert_eq!(review.html.matches(" checked").count(), 2, "the choices can be changed");
    review.says("href=\"#change\"");

    let cast = submit(&service, &format!("{vote}/cast"), &marked).await;
    assert_eq!(cast.status, StatusCode::OK);
    cast.says("Thank you for voting");
    cast.does_not_say(code);
    cast.does_not_say("?lang=");
    let receipt = hidden_attribute(&cast.html, "data-receipt").to_owned();
    assert_eq!(receipt.len(), 64);
    cast.says(&format!("/elections/{}/receipt#{receipt}", election.id));
    let answer = service.anonymous().get(&election.path(&format!("/receipts/{receipt}"))).await.unwrap();
    assert_eq!(answer, (StatusCode::OK, json!({"included": true, "position": 1})));
}

fn hidden_attribute<'a>(html: &'a str, name: &str) -> &'a str {
    html.split_once(&format!("{name}=\"")).unwrap().1.split('"').next().unwrap()
}

#[actix_web::test]
async fn back_and_reload_end_in_the_same_receipt_and_another_ballot_does_not() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 2).await;
    let (vote, nonce) = (format!("/vote/{}", election.id), nonce());
    let choice = format!("choice-{}", election.contest(0));
    let ballot = |value| [("token", people[0].code.as_str()), ("nonce", &nonce), (choice.as_str(), value)];
    let marked = ballot(election.candidate(0, 0));

    let cast = submit(&service, &format!("{vote}/cast"), &marked).await;
    cast.says("Thank you for voting");
    assert_eq!(submit(&service, &format!("{vote}/cast"), &marked).await.html, cast.html, "a reload");
    assert_eq!(submit(&service, &format!("{vote}/review"), &marked).await.html, cast.html, "back and on");
    for path in [format!("{vote}/cast"), format!("{vote}/review"), vote.clone()] {
        let other = submit(&service, &path, &ballot("blank")).await;
        assert_eq!(other.status, StatusCode::CONFLICT, "{path}");
        other.says("You have already voted");
        other.says("If it was not you who voted, tell the organisers now.");
    }
    let (_, turnout) = organiser.get(&election.path("/turnout")).await;
    assert_eq!(turnout["ballots_cast"], 1);
}

#[actix_web::test]
async fn the_review_shows_what_a_voter_has_overlooked() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_two_seats(&service, &organiser, 1).await;
    let review = format!("/vote/{}/review", election.id);
    let (contest, choice) = (election.contest(0), format!("choice-{}", election.contest(0)));
    let marks = |values: &[&'static str]| -> Vec<(&str, &str)> {
        let chosen = values.iter().map(|value| (choice.as_str(), *value));
        std::iter::once(("token", people[0].code.as_str())).chain(chosen).collect()
    };
    let id = |place| -> &'static str { election.candidate(0, place).to_owned().leak() };
    let mistakes: [(&[&str], &str); 4] = [
        (&[], "Please choose, or mark the blank vote."),
        (&[id(0), "blank"], "You marked the blank vote beside a candidate."),
        (&[id(0), id(1), id(2)], "You marked 3, but at most 2 may be chosen here."),
        (&["nonsense"], "This choice was damaged on its way."),
    ];
    for (values, told) in mistakes {
        let page = submit(&service, &review, &marks(values)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.says(told);
        page.says("<title>Error: ");
        page.says(&format!("aria-describedby=\"error-{contest} "));
        page.says(&format!("<input type=\"checkbox\" id=\"first-{contest}\" autofocus"));
        let kept = values.iter().filter(|value| **value != "nonsense").count();
        assert_eq!(page.html.matches(" checked").count(), kept, "the marks are kept");
    }
    submit(&service, &review, &marks(&["blank"])).await.says("Blank vote: nobody");
    let (_, turnout) = organiser.get(&election.path("/turnout")).await;
    assert_eq!(turnout["ballots_cast"], 0, "nothing was cast");
}

#[actix_web::test]
async fn a_blank_vote_can_be_cast_and_a_broken_ballot_comes_back() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_two_seats(&service, &organiser, 1).await;
    let (cast, nonce) = (format!("/vote/{}/cast", election.id), nonce());
    let choice = format!("choice-{}", election.contest(0));
    let mut broken = vec![("token", people[0].code.as_str()), ("nonce", nonce.as_str())];
    broken.extend((0..3).map(|place| (choice.as_str(), election.candidate(0, place))));
    let refused = submit(&service, &cast, &broken).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("your code is not spent");
    refused.says("at most 2 may be chosen here");
    refused.says("Review my choices");
    let mut blank = broken[..2].to_vec();
    blank.push((choice.as_str(), "blank"));
    submit(&service, &cast, &blank).await.says("Thank you for voting");
    organiser.close(&election.id).await;
    let (_, results) = service.anonymous().get(&election.path("/results")).await.unwrap();
    assert_eq!(results["contests"][0]["blank"], 1);
}

#[actix_web::test]
async fn a_random_order_stays_for_one_vote_and_differs_between_votes() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    let names: Vec<String> = (0..12).map(|number| format!("Candidate {number:02}")).collect();
    body["contests"][0]["candidate_order"] = json!("random");
    body["contests"][0]["candidates"] = names.iter().map(|name| json!({"name": name})).collect();
    let (election, people) = open(&service, &organiser, body, 1).await;
    let (vote, code) = (format!("/vote/{}", election.id), people[0].code.as_str());
    let choice = format!("choice-{}", election.contest(0));
    let order = |html: &str| -> Vec<String> {
        let found = html.split("<span class=\"name\">Candidate ").skip(1);
        found.map(|rest| rest[..2].to_owned()).collect()
    };
    let first = submit(&service, &vote, &[("token", code)]).await;
    let nonce = hidden(&first.html, "nonce");
    let marked = [("token", code), ("nonce", nonce), (choice.as_str(), election.candidate(0, 5))];
    let review = submit(&service, &format!("{vote}/review"), &marked).await;
    let back = submit(&service, &vote, &marked).await;
    assert_eq!(order(&first.html).len(), names.len());
    assert_eq!(order(&review.html), order(&first.html), "changed below the review");
    assert_eq!(order(&back.html), order(&first.html), "back on the ballot");
    let anew = submit(&service, &vote, &[("token", code)]).await;
    assert_ne!(order(&anew.html), order(&first.html), "one in 479,001,600 votes fails here");
}

#[actix_web::test]
async fn a_voter_with_a_problem_is_told_what_to_do() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 2).await;
    let vote = format!("/vote/{}", election.id);
    for wrong in ["", "nonsense", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let page = submit(&service, &vote, &[("token", wrong)]).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{wrong}");
        page.says("This voting code does not belong to this election.");
        page.says(&format!("value=\"{wrong}\" aria-invalid=\"true\" autofocus"));
        page.says("board@example.org");
        page.says(&format!("{vote}/link"));
    }
    let pasted = format!(" <http://localhost/vote/{}#{}> ", election.id, people[0].code);
    assert_eq!(submit(&service, &vote, &[("token", &pasted)]).await.status, StatusCode::OK, "a whole link");
    let (_, list) = organiser.get(&election.path("/voters?q=voter1")).await;
    let voter = list["items"][0]["id"].as_str().unwrap();
    organiser.post(&election.path(&format!("/voters/{voter}/invitation")), &json!({})).await;
    let replaced = submit(&service, &vote, &[("token", &people[0].code)]).await;
    assert_eq!(replaced.status, StatusCode::GONE);
    for words in ["There is a newer link for you", "board@example.org", &format!("{vote}/link")] {
        replaced.says(words);
    }
    let late = "UPDATE voting_tokens SET issued_at = issued_at - interval '30 days';
        UPDATE election_heads SET opens_at = opens_at - interval '30 days'";
    service.superuser().await.batch_execute(late).await.unwrap();
    let expired = submit(&service, &vote, &[("token", &people[1].code)]).await;
    assert_eq!(expired.status, StatusCode::GONE);
    expired.says("This link has expired");
    expired.says(&format!("{vote}/link"));
    organiser.close(&election.id).await;
    let over = submit(&service, &vote, &[("token", &people[1].code)]).await;
    assert_eq!(over.status, StatusCode::CONFLICT);
    over.says("Voting is over");
    over.says(&format!("/elections/{}/results", election.id));
}

#[actix_web::test]
async fn before_the_opening_a_voter_is_told_when_it_is() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["opens_at"] = json!("2100-01-01T09:00:00Z");
    body["time_zone"] = json!("Europe/Berlin");
    let (election, people) = open(&service, &organiser, body, 1).await;
    let vote = format!("/vote/{}", election.id);
    let early = submit(&service, &vote, &[("token", &people[0].code)]).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    early.says("It opens Friday 1 January 2100, 10:00 (CET).");
    early.says("Look again");
    assert_eq!(carried(&early.html)[0], ("token", people[0].code.as_str()));
    let german = submit(&service, &format!("{vote}?lang=de"), &[("token", &people[0].code)]).await;
    german.says("Sie beginnt: Freitag, 1. Januar 2100, 10:00 Uhr (CET).");
}

#[actix_web::test]
async fn a_vote_whose_outcome_is_unknown_can_be_sent_again_from_the_page() {
    let proxy = Proxy::start();
    let database = cluster().database().await;
    let service = Service::start_on(database.clone(), proxy.url(&database)).await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_two_seats(&service, &organiser, 1).await;
    let (cast, nonce) = (format!("/vote/{}/cast", election.id), nonce());
    let choice = format!("choice-{}", election.contest(0));
    let mut marked = vec![("token", people[0].code.as_str()), ("nonce", nonce.as_str())];
    marked.extend([0, 2].map(|place| (choice.as_str(), election.candidate(0, place))));
    proxy.arm(Cut::AfterCommit);
    let unknown = submit(&service, &cast, &marked).await;
    assert!(proxy.has_cut());
    assert_eq!(unknown.status, StatusCode::SERVICE_UNAVAILABLE);
    unknown.says("Send it again");
    unknown.says(&format!("action=\"{cast}\""));
    assert_eq!(carried(&unknown.html), marked);
    submit(&service, &cast, &carried(&unknown.html)).await.says("Thank you for voting");
    let (_, turnout) = organiser.get(&election.path("/turnout")).await;
    assert_eq!(turnout["ballots_cast"], 1);
}

#[actix_web::test]
async fn a_voter_asks_for_the_link_and_learns_nothing_of_the_roll() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 1).await;
    let path = format!("/vote/{}/link", election.id);
    get(&service, &path).await.says("Send me my link again");
    let wrong = submit(&service, &path, &[("email", "nobody")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("aria-describedby=\"error-email hint-email\" aria-invalid=\"true\" autofocus");
    wrong.says("value=\"nobody\"");
    for email in [address(1).as_str(), "stranger@example.org"] {
        let sent = submit(&service, &path, &[("email", email)]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        let told = get(&service, &sent.location.unwrap()).await;
        told.says("If this address is on the roll and has not voted, its link is on the way.");
        told.does_not_say(email);
    }
    let again = service.sink.mail_to(&address(1)).await.unwrap();
    assert!(again.link().unwrap().ends_with(&people[0].code));
    let german = submit(&service, &format!("{path}?lang=de"), &[("email", &address(1))]).await;
    get(&service, &german.location.unwrap()).await.says("ist ihr Link unterwegs");
}

#[actix_web::test]
async fn a_receipt_is_checked_as_it_was_printed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 2).await;
    let receipt = people[0].cast(&election.choose(Some(0))).await;
    let path = format!("/elections/{}/receipt", election.id);
    get(&service, &path).await.says("name=\"receipt\"");
    let groups: Vec<String> =
        receipt.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).to_uppercase()).collect();
    for given in [receipt.clone(), groups.join(" "), format!("http://localhost{path}#{receipt}")] {
        let included = submit(&service, &path, &[("receipt", &given)]).await;
        assert_eq!(included.status, StatusCode::OK);
        included.says("It is number 1 in the chain");
    }
    let missing = submit(&service, &path, &[("receipt", &"0".repeat(64))]).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    missing.says("It belongs to another election.");
    let short = submit(&service, &path, &[("receipt", &receipt[1..])]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    short.says("it has 63 characters instead of 64");
    let draft = organiser.ready_draft(1).await;
    let hidden = get(&service, &format!("/elections/{}/receipt", draft.id)).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn german_comes_by_the_browsers_wish_or_by_a_link() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 1).await;
    let vote = format!("/vote/{}", election.id);
    let request = Request::get(&vote).header("accept-language", "de-AT,en;q=0.5").body(whole("")).unwrap();
    let answer = service.anonymous().send(request).await.unwrap();
    let html = String::from_utf8(answer.body().to_vec()).unwrap();
    assert!(html.contains("<html lang=\"de\">") && html.contains("Stimmzettel zeigen"), "{html}");
    let asked = get(&service, &format!("{vote}?lang=de")).await;
    asked.says(&format!("action=\"{vote}?lang=de\""));
    let ballot = submit(&service, &format!("{vote}?lang=de"), &[("token", &people[0].code)]).await;
    ballot.says("Meine Auswahl prüfen");
    ballot.says(&format!("action=\"{vote}/review?lang=de\""));
    let review = submit(&service, &format!("{vote}/review"), &[("token", &people[0].code)]).await;
    review.says(&format!("href=\"{vote}?lang=de\" lang=\"de\""));
}

#[actix_web::test]
async fn the_title_of_a_draft_is_not_shown() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(1).await;
    for page in ["", "/link"] {
        let asked = get(&service, &format!("/vote/{}{page}", election.id)).await;
        let nowhere = get(&service, &format!("/vote/{}{page}", uuid::Uuid::nil())).await;
        let neutral = asked.html.replace(&election.id, &uuid::Uuid::nil().to_string());
        assert_eq!((asked.status, neutral), (nowhere.status, nowhere.html));
    }
}
