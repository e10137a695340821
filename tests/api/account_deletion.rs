//! Deleting an account, and what it says beforehand.

use std::time::Duration;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::account::{refused, signs_in};
use crate::support::live::Live;
use crate::support::people::PASSWORD;
use crate::support::{Organiser, Service};

async fn delete(organiser: &Organiser) -> (StatusCode, Value) {
    let body = json!({"password": PASSWORD});
    organiser.client.json(Method::DELETE, "/api/v1/account", Some(&body)).await.unwrap()
}

async fn beforehand(organiser: &Organiser) -> Value {
    let (status, answer) = organiser.get("/api/v1/account/deletion").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

/// Founds an organisation whose members, with their roles, are put there directly.
async fn found(service: &Service, founder: &Organiser, others: &[(&Organiser, &str)]) -> String {
    let (status, organisation) = founder.post("/api/v1/organisations", &json!({"name": "Chess club"})).await;
    assert_eq!(status, StatusCode::CREATED, "{organisation}");
    let id = organisation["id"].as_str().unwrap().to_owned();
    let superuser = service.superuser().await;
    for (member, role) in others {
        let sql = "INSERT INTO members (organisation_id, account_id, role) SELECT $1::text::uuid, id, $3 FROM accounts WHERE email = $2";
        superuser.execute(sql, &[&id, &member.email, role]).await.unwrap();
    }
    id
}

#[actix_web::test]
async fn a_deleted_account_is_signed_out_everywhere_and_its_owner_is_erased() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut live = Live::signed_in(&service, &organiser).await;
    let wrong = json!({"password": "wrong"});
    let answer = organiser.client.json(Method::DELETE, "/api/v1/account", Some(&wrong)).await.unwrap();
    refused(&answer, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    assert_eq!(delete(&organiser).await, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(organiser.get("/api/v1/account").await.0, StatusCode::UNAUTHORIZED);
    assert!(!signs_in(&service, &organiser.email, PASSWORD).await);
    let closed = tokio::time::timeout(Duration::from_secs(2), async { while live.next().await.is_some() {} });
    closed.await.expect("the socket stays open");
    let everything = "SELECT string_agg(t.row, ' ') FROM (SELECT a::text AS row FROM accounts a UNION ALL
        SELECT o::text FROM organisations o UNION ALL SELECT k::text FROM account_tokens k) t";
    let left: String = service.superuser().await.query_one(everything, &[]).await.unwrap().get(0);
    for erased in [organiser.email.as_str(), "Olivia", "argon2"] {
        assert!(!left.contains(erased), "{erased} is left in {left}");
    }
}

#[actix_web::test]
async fn the_address_of_a_deleted_account_can_be_registered_again() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let before = organiser.get("/api/v1/account").await.1["id"].clone();
    assert_eq!(delete(&organiser).await.0, StatusCode::NO_CONTENT);
    let body = json!({"email": organiser.email, "password": PASSWORD});
    service.anonymous().post("/api/v1/auth/register", &body).await.unwrap();
    let sent = service.sink.mail_to(&organiser.email).await.unwrap();
    let token = json!({"token": sent.link().unwrap().split_once('#').unwrap().1});
    assert_eq!(
        service.anonymous().post("/api/v1/auth/verify-email", &token).await.unwrap().0,
        StatusCode::NO_CONTENT
    );
    let again = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    assert_ne!(again.get("/api/v1/account").await.1["id"], before);
}

#[actix_web::test]
async fn what_happens_to_elections_is_said_beforehand_and_then_happens() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (over, _) = organiser.open_election(&service, 1).await;
    organiser.draft(json!({"title": "Draft"})).await;
    let open = beforehand(&organiser).await;
    assert_eq!((&open["elections_open"], &open["elections_kept"]), (&json!(1), &json!(0)), "{open}");
    assert_eq!(open["organisations_blocking"].as_array().unwrap().len(), 1, "{open}");
    refused(&delete(&organiser).await, StatusCode::CONFLICT, "CONFLICT");
    assert_eq!(organiser.get("/api/v1/account").await.0, StatusCode::OK, "nothing has happened yet");
    organiser.close(&over.id).await;
    let closed = beforehand(&organiser).await;
    let expected = json!({"elections_open": 0, "elections_deleted": 1, "elections_kept": 1, "organisations_blocking": []});
    assert_eq!(closed, expected);
    assert_eq!(delete(&organiser).await.0, StatusCode::NO_CONTENT);
    let (status, results) = service.anonymous().get(&over.path("/results")).await.unwrap();
    assert_eq!(status, StatusCode::OK, "public results stay public: {results}");
    let chained = "SELECT count(*) FROM audit_records WHERE action = 'election.created'";
    let outbox = chained.replace("audit_records", "audit_outbox");
    let superuser = service.superuser().await;
    let mut kept = 0;
    for sql in [chained, outbox.as_str()] {
        kept += superuser.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
    }
    assert_eq!(kept, 2, "the log stays");
}

#[actix_web::test]
async fn the_last_owner_of_an_organisation_with_others_can_not_go() {
    let service = Service::start().await;
    let (owner, other) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let club = found(&service, &owner, &[(&other, "manager")]).await;
    let told = beforehand(&owner).await;
    let blocking = json!([{"id": club, "name": "Chess club", "other_members": 1, "elections_open": 0}]);
    assert_eq!(told["organisations_blocking"], blocking, "{told}");
    let answer = delete(&owner).await;
    refused(&answer, StatusCode::CONFLICT, "CONFLICT");
    assert!(answer.1["detail"].as_str().unwrap().contains("Chess club"), "{}", answer.1);
    service.superuser().await.batch_execute("UPDATE members SET role = 'owner'").await.unwrap();
    assert_eq!(beforehand(&owner).await["organisations_blocking"], json!([]));
    assert_eq!(delete(&owner).await.0, StatusCode::NO_CONTENT);
    let (status, members) = other.get(&format!("/api/v1/organisations/{club}/members")).await;
    assert_eq!((status, members["items"].as_array().unwrap().len()), (StatusCode::OK, 1), "{members}");
}

#[actix_web::test]
async fn whoever_is_no_owner_just_leaves() {
    let service = Service::start().await;
    let (owner, manager) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let club = found(&service, &owner, &[(&manager, "manager")]).await;
    owner.draft(json!({"title": "Board", "organisation_id": club})).await;
    let nothing = json!({"elections_open": 0, "elections_deleted": 0, "elections_kept": 0, "organisations_blocking": []});
    assert_eq!(beforehand(&manager).await, nothing);
    assert_eq!(delete(&manager).await.0, StatusCode::NO_CONTENT);
    let (_, elections) = owner.get("/api/v1/elections").await;
    assert_eq!(elections["items"].as_array().unwrap().len(), 1, "{elections}");
}
