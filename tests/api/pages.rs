//! The public pages, as a browser without JavaScript uses them.

use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;
use uvote_loadtest::client::{Body, Client, whole};

use crate::support::people::{Election, Voter, roll, sample};
use crate::support::{Organiser, Service};

/// A page as it came.
pub struct Page {
    pub status: StatusCode,
    pub html: String,
    pub location: Option<String>,
}

impl Page {
    #[track_caller]
    pub fn says(&self, words: &str) {
        assert!(self.html.contains(words), "{words} is missing in {}", self.html);
    }

    #[track_caller]
    pub fn does_not_say(&self, words: &str) {
        assert!(!self.html.contains(words), "{words} is in {}", self.html);
    }
}

async fn page(client: &Client, request: Request<Body>) -> Page {
    let answer = client.send(request).await.unwrap();
    let headers = answer.headers();
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(!headers.contains_key("set-cookie"), "a page without an account needs no cookie");
    let location = headers.get("location").map(|to| to.to_str().unwrap().to_owned());
    if location.is_none() {
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    }
    Page { status: answer.status(), html: String::from_utf8(answer.body().to_vec()).unwrap(), location }
}

pub async fn get(service: &Service, path: &str) -> Page {
    page(&service.anonymous(), Request::get(path).body(whole("")).unwrap()).await
}

pub async fn submit(service: &Service, path: &str, fields: &[(&str, &str)]) -> Page {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    page(&service.anonymous(), request.body(whole(form)).unwrap()).await
}

/// An election of two seats with awkward names, open for its voters.
pub async fn open_two_seats(
    service: &Service,
    organiser: &Organiser,
    voters: usize,
) -> (Election, Vec<Voter>) {
    let mut body = sample();
    body["title"] = json!("<Board> & more");
    body["contests"][0]["seats"] = json!(2);
    body["contests"][0]["candidates"] = json!([{"name": "Ada"}, {"name": "Ben"}, {"name": "Cy <b>"}]);
    open(service, organiser, body, voters).await
}

pub async fn open(
    service: &Service,
    organiser: &Organiser,
    body: Value,
    voters: usize,
) -> (Election, Vec<Voter>) {
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(voters)).await;
    let people = organiser.open(service, &election.id, voters).await;
    (election, people)
}

#[actix_web::test]
async fn results_have_a_page_once_they_are_public() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_two_seats(&service, &organiser, 2).await;
    people[0].cast(&json!({election.contest(0): [election.candidate(0, 2)]})).await;
    let path = format!("/elections/{}/results", election.id);
    let hidden = get(&service, &path).await;
    assert_eq!(hidden.status, StatusCode::FORBIDDEN);
    hidden.says("Come back when the organisers have closed it.");
    hidden.does_not_say("Ada");
    organiser.close(&election.id).await;
    let shown = get(&service, &path).await;
    assert_eq!(shown.status, StatusCode::OK);
    for words in [
        "Cy &#60;b&#62; has won.",
        "One seat stays empty",
        "50%",
        "100%",
        "&#60;Board&#62; &#38; more",
        "results.csv",
        &format!("/elections/{}/receipt", election.id),
    ] {
        shown.says(words);
    }
    let head = organiser.post(&election.path("/verify"), &json!({})).await.1;
    shown.says(head["head"].as_str().unwrap());
    let (first, last) = (shown.html.find("name\">Cy").unwrap(), shown.html.find("name\">Ada").unwrap());
    assert!(first < last, "most votes first");
    let nowhere = get(&service, &format!("/elections/{}/results", uuid::Uuid::nil())).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_tie_and_an_election_without_votes_are_said_in_words() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let body = json!({"title": "Board", "contests": [
        {"title": "Chair", "candidates": [{"name": "Ada"}, {"name": "Ben"}, {"name": "Cy"}]},
        {"title": "Clerk", "candidates": [{"name": "Dan"}, {"name": "Eve"}]}]});
    let (election, people) = open(&service, &organiser, body, 2).await;
    for (place, voter) in people.iter().enumerate() {
        let chair = json!({election.contest(0): [election.candidate(0, place)], election.contest(1): []});
        voter.cast(&chair).await;
    }
    organiser.close(&election.id).await;
    let path = format!("/elections/{}/results", election.id);
    let shown = get(&service, &path).await;
    shown.says("There is a tie for the last seat: Ada and Ben have one vote each, so none of them");
    shown.says("Nobody has won: there is no vote for anyone.");
    shown.says("2 blank votes");
    let german = get(&service, &format!("{path}?lang=de")).await;
    german.says("Um den letzten Sitz herrscht Gleichstand: Ada und Ben haben je eine Stimme");
    german.says("50 %");
    german.says(&format!("/elections/{}/receipt?lang=de", election.id));
}

#[actix_web::test]
async fn a_running_tally_is_marked_as_not_final() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["tally_visibility"] = json!("everyone");
    let (election, people) = open(&service, &organiser, body, 10).await;
    for voter in &people {
        voter.cast(&election.choose(Some(0))).await;
    }
    let shown = get(&service, &format!("/elections/{}/results", election.id)).await;
    shown.says("These figures are not final.");
    shown.says("Ada is ahead at the moment.");
    shown.does_not_say("has won");
}

#[actix_web::test]
async fn the_home_page_is_there_and_the_inbox_only_in_a_demo() {
    let service = Service::start().await;
    let home = get(&service, "/").await;
    assert_eq!(home.status, StatusCode::OK);
    for words in ["/register", "/login", "/docs", "Use the link in your e-mail"] {
        home.says(words);
    }
    home.does_not_say("/dev/inbox");
    for path in
        ["/dev/inbox", "/dev/inbox/", "/dev/inbox/1", "/static/1/nothing.css", "/static/1/..%2fvote.js"]
    {
        let request = Request::get(path).body(whole("")).unwrap();
        let answer = service.anonymous().send(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for (file, kind) in
        [("style.css", "text/css"), ("vote.js", "text/javascript"), ("favicon.svg", "image/svg+xml")]
    {
        let request = Request::get(format!("/static/1/{file}")).body(whole("")).unwrap();
        let answer = service.anonymous().send(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(kind), "{file}");
    }
}
