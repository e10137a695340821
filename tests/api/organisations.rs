//! Organisations: founding, renaming and deleting them.

use hyper::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::organisation::Organisation;
use crate::support::{Organiser, Service};

async fn actions(organiser: &Organiser, organisation: &Organisation) -> Vec<Value> {
    let (status, body) = organiser.get(&organisation.path("/audit")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let mut actions: Vec<Value> =
        body["items"].as_array().unwrap().iter().map(|record| record["action"].clone()).collect();
    actions.reverse();
    actions
}

#[actix_web::test]
async fn everybody_has_a_personal_organisation_and_may_found_others() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (_, before) = organiser.get("/api/v1/organisations").await;
    let personal = &before["items"][0];
    assert_eq!((&personal["personal"], &personal["role"]), (&json!(true), &json!("owner")));
    assert_eq!(personal["members"], 1);
    let founded = Organisation::found(&organiser).await;
    let (_, all) = organiser.get("/api/v1/organisations?limit=1").await;
    assert_eq!(all["items"][0]["id"], founded.id.as_str(), "newest first");
    let (_, rest) = organiser
        .get(&format!("/api/v1/organisations?cursor={}", all["next_cursor"].as_str().unwrap()))
        .await;
    assert_eq!(
        (rest["items"].as_array().unwrap(), &rest["next_cursor"]),
        (&vec![personal.clone()], &json!(null))
    );
    for name in ["", "  ", "two\nlines", &"x".repeat(201)] {
        let (status, _) = organiser.post("/api/v1/organisations", &json!({"name": name})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
    }
}

#[actix_web::test]
async fn a_new_name_is_shown_and_noted_without_the_name() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let organisation = Organisation::found(&organiser).await;
    let (status, body) = organiser.patch(&organisation.path(""), &json!({"name": " Council "})).await;
    assert_eq!((status, &body["name"]), (StatusCode::OK, &json!("Council")));
    let (status, body) = organiser.patch(&organisation.path(""), &json!({})).await;
    assert_eq!((status, &body["name"]), (StatusCode::OK, &json!("Council")));
    assert_eq!(
        actions(&organiser, &organisation).await,
        [json!("organisation.created"), json!("organisation.renamed")]
    );
}

#[actix_web::test]
async fn an_organisation_can_be_deleted_unless_an_election_of_it_runs() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let organisation = Organisation::found(&organiser).await;
    let (draft, running) = (organisation.draft(&organiser).await, organisation.draft(&organiser).await);
    organiser.import(&running.id, &crate::support::people::roll(1)).await;
    organiser.open(&service, &running.id, 1).await;
    let (status, body) = organiser.delete(&organisation.path("")).await;
    assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")));
    let (status, _) = organiser.get(&draft.path("")).await;
    assert_eq!(status, StatusCode::OK, "a refused deletion deletes nothing");

    organiser.close(&running.id).await;
    let (status, body) = organiser.delete(&organisation.path("")).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    for path in [organisation.path(""), organisation.path("/members"), draft.path(""), running.path("")] {
        assert_eq!(organiser.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let (status, _) = service.anonymous().get(&running.path("/results")).await.unwrap();
    assert_eq!(status, StatusCode::OK, "public results stay public");
    let (_, left) = organiser.get("/api/v1/organisations").await;
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
    assert_eq!(organiser.delete(&organisation.path("")).await.0, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_personal_organisation_stays() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (_, all) = organiser.get("/api/v1/organisations").await;
    let personal = Organisation { id: all["items"][0]["id"].as_str().unwrap().to_owned() };
    let (status, body) = organiser.delete(&personal.path("")).await;
    assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")));
    let (status, _) = organiser.patch(&personal.path(""), &json!({"name": "Olivia's"})).await;
    assert_eq!(status, StatusCode::OK);
}

#[actix_web::test]
async fn what_is_not_ones_own_is_not_there() {
    let service = Service::start().await;
    let owner = Organiser::register(&service).await;
    let stranger = Organiser::register(&service).await;
    let organisation = Organisation::found(&owner).await;
    for path in [organisation.path(""), format!("/api/v1/organisations/{}", Uuid::new_v4())] {
        let (status, body) = stranger.get(&path).await;
        assert_eq!((status, &body["code"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")), "{path}");
    }
}
