//! The pages, as a browser without JavaScript uses them.

use hyper::{Request, StatusCode};
use serde_json::json;
use uvote_loadtest::client::{Client, whole};

use crate::support::people::{Election, Voter, nonce, roll, sample};
use crate::support::{Organiser, Service};

struct Page {
    status: StatusCode,
    html: String,
}

async fn page(client: &Client, request: Request<uvote_loadtest::client::Body>) -> Page {
    let answer = client.send(request).await.unwrap();
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["cache-control"], "no-store");
    Page { status: answer.status(), html: String::from_utf8(answer.body().to_vec()).unwrap() }
}

async fn get(service: &Service, path: &str) -> Page {
    page(&service.anonymous(), Request::get(path).body(whole("")).unwrap()).await
}

async fn submit(service: &Service, path: &str, fields: &[(&str, &str)]) -> Page {
    let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    page(&service.anonymous(), request.body(whole(form.join("&"))).unwrap()).await
}

/// The value of a hidden field.
fn hidden<'a>(html: &'a str, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    html.split_once(&start).unwrap().1.split('"').next().unwrap()
}

async fn open_two_seats(service: &Service, organiser: &Organiser) -> (Election, Vec<Voter>) {
    let mut body = sample();
    body["title"] = json!("<Board> & more");
    body["contests"][0]["seats"] = json!(2);
    body["contests"][0]["candidates"] = json!([{"name": "Ada"}, {"name": "Ben"}, {"name": "Cy <b>"}]);
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(2)).await;
    let people = organiser.open(service, &election.id, 2).await;
    (election, people)
}

#[actix_web::test]
async fn a_voter_votes_without_javascript() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_two_seats(&service, &organiser).await;
    let (vote, code) = (format!("/vote/{}", election.id), people[0].code.as_str());
    let choice = format!("choice-{}", election.contest(0));

    let asked = get(&service, &vote).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(asked.html.contains("&#60;Board&#62; &#38; more") && asked.html.contains("name=\"token\""));

    let ballot = submit(&service, &vote, &[("token", code)]).await;
    assert_eq!(ballot.status, StatusCode::OK);
    for words in ["Ada", "Ben", "Cy &#60;b&#62;", "Mark up to 2", "type=\"checkbox\"", "board@example.org"] {
        assert!(ballot.html.contains(words), "{words} is missing in {}", ballot.html);
    }
    assert!(!ballot.html.contains(" checked"));
    let (token, nonce) = (hidden(&ballot.html, "token").to_owned(), hidden(&ballot.html, "nonce").to_owned());
    assert_eq!(token, code);

    let (ada, cy) = (election.candidate(0, 0), election.candidate(0, 2));
    let marked = [("token", code), ("nonce", nonce.as_str()), (choice.as_str(), ada), (choice.as_str(), cy)];
    let review = submit(&service, &format!("{vote}/review"), &marked).await;
    assert_eq!(review.status, StatusCode::OK);
    assert!(review.html.contains("Is this your vote?") && !review.html.contains("Ben"), "{}", review.html);
    assert_eq!(hidden(&review.html, "nonce"), nonce, "the nonce travels with the form");
    let back = submit(&service, &vote, &marked).await;
    assert_eq!(back.html.matches(" checked").count(), 2, "the choices can be changed");

    let cast = submit(&service, &format!("{vote}/cast"), &marked).await;
    assert_eq!(cast.status, StatusCode::OK);
    let link = cast.html.split_once("/receipts/").unwrap().1.split('"').next().unwrap().to_owned();
    assert_eq!(link.len(), 64);
    let again = submit(&service, &format!("{vote}/cast"), &marked).await;
    assert_eq!(again.html, cast.html, "a reload gives the same receipt");
    let path = election.path(&format!("/receipts/{link}"));
    let receipt = service.anonymous().get(&path).await.unwrap();
    assert_eq!(receipt, (StatusCode::OK, json!({"included": true, "position": 1})));

    let used = submit(&service, &vote, &[("token", code)]).await;
    assert_eq!(used.status, StatusCode::CONFLICT);
    assert!(used.html.contains("You have already voted"));
    let other = [("token", code), ("nonce", nonce.as_str()), (choice.as_str(), "blank")];
    assert_eq!(submit(&service, &format!("{vote}/cast"), &other).await.status, StatusCode::CONFLICT);
}

#[actix_web::test]
async fn the_review_shows_what_a_voter_has_overlooked() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_two_seats(&service, &organiser).await;
    let review = format!("/vote/{}/review", election.id);
    let choice = format!("choice-{}", election.contest(0));
    let marks = |values: &[&str]| {
        let mut fields = vec![("token".to_owned(), people[0].code.clone())];
        fields.extend(values.iter().map(|value| (choice.clone(), (*value).to_owned())));
        fields
    };
    let all: Vec<&str> = (0..3).map(|place| election.candidate(0, place)).collect();
    let mistakes: [(&[&str], &str); 3] = [
        (&[], "Please choose, or mark the blank vote."),
        (&[all[0], "blank"], "You marked the blank vote beside a candidate."),
        (&all, "You marked 3, but at most 2 may be chosen here."),
    ];
    for (values, told) in mistakes {
        let fields = marks(values);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let page = submit(&service, &review, &fields).await;
        assert!(page.html.contains(told) && page.html.contains("role=\"alert\""), "{}", page.html);
        assert_eq!(page.html.matches(" checked").count(), values.len(), "the marks are kept");
    }
    let fields = marks(&["blank"]);
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(submit(&service, &review, &fields).await.html.contains("No choice: a blank vote"));
    let (_, turnout) = organiser.get(&election.path("/turnout")).await;
    assert_eq!(turnout["ballots_cast"], 0, "nothing was cast");
}

#[actix_web::test]
async fn a_blank_vote_can_be_cast_and_a_broken_ballot_can_not() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_two_seats(&service, &organiser).await;
    let (cast, nonce) = (format!("/vote/{}/cast", election.id), nonce());
    let choice = format!("choice-{}", election.contest(0));
    let fields = |code: &'static str| [("token", code), ("nonce", nonce.as_str())];
    let code: &'static str = people[0].code.clone().leak();
    let all: Vec<&str> = (0..3).map(|place| election.candidate(0, place)).collect();
    let mut broken = fields(code).to_vec();
    broken.extend(all.iter().map(|id| (choice.as_str(), *id)));
    let refused = submit(&service, &cast, &broken).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.html.contains("Your code is not spent"), "{}", refused.html);
    let mut blank = fields(code).to_vec();
    blank.push((choice.as_str(), "blank"));
    assert!(submit(&service, &cast, &blank).await.html.contains("Thank you for voting"));
    organiser.close(&election.id).await;
    let (_, results) = service.anonymous().get(&election.path("/results")).await.unwrap();
    assert_eq!(results["contests"][0]["blank"], 1);
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
        assert!(page.html.contains("That did not work") && page.html.contains("name=\"token\""));
    }
    let pasted = format!("http%3A%2F%2Flocalhost%2Fvote%2F{}%23{}%20", election.id, people[0].code);
    assert_eq!(submit(&service, &vote, &[("token", &pasted)]).await.status, StatusCode::OK, "a whole link");
    let (_, list) = organiser.get(&election.path("/voters?q=voter1")).await;
    let voter = list["items"][0]["id"].as_str().unwrap();
    organiser.post(&election.path(&format!("/voters/{voter}/invitation")), &json!({})).await;
    let replaced = submit(&service, &vote, &[("token", &people[0].code)]).await;
    assert_eq!(replaced.status, StatusCode::GONE);
    assert!(
        replaced.html.contains("There is a newer link for you")
            && replaced.html.contains("board@example.org")
    );
    let late = "UPDATE voting_tokens SET issued_at = issued_at - interval '30 days';
        UPDATE election_heads SET opens_at = opens_at - interval '30 days'";
    service.superuser().await.batch_execute(late).await.unwrap();
    let expired = submit(&service, &vote, &[("token", &people[1].code)]).await;
    assert_eq!(expired.status, StatusCode::GONE);
    assert!(expired.html.contains("This link has expired"));
    organiser.close(&election.id).await;
    let over = submit(&service, &vote, &[("token", &people[1].code)]).await;
    assert_eq!(over.status, StatusCode::CONFLICT);
    assert!(over.html.contains("This election is not open"));
}

#[actix_web::test]
async fn the_title_of_a_draft_is_not_shown() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(1).await;
    let asked = get(&service, &format!("/vote/{}", election.id)).await;
    let nowhere = get(&service, &format!("/vote/{}", uuid::Uuid::nil())).await;
    let neutral = asked.html.replace(&election.id, &uuid::Uuid::nil().to_string());
    assert_eq!((asked.status, neutral), (nowhere.status, nowhere.html));
}

#[actix_web::test]
async fn results_have_a_page_once_they_are_public() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_two_seats(&service, &organiser).await;
    people[0].cast(&json!({election.contest(0): [election.candidate(0, 2)]})).await;
    let path = format!("/elections/{}/results", election.id);
    let hidden = get(&service, &path).await;
    assert_eq!(hidden.status, StatusCode::FORBIDDEN);
    assert!(hidden.html.contains("No results to show") && !hidden.html.contains("Ada"));
    organiser.close(&election.id).await;
    let shown = get(&service, &path).await;
    assert_eq!(shown.status, StatusCode::OK);
    for words in
        ["50.00 %", "Cy &#60;b&#62;", "Elected", "100.00 %", "&#60;Board&#62; &#38; more", "results.csv"]
    {
        assert!(shown.html.contains(words), "{words} is missing in {}", shown.html);
    }
    let (first, last) = (shown.html.find("Cy &#60;").unwrap(), shown.html.find("Ada").unwrap());
    assert!(first < last, "most votes first");
    assert_eq!(
        get(&service, &format!("/elections/{}/results", uuid::Uuid::nil())).await.status,
        StatusCode::NOT_FOUND
    );
}

#[actix_web::test]
async fn the_home_page_is_there_and_the_inbox_only_in_a_demo() {
    let service = Service::start().await;
    let home = get(&service, "/").await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(!home.html.contains("/dev/inbox"));
    for path in ["/dev/inbox", "/dev/inbox/", "/dev/inbox/1", "/static/nothing.css", "/static/..%2fvote.js"] {
        let request = Request::get(path).body(whole("")).unwrap();
        let answer = service.anonymous().send(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for (file, kind) in
        [("style.css", "text/css"), ("vote.js", "text/javascript"), ("favicon.svg", "image/svg+xml")]
    {
        let request = Request::get(format!("/static/{file}")).body(whole("")).unwrap();
        let answer = service.anonymous().send(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(kind), "{file}");
    }
}
