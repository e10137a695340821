//! Every operation of the OpenAPI document, tried as everybody, and held against what the document
//! says of who may call it.

use std::collections::BTreeSet;
use std::io::Cursor;

use bytes::Bytes;
use hyper::{Method, Request, StatusCode};
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use uuid::Uuid;
use uvote_loadtest::client::{Client, whole};

use crate::support::organisation::Organisation;
use crate::support::people::{Election, PASSWORD, roll};
use crate::support::{Organiser, Service};

/// How far the election of a scene has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Draft,
    Deleted,
    Open,
    Closed,
    Published,
}
use State::{Closed, Deleted, Draft, Open, Published};

/// What is sent; ids in it and in the path are those of the scene.
#[derive(Debug, Clone, Copy)]
enum Body {
    Nothing,
    Json(&'static str),
    Csv,
    Photo,
}
use Body::{Csv, Json, Nothing, Photo};

/// How each operation is tried: in which state of the election, and with what.
const WALK: &[(&str, &str, State, Body)] = &[
    ("post", "/api/v1/auth/register", Draft, Json("{}")),
    ("post", "/api/v1/auth/verify-email", Draft, Json("{}")),
    ("post", "/api/v1/auth/login", Draft, Json("{}")),
    ("post", "/api/v1/auth/refresh", Draft, Json("{}")),
    ("post", "/api/v1/auth/password/forgot", Draft, Json("{}")),
    ("post", "/api/v1/auth/password/reset", Draft, Json("{}")),
    ("post", "/api/v1/auth/logout", Draft, Nothing),
    ("post", "/api/v1/auth/logout-all", Draft, Nothing),
    ("get", "/api/v1/auth/verify", Draft, Nothing),
    ("get", "/api/v1/account", Draft, Nothing),
    ("patch", "/api/v1/account", Draft, Json("{}")),
    ("delete", "/api/v1/account", Draft, Json("{}")),
    ("get", "/api/v1/account/deletion", Draft, Nothing),
    ("post", "/api/v1/account/email", Draft, Json("{}")),
    ("post", "/api/v1/account/password", Draft, Json("{}")),
    ("get", "/api/v1/account/sessions", Draft, Nothing),
    ("delete", "/api/v1/account/sessions/{session_id}", Draft, Nothing),
    ("post", "/api/v1/account/totp", Draft, Json("{}")),
    ("post", "/api/v1/account/totp/confirm", Draft, Json("{}")),
    ("delete", "/api/v1/account/totp", Draft, Json("{}")),
    ("get", "/api/v1/organisations", Draft, Nothing),
    ("post", "/api/v1/organisations", Draft, Json(r#"{"name": "Another"}"#)),
    ("get", "/api/v1/organisations/{id}", Draft, Nothing),
    ("patch", "/api/v1/organisations/{id}", Draft, Json(r#"{"name": "Students"}"#)),
    ("delete", "/api/v1/organisations/{id}", Open, Nothing),
    ("get", "/api/v1/organisations/{id}/members", Draft, Nothing),
    (
        "post",
        "/api/v1/organisations/{id}/members",
        Draft,
        Json(r#"{"email": "new@example.org", "role": "observer"}"#),
    ),
    ("patch", "/api/v1/organisations/{id}/members/{account_id}", Draft, Json(r#"{"role": "observer"}"#)),
    ("delete", "/api/v1/organisations/{id}/members/{account_id}", Draft, Nothing),
    ("get", "/api/v1/organisations/{id}/invitations", Draft, Nothing),
    ("delete", "/api/v1/organisations/{id}/invitations/{invitation_id}", Draft, Nothing),
    ("post", "/api/v1/organisations/invitations/accept", Draft, Json(r#"{"token": "none"}"#)),
    ("get", "/api/v1/organisations/{id}/audit", Draft, Nothing),
    ("post", "/api/v1/organisations/{id}/audit/verify", Draft, Nothing),
    ("get", "/api/v1/elections", Draft, Nothing),
    ("post", "/api/v1/elections", Draft, Json(r#"{"title": "Board"}"#)),
    ("get", "/api/v1/elections/{id}", Draft, Nothing),
    ("patch", "/api/v1/elections/{id}", Draft, Json(r#"{"title": "Council"}"#)),
    ("delete", "/api/v1/elections/{id}", Draft, Nothing),
    ("post", "/api/v1/elections/{id}/restore", Deleted, Nothing),
    ("post", "/api/v1/elections/{id}/activate", Draft, Nothing),
    ("post", "/api/v1/elections/{id}/close", Open, Nothing),
    ("post", "/api/v1/elections/{id}/publish", Closed, Nothing),
    ("post", "/api/v1/elections/{id}/archive", Closed, Nothing),
    ("post", "/api/v1/elections/{id}/duplicate", Draft, Nothing),
    ("post", "/api/v1/elections/{id}/contests", Draft, Json(r#"{"title": "Treasurer"}"#)),
    ("patch", "/api/v1/elections/{id}/contests/{contest_id}", Draft, Json(r#"{"title": "Treasurer"}"#)),
    ("delete", "/api/v1/elections/{id}/contests/{contest_id}", Draft, Nothing),
    ("post", "/api/v1/elections/{id}/contests/{contest_id}/candidates", Draft, Json(r#"{"name": "Cleo"}"#)),
    (
        "patch",
        "/api/v1/elections/{id}/contests/{contest_id}/candidates/{candidate_id}",
        Draft,
        Json(r#"{"name": "Cleo"}"#),
    ),
    ("delete", "/api/v1/elections/{id}/contests/{contest_id}/candidates/{candidate_id}", Draft, Nothing),
    ("put", "/api/v1/elections/{id}/contests/{contest_id}/candidates/{candidate_id}/photo", Draft, Photo),
    (
        "delete",
        "/api/v1/elections/{id}/contests/{contest_id}/candidates/{candidate_id}/photo",
        Draft,
        Nothing,
    ),
    ("get", "/photos/{photo_id}", Draft, Nothing),
    ("get", "/api/v1/elections/{id}/voters", Draft, Nothing),
    ("post", "/api/v1/elections/{id}/voters", Draft, Json(r#"{"email": "late@example.org"}"#)),
    ("get", "/api/v1/elections/{id}/voters.csv", Draft, Nothing),
    ("post", "/api/v1/elections/{id}/voters/import", Draft, Csv),
    ("patch", "/api/v1/elections/{id}/voters/{voter_id}", Draft, Json(r#"{"first_name": "Vera"}"#)),
    ("delete", "/api/v1/elections/{id}/voters/{voter_id}", Draft, Nothing),
    ("post", "/api/v1/elections/{id}/voters/{voter_id}/invitation", Open, Nothing),
    ("post", "/api/v1/elections/{id}/invitations", Open, Json("{}")),
    ("delete", "/api/v1/elections/{id}/invitations", Open, Nothing),
    ("post", "/api/v1/elections/{id}/invitations/test", Draft, Nothing),
    ("post", "/api/v1/elections/{id}/link-requests", Open, Json(r#"{"email": "voter1@example.org"}"#)),
    ("post", "/api/v1/elections/{id}/result-notices", Published, Nothing),
    ("get", "/api/v1/elections/{id}/deliveries", Draft, Nothing),
    ("post", "/api/v1/elections/{id}/ballot", Open, Json(r#"{"token": "{token}"}"#)),
    (
        "post",
        "/api/v1/elections/{id}/votes",
        Open,
        Json(r#"{"token": "{token}", "nonce": "AAAAAAAAAAAAAAAAAAAAAA", "choices": {"{contest_id}": []}}"#),
    ),
    ("get", "/api/v1/elections/{id}/receipts/{receipt}", Open, Nothing),
    ("get", "/api/v1/elections/{id}/results", Published, Nothing),
    ("get", "/api/v1/elections/{id}/results.csv", Published, Nothing),
    ("get", "/api/v1/elections/{id}/turnout", Draft, Nothing),
    ("post", "/api/v1/elections/{id}/verify", Closed, Nothing),
    ("get", "/api/v1/elections/{id}/audit", Draft, Nothing),
    ("get", "/api/v1/admin/accounts", Draft, Nothing),
    ("post", "/api/v1/admin/accounts/{id}/lock", Draft, Nothing),
    ("post", "/api/v1/admin/accounts/{id}/unlock", Draft, Nothing),
    ("delete", "/api/v1/admin/accounts/{id}", Draft, Nothing),
    ("post", "/api/v1/live/tickets", Draft, Nothing),
    ("get", "/health/live", Draft, Nothing),
    ("get", "/health/ready", Draft, Nothing),
];

/// Everybody who tries; those who may not come first, since they must leave things as they are.
const EVERYBODY: [&str; 7] =
    ["anonymous", "voter", "stranger", "administrator", "observer", "manager", "owner"];

struct People {
    service: Service,
    /// Prepares what the others try, and takes no part in it.
    founder: Organiser,
    members: Vec<(&'static str, Organiser)>,
    organisation: Organisation,
}

impl People {
    async fn gather() -> Self {
        let service = Service::start().await;
        let founder = Organiser::register(&service).await;
        let organisation = Organisation::found(&founder).await;
        let mut members = Vec::new();
        for name in ["stranger", "administrator", "observer", "manager", "owner"] {
            let who = Organiser::register(&service).await;
            if !["stranger", "administrator"].contains(&name) {
                organisation.admit(&service, &founder, &who, name).await;
            }
            members.push((name, who));
        }
        let people = Self { service, founder, members, organisation };
        let sql = "UPDATE accounts SET site_admin = true WHERE email = $1";
        let admin = &people.member("administrator").email;
        people.service.superuser().await.execute(sql, &[admin]).await.unwrap();
        people
    }

    fn member(&self, name: &str) -> &Organiser {
        &self.members.iter().find(|(found, _)| *found == name).unwrap().1
    }

    /// Signs everybody in who has an account.
    async fn sign_in(&self) -> Vec<(&'static str, Client)> {
        let mut clients = Vec::new();
        for (name, member) in &self.members {
            let signed_in = Organiser::sign_in(&self.service, &member.email, PASSWORD).await;
            clients.push((*name, signed_in.client));
        }
        clients
    }
}

/// What one operation is tried on.
struct Scene {
    election: Election,
    organisation: String,
    /// A member of the organisation who may be changed.
    guest: String,
    invitation: String,
    voter: String,
    token: String,
    /// An account that administrators may decide over.
    account: String,
}

impl Scene {
    async fn set(people: &People, state: State) -> Self {
        let owner = &people.founder;
        let mut draft = crate::support::people::sample();
        draft["organisation_id"] = json!(people.organisation.id);
        draft["publication"] = json!("manual");
        let election = owner.draft(draft).await;
        owner.import(&election.id, &roll(1)).await;
        let mut token = "A".repeat(43);
        if matches!(state, Open | Closed | Published) {
            owner.open(&people.service, &election.id, 0).await;
            token = people.code(&election.id).await;
        }
        if matches!(state, Closed | Published) {
            owner.close(&election.id).await;
        }
        if state == Published {
            owner.post(&election.path("/publish"), &json!({})).await;
        }
        let (_, voters) = owner.get(&election.path("/voters")).await;
        let voter = voters["items"][0]["id"].as_str().unwrap().to_owned();
        if state == Deleted {
            owner.delete(&election.path("")).await;
        }
        let (guest, account) = people.extras().await;
        people.organisation.invite(owner, "pending@example.org", "observer").await;
        let (_, pending) = owner.get(&people.organisation.path("/invitations")).await;
        let invitation = pending["items"][0]["id"].as_str().unwrap().to_owned();
        let organisation = people.organisation.id.clone();
        Self { election, organisation, guest, invitation, voter, token, account }
    }

    fn filled(&self, text: &str) -> String {
        let id = match text {
            _ if text.starts_with("/api/v1/organisations/") => &self.organisation,
            _ if text.starts_with("/api/v1/admin/") => &self.account,
            _ => &self.election.id,
        };
        text.replace("{id}", id)
            .replace("{account_id}", &self.guest)
            .replace("{invitation_id}", &self.invitation)
            .replace("{contest_id}", self.election.contest(0))
            .replace("{candidate_id}", self.election.candidate(0, 0))
            .replace("{voter_id}", &self.voter)
            .replace("{token}", &self.token)
            .replace("{receipt}", &"0".repeat(64))
            .replace("{session_id}", &Uuid::new_v4().to_string())
            .replace("{photo_id}", &Uuid::new_v4().to_string())
    }
}

impl People {
    /// The voting code of the only voter, whose mailbox all elections share.
    async fn code(&self, election: &str) -> String {
        let start = format!("/vote/{election}#");
        let mail = self.service.sink.mail_where(|mail| mail.text().is_some_and(|text| text.contains(&start)));
        mail.await.unwrap().link().unwrap().split_once('#').unwrap().1.to_owned()
    }

    /// Two accounts without sessions: a member of the organisation, and somebody apart.
    async fn extras(&self) -> (String, String) {
        let database = self.service.superuser().await;
        let make = "INSERT INTO accounts (id, email, password_hash, verified_at)
            VALUES ($1, $1 || '@example.org', '', clock_timestamp())";
        let (guest, apart) = (Uuid::new_v4(), Uuid::new_v4());
        for id in [guest, apart] {
            let sql = make.replace("$1 ||", &format!("'{id}' ||"));
            database.execute(&sql, &[&id]).await.unwrap();
        }
        let organisation = Uuid::parse_str(&self.organisation.id).unwrap();
        let join = "INSERT INTO members (organisation_id, account_id, role) VALUES ($1, $2, 'manager')";
        database.execute(join, &[&organisation, &guest]).await.unwrap();
        (guest.to_string(), apart.to_string())
    }
}

fn photo() -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    RgbImage::new(60, 60).write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

async fn tried(client: &Client, scene: &Scene, method: &str, path: &str, body: Body) -> StatusCode {
    let (content_type, body): (&str, Bytes) = match body {
        Nothing => ("", Bytes::new()),
        Json(text) => ("application/json", scene.filled(text).into()),
        Csv => ("text/csv", "email\nsomebody@example.org\n".into()),
        Photo => ("image/png", photo().into()),
    };
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let mut request = Request::builder().method(method).uri(scene.filled(path));
    if !content_type.is_empty() {
        request = request.header("content-type", content_type);
    }
    client.send(request.body(whole(body)).unwrap()).await.unwrap().status()
}

/// Whether an answer is what somebody must get by the roles that the document states.
fn fits(who: &str, roles: &[&str], status: StatusCode) -> bool {
    let says = |expected: StatusCode| status == expected;
    let has_account = !["anonymous", "voter"].contains(&who);
    let is_done = status.is_success();
    match roles {
        ["anyone"] => !status.is_server_error() && !says(StatusCode::FORBIDDEN),
        // Here the code stands in the body, where everybody sends it who has it.
        ["voter"] => is_done,
        ["account"] if has_account => !says(StatusCode::FORBIDDEN) && !status.is_server_error(),
        _ if !has_account => says(StatusCode::UNAUTHORIZED),
        ["administrator"] if who == "administrator" => is_done,
        ["administrator"] => says(StatusCode::NOT_FOUND),
        roles if roles.contains(&who) => is_done,
        _ if ["stranger", "administrator"].contains(&who) => says(StatusCode::NOT_FOUND),
        _ => says(StatusCode::FORBIDDEN),
    }
}

fn roles(operation: &Value) -> Vec<&str> {
    let named = operation["x-roles"].as_array().expect("every operation states who may call it");
    named.iter().map(|role| role.as_str().unwrap()).collect()
}

#[actix_web::test]
async fn every_operation_answers_everybody_as_the_document_says() {
    let people = People::gather().await;
    let (_, document) = people.service.anonymous().get("/api/v1/openapi.json").await.unwrap();
    let mut left: BTreeSet<(&str, &str)> = WALK.iter().map(|step| (step.0, step.1)).collect();
    let mut wrong = Vec::new();
    let mut clients = people.sign_in().await;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
        {
            let step = WALK.iter().find(|step| (step.0, step.1) == (method.as_str(), path.as_str()));
            let Some(&(_, _, state, body)) = step else {
                wrong.push(format!("{method} {path} is not walked"));
                continue;
            };
            left.remove(&(method.as_str(), path.as_str()));
            walk(&people, &clients, (method, path, state, body), &roles(operation), &mut wrong).await;
            if path.contains("/logout") {
                clients = people.sign_in().await;
            }
        }
    }
    wrong.extend(left.iter().map(|(method, path)| format!("{method} {path} is not in the document")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn walk(
    people: &People,
    clients: &[(&'static str, Client)],
    (method, path, state, body): (&str, &str, State, Body),
    roles: &[&str],
    wrong: &mut Vec<String>,
) {
    let is_public = matches!(roles, ["anyone"] | ["voter"]);
    let mut scene = Scene::set(people, state).await;
    for who in EVERYBODY {
        let signed_in = clients.iter().find(|(name, _)| *name == who).map(|(_, client)| client.clone());
        let client = match who {
            // A voting code is no access token, and must not pass for one.
            "voter" if !is_public => people.service.anonymous().signed_in(&scene.token).unwrap(),
            _ => signed_in.unwrap_or_else(|| people.service.anonymous()),
        };
        let status = tried(&client, &scene, method, path, body).await;
        // The organisation stays for the rest of the walk: its open election keeps it.
        let is_kept = (method, path) == ("delete", "/api/v1/organisations/{id}") && who == "owner";
        if !(fits(who, roles, status) || is_kept && status == StatusCode::CONFLICT) {
            wrong.push(format!("{method} {path} as {who} ({}): {status}", roles.join(", ")));
        }
        if status.is_success() && method != "get" {
            scene = Scene::set(people, state).await;
        }
    }
}

#[actix_web::test]
async fn the_document_says_in_words_who_may_call() {
    let service = Service::start().await;
    let (_, document) = service.anonymous().get("/api/v1/openapi.json").await.unwrap();
    let import = &document["paths"]["/api/v1/elections/{id}/voters/import"]["post"];
    assert_eq!(import["x-roles"], json!(["owner", "manager"]));
    let told = import["description"].as_str().unwrap();
    assert!(
        told.ends_with("**Who may call it:** owner, manager of the organisation; 404 to everybody else."),
        "{told}"
    );
}
