//! Contests and candidates of a draft, one by one, until they are frozen.

use hyper::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::problem::{invalid, refused};
use crate::support::people::{Election, roll, sample};
use crate::support::{Organiser, Service};

async fn contests(organiser: &Organiser, election: &Election) -> Value {
    organiser.get(&election.path("")).await.1["contests"].clone()
}

fn names(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_contest_is_added_changed_and_removed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let wish = json!({"title": "Auditor", "seats": 2, "candidates": [{"name": "Eve"}]});
    let (status, added) = organiser.post(&election.path("/contests"), &wish).await;
    assert_eq!((status, &added["seats"]), (StatusCode::CREATED, &json!(2)), "{added}");
    let path = election.path(&format!("/contests/{}", added["id"].as_str().unwrap()));
    assert_eq!(names(&contests(&organiser, &election).await, "title"), ["Chair", "Auditor"]);

    let changes = json!({"title": "Auditors", "description": "Two", "seats": 3, "allow_blank": false, "candidate_order": "random"});
    let (status, changed) = organiser.patch(&path, &changes).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    for (field, value) in changes.as_object().unwrap() {
        assert_eq!(&changed[field], value, "{field}");
    }
    assert_eq!(changed["candidates"], added["candidates"]);
    let (_, cleared) = organiser.patch(&path, &json!({"description": null})).await;
    assert_eq!((&cleared["description"], &cleared["title"]), (&Value::Null, &json!("Auditors")));
    assert_eq!(contests(&organiser, &election).await[1], cleared);

    assert_eq!(organiser.delete(&path).await, (StatusCode::NO_CONTENT, Value::Null));
    refused(&organiser.delete(&path).await, 404, "NOT_FOUND");
    refused(&organiser.patch(&path, &json!({"title": "A"})).await, 404, "NOT_FOUND");
    assert_eq!(contests(&organiser, &election).await, election.body["contests"]);
}

#[actix_web::test]
async fn a_candidate_is_added_changed_moved_and_removed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let path = election.path(&format!("/contests/{}/candidates", election.contest(0)));
    let (status, cleo) = organiser.post(&path, &json!({"name": " Cleo ", "description": "C."})).await;
    assert_eq!(
        (status, &cleo["name"], &cleo["photo_url"]),
        (StatusCode::CREATED, &json!("Cleo"), &Value::Null)
    );
    let listed = async || names(&contests(&organiser, &election).await[0]["candidates"], "name");
    assert_eq!(listed().await, ["Ada", "Ben", "Cleo"]);
    let cleo = format!("{path}/{}", cleo["id"].as_str().unwrap());
    let (status, moved) =
        organiser.patch(&cleo, &json!({"name": "Chloe", "description": null, "display_order": 0})).await;
    assert_eq!((status, &moved["description"]), (StatusCode::OK, &Value::Null));
    let ada = format!("{path}/{}", election.candidate(0, 0));
    organiser.patch(&ada, &json!({"display_order": 7})).await;
    assert_eq!(listed().await, ["Chloe", "Ben", "Ada"]);
    assert_eq!(organiser.delete(&cleo).await.0, StatusCode::NO_CONTENT);
    refused(&organiser.delete(&cleo).await, 404, "NOT_FOUND");
    refused(&organiser.patch(&cleo, &json!({"name": "C"})).await, 404, "NOT_FOUND");
    assert_eq!(listed().await, ["Ben", "Ada"]);
}

#[actix_web::test]
async fn what_a_contest_or_candidate_can_not_be_is_refused_with_the_field() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let contest = election.path(&format!("/contests/{}", election.contest(0)));
    let candidates = format!("{contest}/candidates");
    let candidate = format!("{candidates}/{}", election.candidate(0, 0));
    let long = "x".repeat(201);
    for (wish, wrong) in [
        (json!({"title": ""}), "title"),
        (json!({"title": long}), "title"),
        (json!({"title": "C", "seats": 0}), "seats"),
        (json!({"title": "C", "description": "\0"}), "description"),
        (json!({"title": "C", "colour": "red"}), "colour"),
    ] {
        invalid(&organiser.post(&election.path("/contests"), &wish).await, &[wrong]);
        invalid(&organiser.patch(&contest, &wish).await, &[wrong]);
    }
    for (wish, wrong) in [
        (json!({"name": " "}), "name"),
        (json!({"name": "a\tb"}), "name"),
        (json!({"name": "A", "description": "\u{1}"}), "description"),
        (json!({"name": "A", "votes": 100}), "votes"),
        (json!({"name": "A", "display_order": -1}), "display_order"),
        (json!({"name": "A", "display_order": i32::MAX}), "display_order"),
    ] {
        invalid(&organiser.post(&candidates, &wish).await, &[wrong]);
        invalid(&organiser.patch(&candidate, &wish).await, &[wrong]);
    }
    refused(&organiser.post(&candidates, &json!({"name": "A", "display_order": 1e10})).await, 422, "INVALID");
    refused(&organiser.patch(&contest, &json!({"method": "random"})).await, 422, "INVALID");
    assert_eq!(contests(&organiser, &election).await, election.body["contests"]);
}

#[actix_web::test]
async fn a_contest_belongs_to_one_election_and_a_candidate_to_one_contest() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (mine, other) = (organiser.draft(sample()).await, organiser.draft(sample()).await);
    for contest in [other.contest(0).to_owned(), Uuid::new_v4().to_string()] {
        let path = mine.path(&format!("/contests/{contest}"));
        refused(&organiser.patch(&path, &json!({"title": "C"})).await, 404, "NOT_FOUND");
        refused(&organiser.delete(&path).await, 404, "NOT_FOUND");
        let candidates = format!("{path}/candidates");
        refused(&organiser.post(&candidates, &json!({"name": "A"})).await, 404, "NOT_FOUND");
        let candidate = format!("{candidates}/{}", mine.candidate(0, 0));
        refused(&organiser.delete(&candidate).await, 404, "NOT_FOUND");
    }
    let foreign = mine.path(&format!("/contests/{}/candidates/{}", mine.contest(0), other.candidate(0, 0)));
    refused(&organiser.patch(&foreign, &json!({"name": "A"})).await, 404, "NOT_FOUND");
    refused(&organiser.delete(&foreign).await, 404, "NOT_FOUND");
    assert_eq!(contests(&organiser, &other).await, other.body["contests"]);
}

async fn is_frozen(organiser: &Organiser, election: &Election) {
    let before = contests(organiser, election).await;
    let contest = election.path(&format!("/contests/{}", election.contest(0)));
    let candidate = format!("{contest}/candidates/{}", election.candidate(0, 0));
    let (title, name) = (json!({"title": "New"}), json!({"name": "New"}));
    refused(&organiser.post(&election.path("/contests"), &title).await, 409, "WRONG_STATE");
    refused(&organiser.patch(&contest, &title).await, 409, "WRONG_STATE");
    refused(&organiser.delete(&contest).await, 409, "WRONG_STATE");
    refused(&organiser.post(&format!("{contest}/candidates"), &name).await, 409, "WRONG_STATE");
    refused(&organiser.patch(&candidate, &name).await, 409, "WRONG_STATE");
    refused(&organiser.delete(&candidate).await, 409, "WRONG_STATE");
    assert_eq!(contests(organiser, election).await, before);
}

#[actix_web::test]
async fn contests_are_frozen_once_the_election_has_left_its_draft() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["opens_at"] = json!("2998-01-01T00:00:00Z");
    let scheduled = organiser.draft(body).await;
    organiser.import(&scheduled.id, &roll(1)).await;
    let (_, answer) = organiser.post(&scheduled.path("/activate"), &json!({})).await;
    assert_eq!(answer["status"], "scheduled");
    is_frozen(&organiser, &scheduled).await;
    let election = organiser.ready_draft(1).await;
    organiser.post(&election.path("/activate"), &json!({})).await;
    is_frozen(&organiser, &election).await;
    organiser.close(&election.id).await;
    is_frozen(&organiser, &election).await;
}
