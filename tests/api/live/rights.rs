//! What is taken from sockets that are open when somebody loses a session or a membership.

use std::time::Duration;

use hyper::StatusCode;
use serde_json::json;

use super::ends::closing;
use super::{topic, watch};
use crate::support::live::Live;
use crate::support::organisation::{Organisation, account};
use crate::support::people::{Election, sample};
use crate::support::{Organiser, Service};

/// An organisation with a member who watches what only members see.
struct Scene {
    service: Service,
    owner: Organiser,
    member: Organiser,
    organisation: Organisation,
    election: Election,
}

impl Scene {
    async fn set() -> Self {
        let service = Service::start().await;
        let (owner, member) = (Organiser::register(&service).await, Organiser::register(&service).await);
        let organisation = Organisation::found(&owner).await;
        organisation.admit(&service, &owner, &member, "manager").await;
        let mut body = sample();
        body["organisation_id"] = json!(organisation.id);
        body["tally_visibility"] = json!("organisers");
        let election = owner.draft(body).await;
        owner.import(&election.id, "email\nvoter1@example.org\nvoter2@example.org\n").await;
        owner.open(&service, &election.id, 2).await;
        Self { service, owner, member, organisation, election }
    }

    async fn remove_member(&self) {
        let path = self.organisation.member(&account(&self.member).await);
        assert_eq!(self.owner.delete(&path).await.0, StatusCode::NO_CONTENT);
    }
}

/// A second, and another for a busy machine.
const PROMPTLY: Duration = Duration::from_secs(2);
const FOR_MEMBERS: [&str; 4] = ["turnout", "tally", "minutes", "deliveries"];

/// Waits until every topic that is for members alone has been withdrawn.
async fn loses_all(live: &mut Live, election: &Election) {
    let withdrawn = async {
        for _ in FOR_MEMBERS {
            let told = live.until(|frame| frame["type"] == "error").await;
            assert_eq!(told["code"], "NOT_FOUND", "{told}");
            let what = told["topic"].as_str().unwrap().rsplit('/').next().unwrap();
            assert!(FOR_MEMBERS.contains(&what) && told["topic"] == json!(topic(election, what)), "{told}");
        }
    };
    tokio::time::timeout(PROMPTLY, withdrawn).await.expect("the topics are not withdrawn");
}

async fn watch_all(live: &mut Live, election: &Election) {
    for what in FOR_MEMBERS {
        watch(live, &topic(election, what)).await;
    }
}

#[actix_web::test]
async fn whoever_is_removed_from_an_organisation_watches_its_elections_no_longer() {
    let scene = Scene::set().await;
    let mut live = Live::signed_in(&scene.service, &scene.member).await;
    let mut owner = Live::signed_in(&scene.service, &scene.owner).await;
    watch_all(&mut live, &scene.election).await;
    watch(&mut live, &topic(&scene.election, "status")).await;
    watch(&mut owner, &topic(&scene.election, "turnout")).await;
    scene.remove_member().await;
    loses_all(&mut live, &scene.election).await;
    scene.owner.post(&scene.election.path("/voters"), &json!({"email": "late@example.org"})).await;
    assert_eq!(owner.next().await.unwrap()["eligible"], 3, "the owner watches on");
    scene.owner.close(&scene.election.id).await;
    let next = live.next().await.unwrap();
    assert_eq!(next["status"], "closed", "what anybody may see goes on, and nothing else: {next}");
    assert_eq!(super::refused(&mut live, &topic(&scene.election, "turnout")).await, "NOT_FOUND");
}

#[actix_web::test]
async fn a_role_that_still_allows_it_takes_nothing_away() {
    let scene = Scene::set().await;
    let mut live = Live::signed_in(&scene.service, &scene.member).await;
    watch(&mut live, &topic(&scene.election, "turnout")).await;
    let gone = Organiser::register(&scene.service).await;
    scene.organisation.admit(&scene.service, &scene.owner, &gone, "observer").await;
    let mut other = Live::signed_in(&scene.service, &gone).await;
    watch_all(&mut other, &scene.election).await;
    let path = scene.organisation.member(&account(&scene.member).await);
    assert_eq!(scene.owner.patch(&path, &json!({"role": "observer"})).await.0, StatusCode::OK);
    let path = scene.organisation.member(&account(&gone).await);
    assert_eq!(gone.delete(&path).await.0, StatusCode::NO_CONTENT, "everybody may leave");
    loses_all(&mut other, &scene.election).await;
    scene.owner.post(&scene.election.path("/voters"), &json!({"email": "late@example.org"})).await;
    assert_eq!(live.next().await.unwrap()["eligible"], 3);
}

#[actix_web::test]
async fn an_organisation_that_is_deleted_takes_its_drafts_from_whoever_watches() {
    let service = Service::start().await;
    let owner = Organiser::register(&service).await;
    let organisation = Organisation::found(&owner).await;
    let draft = organisation.draft(&owner).await;
    let mut live = Live::signed_in(&service, &owner).await;
    watch(&mut live, &topic(&draft, "status")).await;
    assert_eq!(owner.delete(&organisation.path("")).await.0, StatusCode::NO_CONTENT);
    let told = tokio::time::timeout(PROMPTLY, live.until(|frame| frame["type"] == "error"));
    assert_eq!(told.await.unwrap()["topic"], json!(topic(&draft, "status")));
}

#[actix_web::test]
async fn what_is_ended_by_one_process_reaches_the_sockets_of_another() {
    let scene = Scene::set().await;
    let other = scene.service.another().await;
    let mut socket = Live::signed_in_at(other.address(), &scene.member).await;
    watch_all(&mut socket, &scene.election).await;
    scene.remove_member().await;
    loses_all(&mut socket, &scene.election).await;
    assert_eq!(scene.member.post("/api/v1/auth/logout", &json!({})).await.0, StatusCode::NO_CONTENT);
    let closed = tokio::time::timeout(PROMPTLY, closing(&mut socket));
    assert!(closed.await.expect("the socket stays open").is_some());
    other.stop().await;
}

#[actix_web::test]
async fn a_session_that_grows_too_old_takes_its_sockets_with_it() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut live = Live::signed_in(&service, &organiser).await;
    let mut public = Live::anonymous(&service).await;
    let over = "UPDATE sessions SET expires_at = clock_timestamp()";
    service.superuser().await.batch_execute(over).await.unwrap();
    let closed = tokio::time::timeout(PROMPTLY, closing(&mut live));
    assert!(closed.await.expect("the socket stays open").is_some());
    public.send(json!({"type": "ping"})).await;
    assert_eq!(public.next().await.unwrap(), json!({"type": "pong"}));
}
