//! The organiser's ballot page, as a browser without JavaScript uses it.

use std::io::Cursor;

use bytes::Bytes;
use hyper::{Request, Response, StatusCode};
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use url::form_urlencoded;
use uvote_loadtest::client::{Client, whole};

use crate::support::people::{Election, PASSWORD, sample};
use crate::support::service::ORIGIN;
use crate::support::{Organiser, Service};

/// Somebody's browser, signed in.
struct Browser {
    client: Client,
    cookie: String,
}

struct Page {
    status: StatusCode,
    location: String,
    html: String,
}

impl Page {
    fn read(answer: &Response<Bytes>) -> Self {
        let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let html = String::from_utf8(answer.body().to_vec()).unwrap();
        Self { status: answer.status(), location: location.unwrap_or_default(), html }
    }

    /// The tag with this id, up to its end.
    #[track_caller]
    fn tag(&self, id: &str) -> &str {
        let at = self.html.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {}", self.html));
        let start = self.html[..at].rfind('<').unwrap();
        self.html[start..].split('>').next().unwrap()
    }

    #[track_caller]
    fn says(&self, words: &str) {
        assert!(self.html.contains(words), "{words} is missing in {}", self.html);
    }

    /// Whether the first text comes before the second.
    #[track_caller]
    fn has_in_order(&self, first: &str, second: &str) {
        let place = |text: &str| self.html.find(text).unwrap_or_else(|| panic!("no {text}: {}", self.html));
        assert!(place(first) < place(second), "{first} comes after {second}");
    }
}

impl Browser {
    async fn sign_in(service: &Service, organiser: &Organiser) -> Self {
        let mut browser = Self { client: service.anonymous(), cookie: String::new() };
        let fields = [("email", organiser.email.as_str()), ("password", PASSWORD)];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let answer = browser.send("/login", "application/x-www-form-urlencoded", body).await;
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        browser
    }

    async fn send(&self, path: &str, kind: &str, body: impl Into<Bytes>) -> Response<Bytes> {
        let request = Request::post(path).header("content-type", kind).header("cookie", &self.cookie);
        self.client.send(request.header("origin", ORIGIN).body(whole(body)).unwrap()).await.unwrap()
    }

    async fn get(&self, path: &str) -> Page {
        let request = Request::get(path).header("cookie", &self.cookie).body(whole("")).unwrap();
        Page::read(&self.client.send(request).await.unwrap())
    }

    async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Page::read(&self.send(path, "application/x-www-form-urlencoded", body).await)
    }

    async fn upload(&self, path: &str, file: &[u8]) -> Page {
        let head = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n";
        let body = [head.as_bytes(), file, b"\r\n--b--\r\n"].concat();
        Page::read(&self.send(path, "multipart/form-data; boundary=b", body).await)
    }
}

fn ballot(election: &Election) -> String {
    format!("/elections/{}/ballot", election.id)
}

async fn contests(organiser: &Organiser, election: &Election) -> Value {
    organiser.get(&election.path("")).await.1["contests"].take()
}

fn names(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[key].as_str().unwrap().to_owned()).collect()
}

async fn a_draft_with(body: Value) -> (Service, Organiser, Browser, Election) {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser).await;
    let election = organiser.draft(body).await;
    (service, organiser, browser, election)
}

async fn a_draft() -> (Service, Organiser, Browser, Election) {
    a_draft_with(sample()).await
}

#[actix_web::test]
async fn a_whole_contest_is_added_by_one_form() {
    let (_service, organiser, browser, election) = a_draft_with(json!({"title": "Board"})).await;
    let empty = browser.get(&ballot(&election)).await;
    assert_eq!(empty.status, StatusCode::OK);
    empty.tag("field-title");
    assert!(empty.tag("field-seats").contains("value=\"1\""));
    let fields = [
        ("title", "Chair"),
        ("candidates", " Ada \r\n\r\nBen\r\nCy"),
        ("seats", "2"),
        ("allow_blank", "yes"),
        ("candidate_order", "random"),
    ];
    let added = browser.submit(&format!("{}/contests", ballot(&election)), &fields).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.html);
    let contests = contests(&organiser, &election).await;
    let contest = &contests[0];
    assert_eq!(names(&contest["candidates"], "name"), ["Ada", "Ben", "Cy"]);
    assert_eq!((&contest["seats"], &contest["candidate_order"]), (&json!(2), &json!("random")));
    assert_eq!(contest["allow_blank"], true);
    let id = contest["id"].as_str().unwrap();
    assert_eq!(added.location, format!("{}?done=contest-added#contest-{id}", ballot(&election)));
    let shown = browser.get(&added.location).await;
    for words in ["Chair", "Ada", "Cy", "Shuffled for every voter", "The contest is on the ballot."] {
        shown.says(words);
    }
    let preview = browser.get(&format!("{}/preview", ballot(&election))).await;
    preview.says("This is a preview");
    assert_eq!(preview.html.matches("type=\"checkbox\"").count(), 4, "three candidates and the blank vote");
    assert!(!preview.html.contains("<form method=\"post\" action=\"/vote"), "nothing can be cast");
}

#[actix_web::test]
async fn a_refused_form_comes_back_filled_in_with_the_errors_at_its_fields() {
    let (_service, organiser, browser, election) = a_draft().await;
    let before = contests(&organiser, &election).await;
    let long = format!("Ada\n{}", "x".repeat(201));
    let fields = [("title", " "), ("seats", "many"), ("candidates", &long), ("candidate_order", "random")];
    let back = browser.submit(&format!("{}/contests", ballot(&election)), &fields).await;
    assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["title", "seats", "candidates"] {
        let tag = back.tag(&format!("field-{field}"));
        assert!(tag.contains("aria-invalid") && tag.contains(&format!("error-{field}")), "{tag}");
        back.says(&format!("href=\"#field-{field}\""));
    }
    assert!(back.tag("field-title").contains("autofocus"));
    back.says(&long);
    back.says("value=\"random\" checked");
    assert!(!back.html.contains("name=\"allow_blank\" value=\"yes\" checked"));

    let contest = election.contest(0);
    let empty = browser
        .submit(
            &format!("{}/contests/{contest}/candidates", ballot(&election)),
            &[(&format!("candidates-{contest}"), "\n")],
        )
        .await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.tag(&format!("field-candidates-{contest}")).contains("aria-invalid"));
    let one = format!("{}/contests/{contest}", ballot(&election));
    let changed = browser.submit(&one, &[("title", "Chair"), ("seats", "0")]).await;
    assert_eq!(changed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(changed.tag("field-seats").contains("aria-invalid"));
    let candidate = format!("{one}/candidates/{}", election.candidate(0, 0));
    let nameless = browser.submit(&candidate, &[("name", ""), ("description", "Kept")]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nameless.tag("field-name").contains("aria-invalid"));
    nameless.says("Kept");
    assert_eq!(contests(&organiser, &election).await, before);
}

#[actix_web::test]
async fn candidates_and_contests_are_added_changed_moved_and_removed() {
    let (_service, organiser, browser, election) = a_draft().await;
    let page = ballot(&election);
    browser.submit(&format!("{page}/contests"), &[("title", "Hall"), ("seats", "1")]).await;
    let chair = format!("{page}/contests/{}", election.contest(0));
    let field = format!("candidates-{}", election.contest(0));
    browser.submit(&format!("{chair}/candidates"), &[(&field, "Cy\nDi")]).await;

    let ada = election.candidate(0, 0);
    let moved = browser.submit(&format!("{chair}/candidates/{ada}/move"), &[("down", "2")]).await;
    assert_eq!(moved.location, format!("{page}#down-{ada}"), "the focus stays with the button");
    let moved = browser.submit(&format!("{chair}/move"), &[("down", "1")]).await;
    assert_eq!(moved.location, format!("{page}#down-{}", election.contest(0)));
    let now = contests(&organiser, &election).await;
    assert_eq!(names(&now, "title"), ["Hall", "Chair"]);
    assert_eq!(names(&now[1]["candidates"], "name"), ["Ben", "Cy", "Ada", "Di"]);
    let shown = browser.get(&page).await;
    shown.has_in_order(">Hall<", ">Chair<");
    shown.has_in_order(">Cy<", ">Ada<");
    let nowhere = browser.submit(&format!("{chair}/candidates/{ada}/move"), &[("up", "high")]).await;
    assert_eq!(nowhere.status, StatusCode::BAD_REQUEST);

    browser.submit(&format!("{chair}/candidates/{ada}"), &[("name", "Ada L."), ("description", "x")]).await;
    browser.submit(&format!("{chair}/candidates/{}/remove", election.candidate(0, 1)), &[]).await;
    browser.submit(&chair, &[("title", "Chairs"), ("seats", "2"), ("candidate_order", "as_listed")]).await;
    let now = contests(&organiser, &election).await;
    assert_eq!(names(&now[1]["candidates"], "name"), ["Cy", "Ada L.", "Di"]);
    assert_eq!((&now[1]["title"], &now[1]["allow_blank"]), (&json!("Chairs"), &json!(false)));
    let removed = browser.submit(&format!("{chair}/remove"), &[]).await;
    assert_eq!(removed.location, format!("{page}?done=contest-removed"));
    assert_eq!(names(&contests(&organiser, &election).await, "title"), ["Hall"]);
}

#[actix_web::test]
async fn a_photo_is_taken_shown_and_removed_and_a_bad_one_is_explained_at_its_field() {
    let (_service, _organiser, browser, election) = a_draft().await;
    let candidate = format!(
        "{}/contests/{}/candidates/{}",
        ballot(&election),
        election.contest(0),
        election.candidate(0, 0)
    );
    let mut png = Cursor::new(Vec::new());
    RgbImage::new(40, 40).write_to(&mut png, ImageFormat::Png).unwrap();
    let mut broken = png.get_ref().clone();
    broken.truncate(broken.len() / 2);
    let large = vec![0; 6 * 1024 * 1024];
    let refusals: [(&[u8], &str); 4] = [
        (b"", "Please choose a file first."),
        (b"no image", "This file is no JPEG, PNG, WebP or GIF image."),
        (&broken, "This image can&#39;t be used"),
        (&large, "This file is larger than 5 MB."),
    ];
    for (file, words) in refusals {
        let refused = browser.upload(&format!("{candidate}/photo"), file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        refused.says(words);
        let field = refused.tag("field-file");
        assert!(field.contains("aria-invalid") && field.contains("error-file"), "{field}");
    }
    let taken = browser.upload(&format!("{candidate}/photo"), png.get_ref()).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.html);
    let src = "src=\"/photos/";
    browser.get(&ballot(&election)).await.says(src);
    browser.get(&format!("{}/preview", ballot(&election))).await.says(src);
    browser.submit(&format!("{candidate}/photo/remove"), &[]).await;
    assert!(!browser.get(&ballot(&election)).await.html.contains(src));
}

/// Expects the ballot to be shown without anything that changes it, and every change to be refused.
async fn is_read_only(browser: &Browser, election: &Election, status: StatusCode, words: &str) {
    let page = ballot(election);
    let shown = browser.get(&page).await;
    assert_eq!(shown.status, StatusCode::OK);
    shown.says("Ada");
    shown.says(words);
    assert!(!shown.html.contains("action=\"/elections/"), "{}", shown.html);
    let contest = format!("{page}/contests/{}", election.contest(0));
    let candidate = format!("{contest}/candidates/{}", election.candidate(0, 0));
    for one in [&contest, &candidate] {
        assert_eq!(browser.get(one).await.location, page, "editing leads back to the ballot");
        for way in ["move", "remove"] {
            let refused = browser.submit(&format!("{one}/{way}"), &[("up", "0")]).await;
            assert_eq!(refused.status, status, "{one}/{way}");
        }
    }
    let fields = [("title", "Hall"), ("seats", "1")];
    assert_eq!(browser.submit(&format!("{page}/contests"), &fields).await.status, status);
    assert_eq!(browser.submit(&contest, &fields).await.status, status);
    assert_eq!(browser.submit(&candidate, &[("name", "Eve")]).await.status, status);
    assert_eq!(browser.upload(&format!("{candidate}/photo"), b"x").await.status, status);
}

#[actix_web::test]
async fn the_ballot_of_an_open_election_is_frozen_and_says_why() {
    let (service, organiser, browser, _) = a_draft().await;
    let (election, _) = organiser.open_election(&service, 1).await;
    let words = "The ballot is fixed, because voting has begun";
    is_read_only(&browser, &election, StatusCode::CONFLICT, words).await;
}

#[actix_web::test]
async fn strangers_see_nothing_and_observers_change_nothing() {
    let (service, _organiser, _browser, election) = a_draft().await;
    let other = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &other).await;
    for path in ["", "/preview"] {
        let hidden = browser.get(&format!("{}{path}", ballot(&election))).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND);
        assert!(!hidden.html.contains("Ada"));
    }
    let add = format!("{}/contests", ballot(&election));
    let refused = browser.submit(&add, &[("title", "Hall"), ("seats", "1")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);

    let insert = "INSERT INTO members (organisation_id, account_id, role)
        SELECT e.organisation_id, a.id, 'observer' FROM elections e, accounts a WHERE a.email = $1";
    assert_eq!(service.superuser().await.execute(insert, &[&other.email]).await.unwrap(), 1);
    let words = "Your role lets you look at the ballot, but not change it.";
    is_read_only(&browser, &election, StatusCode::FORBIDDEN, words).await;
}
