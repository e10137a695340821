//! Who belongs to an organisation: invitations, roles, and leaving.

use futures_util::future::join;
use hyper::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::organisation::{Organisation, accept, account, invitation};
use crate::support::{Organiser, Service};

struct Scene {
    service: Service,
    owner: Organiser,
    organisation: Organisation,
}

impl Scene {
    async fn set() -> Self {
        let service = Service::start().await;
        let owner = Organiser::register(&service).await;
        let organisation = Organisation::found(&owner).await;
        Self { service, owner, organisation }
    }

    async fn joined(&self, role: &str) -> Organiser {
        let member = Organiser::register(&self.service).await;
        self.organisation.admit(&self.service, &self.owner, &member, role).await;
        member
    }

    async fn roles(&self) -> Vec<(String, String)> {
        let (status, body) = self.owner.get(&self.organisation.path("/members")).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let word = |member: &Value, name: &str| member[name].as_str().unwrap().to_owned();
        body["items"].as_array().unwrap().iter().map(|m| (word(m, "email"), word(m, "role"))).collect()
    }
}

#[actix_web::test]
async fn whoever_takes_up_an_invitation_belongs_to_the_organisation() {
    let scene = Scene::set().await;
    let member = scene.joined("manager").await;
    let expected = [(&member.email, "manager"), (&scene.owner.email, "owner")];
    let expected = expected.map(|(email, role)| (email.clone(), role.to_owned()));
    assert_eq!(scene.roles().await, expected, "who joined last comes first");
    let (_, own) = member.get("/api/v1/organisations").await;
    assert_eq!(own["items"].as_array().unwrap().len(), 2);
    let (status, pending) = scene.owner.get(&scene.organisation.path("/invitations")).await;
    assert_eq!((status, &pending["items"]), (StatusCode::OK, &json!([])));
}

#[actix_web::test]
async fn the_answer_is_the_same_whether_or_not_an_address_has_an_account() {
    let scene = Scene::set().await;
    let known = Organiser::register(&scene.service).await;
    let to_known = scene.organisation.invite(&scene.owner, &known.email, "observer").await;
    let to_unknown = scene.organisation.invite(&scene.owner, "Somebody@Example.org", "observer").await;
    assert_eq!(to_known, to_unknown);
    assert_eq!(to_known.0, StatusCode::ACCEPTED);
    let mail = scene.service.sink.mail_to("somebody@example.org").await.unwrap();
    assert_eq!(mail.subject().unwrap(), "Invitation to Students");
    assert!(mail.text().unwrap().contains("Olivia invites you to join Students as observer"));
}

#[actix_web::test]
async fn an_invitation_is_for_one_address_and_one_use() {
    let scene = Scene::set().await;
    let (member, other) =
        (Organiser::register(&scene.service).await, Organiser::register(&scene.service).await);
    scene.organisation.invite(&scene.owner, &member.email, "manager").await;
    let token = invitation(&scene.service, &member.email).await;
    let (status, body) = accept(&other, &token).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("another address"), "{body}");
    assert!(!body.to_string().contains(&member.email), "whose it is stays untold");
    assert_eq!(accept(&member, &token).await.0, StatusCode::NO_CONTENT);
    for token in [token.as_str(), "", "no token at all"] {
        let (status, body) = accept(&member, token).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
}

#[actix_web::test]
async fn a_new_invitation_replaces_the_older_and_can_be_taken_back() {
    let scene = Scene::set().await;
    let member = Organiser::register(&scene.service).await;
    scene.organisation.invite(&scene.owner, &member.email, "observer").await;
    let first = invitation(&scene.service, &member.email).await;
    scene.organisation.invite(&scene.owner, &member.email, "manager").await;
    let second = invitation(&scene.service, &member.email).await;
    assert_eq!(accept(&member, &first).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, pending) = scene.owner.get(&scene.organisation.path("/invitations")).await;
    assert_eq!(pending["items"].as_array().unwrap().len(), 1);
    let pending = &pending["items"][0];
    assert_eq!((&pending["email"], &pending["role"]), (&json!(member.email), &json!("manager")));
    let path = scene.organisation.path(&format!("/invitations/{}", pending["id"].as_str().unwrap()));
    assert_eq!(scene.owner.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_eq!(scene.owner.delete(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(accept(&member, &second).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[actix_web::test]
async fn an_invitation_lives_seven_days() {
    let scene = Scene::set().await;
    let member = Organiser::register(&scene.service).await;
    scene.organisation.invite(&scene.owner, &member.email, "observer").await;
    let token = invitation(&scene.service, &member.email).await;
    let database = scene.service.superuser().await;
    let age = |span: &str| {
        format!(
            "UPDATE organisation_invitations SET created_at = created_at - interval '{span}', expires_at = expires_at - interval '{span}'"
        )
    };
    database.batch_execute(&age("6 days 23 hours 59 minutes")).await.unwrap();
    let (_, pending) = scene.owner.get(&scene.organisation.path("/invitations")).await;
    assert_eq!(pending["items"].as_array().unwrap().len(), 1);
    database.batch_execute(&age("2 minutes")).await.unwrap();
    let (_, pending) = scene.owner.get(&scene.organisation.path("/invitations")).await;
    assert_eq!(pending["items"], json!([]));
    assert_eq!(accept(&member, &token).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[actix_web::test]
async fn wrong_invitations_are_refused_field_by_field() {
    let scene = Scene::set().await;
    let (status, body) = scene.organisation.invite(&scene.owner, "nobody", "king").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<&Value> =
        body["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, [&json!("email"), &json!("role")]);
    let (status, body) = scene.organisation.invite(&scene.owner, &scene.owner.email, "observer").await;
    assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")), "a member already");
}

#[actix_web::test]
async fn owners_change_roles_and_members_leave() {
    let scene = Scene::set().await;
    let (manager, observer) = (scene.joined("manager").await, scene.joined("observer").await);
    let path = scene.organisation.member(&account(&observer).await);
    assert_eq!(manager.patch(&path, &json!({"role": "owner"})).await.0, StatusCode::FORBIDDEN);
    assert_eq!(manager.delete(&path).await.0, StatusCode::FORBIDDEN);
    let (status, body) = scene.owner.patch(&path, &json!({"role": "manager"})).await;
    assert_eq!((status, &body["role"]), (StatusCode::OK, &json!("manager")));
    let (status, _) = scene.owner.patch(&path, &json!({"role": "king"})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let missing = scene.organisation.member(&Uuid::new_v4().to_string());
    assert_eq!(scene.owner.patch(&missing, &json!({"role": "owner"})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(observer.delete(&path).await.0, StatusCode::NO_CONTENT, "everybody may leave");
    assert_eq!(observer.get(&scene.organisation.path("")).await.0, StatusCode::NOT_FOUND);
    let path = scene.organisation.member(&account(&manager).await);
    assert_eq!(scene.owner.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_eq!(scene.owner.delete(&path).await.0, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn the_last_owner_stays_one() {
    let scene = Scene::set().await;
    let own = scene.organisation.member(&account(&scene.owner).await);
    let conflict = |(status, body): (StatusCode, Value)| {
        assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")), "{body}");
    };
    conflict(scene.owner.delete(&own).await);
    conflict(scene.owner.patch(&own, &json!({"role": "manager"})).await);
    let second = scene.joined("owner").await;
    assert_eq!(scene.owner.patch(&own, &json!({"role": "manager"})).await.0, StatusCode::OK);
    conflict(second.delete(&scene.organisation.member(&account(&second).await)).await);
}

#[actix_web::test]
async fn two_owners_who_leave_at_once_leave_one_behind() {
    let scene = Scene::set().await;
    let second = scene.joined("owner").await;
    let paths = [&scene.owner, &second].map(|who| async { scene.organisation.member(&account(who).await) });
    let [first_path, second_path] = paths;
    let (first_path, second_path) = (first_path.await, second_path.await);
    let (one, other) = join(scene.owner.delete(&first_path), second.delete(&second_path)).await;
    let mut statuses = [one.0, other.0];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::NO_CONTENT, StatusCode::CONFLICT]);
}

#[actix_web::test]
async fn the_schema_itself_keeps_an_owner() {
    let scene = Scene::set().await;
    scene.joined("owner").await;
    let (mut one, mut other) = (scene.service.superuser().await, scene.service.superuser().await);
    let owners = "SELECT account_id FROM members WHERE organisation_id = $1 AND role = 'owner'";
    let id = Uuid::parse_str(&scene.organisation.id).unwrap();
    let owners: Vec<Uuid> = one.query(owners, &[&id]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let demote = "UPDATE members SET role = 'observer' WHERE organisation_id = $1 AND account_id = $2";
    let (first, second) = (one.transaction().await.unwrap(), other.transaction().await.unwrap());
    first.execute(demote, &[&id, &owners[0]]).await.unwrap();
    second.execute(demote, &[&id, &owners[1]]).await.unwrap();
    let (first, second) = join(first.commit(), second.commit()).await;
    assert!(first.is_ok() != second.is_ok(), "one of the two: {first:?} {second:?}");
}

#[actix_web::test]
async fn whose_personal_organisation_it_is_stays_its_owner() {
    let scene = Scene::set().await;
    let (_, all) = scene.owner.get("/api/v1/organisations").await;
    let personal = all["items"].as_array().unwrap().iter().find(|found| found["personal"] == true).unwrap();
    let personal = Organisation { id: personal["id"].as_str().unwrap().to_owned() };
    let guest = Organiser::register(&scene.service).await;
    personal.admit(&scene.service, &scene.owner, &guest, "owner").await;
    let path = personal.member(&account(&scene.owner).await);
    assert_eq!(guest.patch(&path, &json!({"role": "observer"})).await.0, StatusCode::CONFLICT);
    assert_eq!(guest.delete(&path).await.0, StatusCode::CONFLICT);
    assert_eq!(scene.owner.delete(&path).await.0, StatusCode::CONFLICT);
}

#[actix_web::test]
async fn what_happens_with_members_is_noted_with_ids_alone() {
    let scene = Scene::set().await;
    let member = scene.joined("observer").await;
    let path = scene.organisation.member(&account(&member).await);
    scene.owner.patch(&path, &json!({"role": "manager"})).await;
    scene.owner.delete(&path).await;
    let (_, log) = scene.owner.get(&scene.organisation.path("/audit")).await;
    let told: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|record| record["action"].as_str().unwrap()).collect();
    let expected =
        ["member.removed", "member.role_changed", "member.joined", "member.invited", "organisation.created"];
    assert_eq!(told, expected);
    assert_eq!(log["items"][1]["details"], json!({"role": "manager", "previous_role": "observer"}));
    assert!(!log.to_string().contains('@'), "no address: {log}");
}
