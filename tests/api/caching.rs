//! What caches may keep, how an answer is known again, and that text is compressed.

use std::io::Read;

use flate2::read::GzDecoder;
use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uvote_loadtest::client::{Client, whole};

use crate::support::people::{Election, roll, sample};
use crate::support::{Organiser, Service};

type Answer = Response<bytes::Bytes>;

async fn ask(client: &Client, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::get(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    client.send(request.body(whole("")).unwrap()).await.unwrap()
}

#[track_caller]
fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let mut values = answer.headers().get_all(name).iter();
    let value = values.next()?.to_str().unwrap();
    assert_eq!(values.next(), None, "{name} twice");
    Some(value)
}

#[track_caller]
fn is_kept(answer: &Answer, tag: &str) {
    assert_eq!(header(answer, "etag"), Some(tag));
    assert_eq!(header(answer, "cache-control"), Some("public, max-age=60"));
    assert_eq!(header(answer, "vary"), Some("accept-encoding"));
}

#[track_caller]
fn is_not_kept(answer: &Answer, status: StatusCode) {
    assert_eq!((answer.status(), header(answer, "etag")), (status, None));
    assert_eq!(header(answer, "cache-control"), Some("no-store"));
}

fn tag_of(answer: &Answer) -> String {
    format!("\"{}\"", hex::encode(Sha256::digest(answer.body())))
}

async fn published(service: &Service, body: Value) -> (Organiser, Election) {
    let organiser = Organiser::register(service).await;
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(1)).await;
    let people = organiser.open(service, &election.id, 1).await;
    people[0].cast(&election.choose(Some(0))).await;
    organiser.close(&election.id).await;
    (organiser, election)
}

/// So many candidates that their results are worth compressing.
fn many_candidates() -> Value {
    let mut body = sample();
    let candidate = |number: usize| json!({"name": format!("Candidate number {number}")});
    body["contests"][0]["candidates"] = (1..=60).map(candidate).collect();
    body
}

#[actix_web::test]
async fn published_results_are_kept_for_a_minute_and_known_by_their_tag() {
    let service = Service::start().await;
    let (organiser, election) = published(&service, sample()).await;
    let anybody = service.anonymous();
    for path in [election.path("/results"), election.path("/results.csv")] {
        let answer = ask(&anybody, &path, &[]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let tag = tag_of(&answer);
        is_kept(&answer, &tag);
        assert_eq!(ask(&organiser.client, &path, &[]).await.body(), answer.body(), "alike for everybody");
        let (weak, listed) = (format!("W/{tag}"), format!("\"another\", {tag}"));
        for (sent, repeated) in [(&tag, &tag), (&weak, &weak), (&listed, &tag), (&"*".to_owned(), &tag)] {
            let answer = ask(&anybody, &path, &[("if-none-match", sent), ("accept-encoding", "gzip")]).await;
            assert_eq!((answer.status(), answer.body().len()), (StatusCode::NOT_MODIFIED, 0), "{sent}");
            is_kept(&answer, repeated);
        }
        for sent in ["\"another\"", "nonsense"] {
            let answer = ask(&anybody, &path, &[("if-none-match", sent)]).await;
            assert_eq!(answer.status(), StatusCode::OK, "{sent}");
            is_kept(&answer, &tag);
        }
    }
}

#[actix_web::test]
async fn results_that_have_changed_are_sent_again() {
    let service = Service::start().await;
    let (organiser, election) = published(&service, sample()).await;
    let path = election.path("/results");
    let tag = tag_of(&ask(&service.anonymous(), &path, &[]).await);
    let (status, _) = organiser.post(&election.path("/archive"), &json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let answer = ask(&service.anonymous(), &path, &[("if-none-match", &tag)]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_ne!(tag_of(&answer), tag);
    is_kept(&answer, &tag_of(&answer));
}

#[actix_web::test]
async fn what_is_not_published_is_kept_nowhere() {
    let service = Service::start().await;
    let anybody = service.anonymous();
    let with = |field: &str, value: &str| {
        let mut body = sample();
        body[field] = json!(value);
        body
    };
    let (organiser, decided) = published(&service, with("publication", "manual")).await;
    let open = organiser.draft(with("tally_visibility", "everyone")).await;
    organiser.import(&open.id, &roll(1)).await;
    let (status, answer) = organiser.post(&open.path("/activate"), &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    for part in ["/results", "/results.csv"] {
        let known = [("if-none-match", "*")];
        is_not_kept(&ask(&organiser.client, &decided.path(part), &known).await, StatusCode::OK);
        is_not_kept(&ask(&anybody, &decided.path(part), &known).await, StatusCode::FORBIDDEN);
        is_not_kept(&ask(&anybody, &open.path(part), &known).await, StatusCode::OK);
    }
    is_not_kept(&ask(&organiser.client, &decided.path("/turnout"), &[]).await, StatusCode::OK);
    is_not_kept(&ask(&organiser.client, "/api/v1/account", &[]).await, StatusCode::OK);
}

#[actix_web::test]
async fn text_is_compressed_for_whoever_takes_it_and_then_has_a_weak_tag() {
    let service = Service::start().await;
    let (_, election) = published(&service, many_candidates()).await;
    let path = election.path("/results");
    let plain = ask(&service.anonymous(), &path, &[]).await;
    assert_eq!(header(&plain, "content-encoding"), None);
    let weak = format!("W/{}", tag_of(&plain));
    for (accepted, coding) in [("gzip", "gzip"), ("gzip, br", "br"), ("br;q=0.5, gzip", "gzip")] {
        let answer = ask(&service.anonymous(), &path, &[("accept-encoding", accepted)]).await;
        assert_eq!(header(&answer, "content-encoding"), Some(coding));
        is_kept(&answer, &weak);
        assert!(answer.body().len() * 4 < plain.body().len(), "{coding}: {}", answer.body().len());
        if coding == "gzip" {
            let mut text = Vec::new();
            GzDecoder::new(&answer.body()[..]).read_to_end(&mut text).unwrap();
            assert_eq!(text, *plain.body());
        }
    }
    let page = ask(&service.anonymous(), "/api/v1/openapi.json", &[("accept-encoding", "gzip")]).await;
    assert_eq!(header(&page, "content-encoding"), Some("gzip"));
}
