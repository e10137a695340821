//! Requests that are no good before their meaning is looked at, and the form of every refusal.

use bytes::Bytes;
use futures_util::stream;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use uvote_loadtest::client::{Client, read_json, streamed, whole};

use super::problem::{invalid, post_raw, refused, send_raw};
use crate::support::people::sample;
use crate::support::{Organiser, Service};

const JSON: &str = "application/json";
const LIMIT: usize = 64 * 1024;

/// Calls that take JSON, from organisers and from anybody, each with a field of text.
fn taking_json() -> [(String, &'static str); 7] {
    let election = format!("/api/v1/elections/{}", Uuid::new_v4());
    [
        ("/api/v1/elections".to_owned(), "title"),
        ("/api/v1/auth/register".to_owned(), "email"),
        ("/api/v1/auth/login".to_owned(), "password"),
        (format!("{election}/ballot"), "token"),
        (format!("{election}/votes"), "nonce"),
        (format!("{election}/voters"), "first_name"),
        (format!("{election}/contests"), "description"),
    ]
}

#[actix_web::test]
async fn a_body_may_have_64_kib_and_no_more() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for (path, _) in taking_json() {
        let answer = post_raw(&organiser.client, &path, JSON, "x".repeat(LIMIT + 1)).await;
        refused(&answer, 413, "TOO_LARGE");
        let chunks = stream::iter((0..70).map(|_| Bytes::from_static(&[b' '; 1024])));
        let request = Request::builder().method(Method::POST).uri(&path).header("content-type", JSON);
        let answer = organiser.client.send(request.body(streamed(chunks)).unwrap()).await.unwrap();
        refused(&read_json(&answer).unwrap(), 413, "TOO_LARGE");
    }
    let mut body = sample().to_string();
    body.push_str(&" ".repeat(LIMIT - body.len()));
    let (status, answer) = post_raw(&organiser.client, "/api/v1/elections", JSON, body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
}

#[actix_web::test]
async fn only_json_is_taken_where_json_is_meant() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for (path, _) in taking_json() {
        for wrong in ["text/plain", "application/x-www-form-urlencoded", "text/html", "json", ""] {
            let answer = post_raw(&organiser.client, &path, wrong, r#"{"title":"Board"}"#).await;
            refused(&answer, 415, "UNSUPPORTED_MEDIA_TYPE");
        }
    }
    let (status, _) = post_raw(
        &organiser.client,
        "/api/v1/elections",
        "application/json; charset=utf-8",
        sample().to_string(),
    )
    .await;
    assert_eq!(status, StatusCode::CREATED);
}

#[actix_web::test]
async fn what_is_no_json_is_malformed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for (path, field) in taking_json() {
        let bodies: [Vec<u8>; 10] = [
            b"".into(),
            b"{".into(),
            b"\0".into(),
            b"\xFF\xFE{\0}\0".into(),
            b"{'a': 'b'}".into(),
            format!(r#"{{"{field}":"a""#).into(),
            format!(r#"{{"{field}":"a\0"}}"#).into(),
            format!(r#"{{"{field}":"\ud800"}}"#).into(),
            [format!(r#"{{"{field}":""#).as_bytes(), b"\xFF\xFE\"}"].concat(),
            [format!(r#"{{"{field}":""#).as_bytes(), b"\xC3\x28\"}"].concat(),
        ];
        for body in bodies {
            let told = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            let answer = post_raw(&organiser.client, &path, JSON, body).await;
            assert_eq!(answer.0, StatusCode::BAD_REQUEST, "{path} {told}: {}", answer.1);
            refused(&answer, 400, "MALFORMED");
        }
    }
}

#[actix_web::test]
async fn a_body_nested_without_end_is_refused() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let votes = format!("/api/v1/elections/{}/votes", Uuid::new_v4());
    for deep in [
        "[".repeat(60_000),
        format!(r#"{{"title":"B","contests":{}"#, "[".repeat(60_000)),
        format!(r#"{{"choices":{}"#, r#"{"a":"#.repeat(12_000)),
    ] {
        for path in ["/api/v1/elections", &votes] {
            let answer = post_raw(&organiser.client, path, JSON, deep.clone()).await;
            assert!(matches!(answer.1["code"].as_str(), Some("MALFORMED" | "INVALID")), "{}", answer.1);
        }
    }
}

#[actix_web::test]
async fn a_body_that_may_be_missing_is_judged_like_any_other_when_it_is_there() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(1).await;
    organiser.post(&election.path("/activate"), &json!({})).await;
    let path = election.path("/invitations");
    let send =
        async |content_type, body: String| post_raw(&organiser.client, &path, content_type, body).await;
    refused(&send(JSON, "{".into()).await, 400, "MALFORMED");
    refused(&send(JSON, " ".repeat(LIMIT + 1)).await, 413, "TOO_LARGE");
    refused(&send("text/plain", "{}".into()).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    invalid(&send(JSON, r#"{"too":"not_voted"}"#.into()).await, &["too"]);
    invalid(&send(JSON, r#"{"to":"everyone"}"#.into()).await, &["to"]);
    let (status, answer) = organiser.client.json(Method::POST, &path, None).await.unwrap();
    assert_eq!((status, &answer["queued"]), (StatusCode::ACCEPTED, &json!(1)), "{answer}");
}

#[actix_web::test]
async fn wrong_types_and_unknown_fields_are_invalid() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let votes = election.path("/votes");
    let nonce = crate::support::people::nonce();
    for (path, body, wrong) in [
        ("/api/v1/elections", json!({"title": "B", "colour": 1}), "colour"),
        ("/api/v1/auth/login", json!({"email": "a@example.org", "password": "x", "admin": true}), "admin"),
        ("/api/v1/auth/login", json!({"email": "a@example.org"}), "password"),
        (&votes, json!({"token": "x", "nonce": nonce, "choices": {}, "weight": 2}), "weight"),
        (&votes, json!({"token": "x", "choices": {}}), "nonce"),
        (&votes, json!({"nonce": nonce, "choices": {}}), "token"),
        (&votes, json!({"token": "x", "nonce": nonce}), "choices"),
        (&election.path("/ballot"), json!({}), "token"),
        (&election.path("/ballot"), json!({"token": "x", "nonce": "y"}), "nonce"),
    ] {
        invalid(&organiser.post(path, &body).await, &[wrong]);
    }
    for (path, body) in [
        ("/api/v1/elections", json!({"title": ["B"]})),
        ("/api/v1/auth/login", json!({"email": {}, "password": "x"})),
        (&votes, json!({"token": 5, "nonce": nonce, "choices": {}})),
        (&votes, json!({"token": "x", "nonce": nonce, "choices": []})),
        (&votes, json!({"token": "x", "nonce": nonce, "choices": {"a": "b"}})),
        (&votes, json!({"token": "x", "nonce": nonce, "choices": {"a": [null]}})),
    ] {
        refused(&organiser.post(path, &body).await, 422, "INVALID");
    }
}

#[actix_web::test]
async fn an_id_that_is_none_is_not_found() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    for bad in ["x", "0", "%00", "%FF", "..%2F..", "null", "6ba7b810-9dad-11d1-80b4-00c04fd430cg"] {
        for path in [
            format!("/api/v1/elections/{bad}"),
            format!("/api/v1/elections/{bad}/results"),
            format!("/api/v1/elections/{bad}/turnout"),
            format!("/api/v1/elections/{bad}/receipts/{}", "0".repeat(64)),
        ] {
            refused(&organiser.get(&path).await, 404, "NOT_FOUND");
        }
        let voter = election.path(&format!("/voters/{bad}"));
        refused(&organiser.delete(&voter).await, 404, "NOT_FOUND");
        let contest = election.path(&format!("/contests/{bad}"));
        refused(&organiser.patch(&contest, &json!({"title": "C"})).await, 404, "NOT_FOUND");
        let votes = format!("/api/v1/elections/{bad}/votes");
        let body = json!({"token": "x", "nonce": "", "choices": {}});
        refused(&organiser.post(&votes, &body).await, 404, "NOT_FOUND");
    }
}

#[actix_web::test]
async fn unknown_paths_are_not_found_and_wrong_methods_not_allowed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let id = Uuid::new_v4();
    for path in
        ["/api", "/api/v1", "/api/v1/election", "/api/v2/elections", "/api/v1/elections/", "/nothing", "//"]
    {
        refused(&organiser.get(path).await, 404, "NOT_FOUND");
        refused(&organiser.post(path, &json!({})).await, 404, "NOT_FOUND");
    }
    for (method, path) in [
        (Method::PUT, "/api/v1/elections".to_owned()),
        (Method::DELETE, "/api/v1/elections".to_owned()),
        (Method::POST, format!("/api/v1/elections/{id}")),
        (Method::GET, format!("/api/v1/elections/{id}/votes")),
        (Method::GET, format!("/api/v1/elections/{id}/ballot")),
        (Method::GET, format!("/api/v1/elections/{id}/activate")),
        (Method::POST, format!("/api/v1/elections/{id}/results")),
        (Method::PUT, format!("/api/v1/elections/{id}/voters/{id}")),
        (Method::GET, "/api/v1/auth/login".to_owned()),
        (Method::POST, "/health/live".to_owned()),
        (Method::from_bytes(b"BREW").unwrap(), "/api/v1/elections".to_owned()),
    ] {
        let answer = organiser.client.json(method, &path, None).await.unwrap();
        refused(&answer, 405, "METHOD_NOT_ALLOWED");
    }
}

async fn asked_as(client: &Client, path: &str, id: Option<&str>) -> Response<Bytes> {
    let request = Request::builder().uri(path);
    let request = id.into_iter().fold(request, |request, id| request.header("x-request-id", id));
    client.send(request.body(whole(Bytes::new())).unwrap()).await.unwrap()
}

#[actix_web::test]
async fn every_answer_has_a_request_id_and_a_sane_one_of_the_caller_is_kept() {
    let service = Service::start().await;
    let client = service.anonymous();
    let long = "x".repeat(65);
    for path in ["/health/live", "/api/v1/elections", "/nothing", "/api/v1/elections/x/results"] {
        let answer = asked_as(&client, path, Some("caller-1.2_3")).await;
        assert_eq!(answer.headers()["x-request-id"], "caller-1.2_3", "{path}");
        for odd in
            [None, Some(""), Some("a b c d e f"), Some("<script>alert</script>"), Some("short"), Some(&*long)]
        {
            let answer = asked_as(&client, path, odd).await;
            let made = answer.headers()["x-request-id"].to_str().unwrap();
            assert!(made.parse::<Uuid>().is_ok(), "{made} for {odd:?} at {path}");
        }
    }
}

#[actix_web::test]
async fn every_refusal_is_a_problem_that_names_its_request() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let anonymous = service.anonymous();
    for (client, method, path, content_type, body, status) in [
        (&anonymous, Method::GET, "/api/v1/elections".to_owned(), JSON, "", 401),
        (&organiser.client, Method::GET, "/nothing".to_owned(), JSON, "", 404),
        (&organiser.client, Method::PUT, "/api/v1/elections".to_owned(), JSON, "", 405),
        (&organiser.client, Method::POST, "/api/v1/elections".to_owned(), JSON, "{", 400),
        (&organiser.client, Method::POST, "/api/v1/elections".to_owned(), JSON, "{}", 422),
        (&organiser.client, Method::POST, "/api/v1/elections".to_owned(), "text/plain", "{}", 415),
        (&organiser.client, Method::GET, "/api/v1/elections?limit=x".to_owned(), JSON, "", 422),
        (&organiser.client, Method::POST, election.path("/activate"), JSON, "", 409),
        (&anonymous, Method::POST, election.path("/ballot"), JSON, r#"{"token":""}"#, 404),
    ] {
        let answer = send_raw(client, method, &path, content_type, body).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
        let problem: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(answer.headers()["x-request-id"], problem["request_id"].as_str().unwrap());
        assert_eq!(problem["status"], status);
        assert!(
            ["type", "title", "detail", "code"].iter().all(|member| problem[member].is_string()),
            "{problem}"
        );
    }
}

#[actix_web::test]
async fn a_nul_is_never_a_failure_of_the_service() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let contest = election.path(&format!("/contests/{}", election.contest(0)));
    let nul = "a\0b";
    for (path, body) in [
        (
            "/api/v1/auth/register".to_owned(),
            json!({"email": "a\0@example.org", "password": "correct-Horse-battery-7"}),
        ),
        (
            "/api/v1/auth/register".to_owned(),
            json!({"email": "nul@example.org", "password": "correct-Horse-battery-7", "name": nul}),
        ),
        ("/api/v1/auth/login".to_owned(), json!({"email": nul, "password": nul})),
        ("/api/v1/auth/login".to_owned(), json!({"email": organiser.email, "password": nul})),
        ("/api/v1/auth/verify-email".to_owned(), json!({"token": nul})),
        ("/api/v1/auth/refresh".to_owned(), json!({"refresh_token": nul})),
        ("/api/v1/elections".to_owned(), json!({"title": nul})),
        (
            "/api/v1/elections".to_owned(),
            json!({"title": "B", "description": nul, "time_zone": nul, "invitation_message": nul, "contact_email": nul}),
        ),
        (election.path("/contests"), json!({"title": nul})),
        (format!("{contest}/candidates"), json!({"name": nul, "description": nul})),
        (election.path("/voters"), json!({"email": nul})),
        (election.path("/voters"), json!({"email": "a@example.org", "first_name": nul})),
        (election.path("/invitations"), json!({"to": nul})),
        (election.path("/link-requests"), json!({"email": nul})),
        (election.path("/ballot"), json!({"token": nul})),
        (election.path("/votes"), json!({"token": nul, "nonce": nul, "choices": {nul: [nul]}})),
    ] {
        let (status, answer) = organiser.post(&path, &body).await;
        assert!(status.as_u16() < 500, "{path} {body}: {answer}");
    }
    for query in [
        "q=%00",
        "status=%00",
        "sort=%00",
        "cursor=%00",
        "cursor=AA",
        "cursor=AAAA",
        "organisation_id=%00",
        "limit=%00",
        "q=%FF",
    ] {
        for list in ["/api/v1/elections".to_owned(), election.path("/voters"), election.path("/audit")] {
            let (status, answer) = organiser.get(&format!("{list}?{query}")).await;
            assert!(status.as_u16() < 500, "{list}?{query}: {answer}");
        }
    }
    let file = "email,first_name\na@example.org,a\0b\n";
    refused(&organiser.import(&election.id, file).await, 422, "IMPORT_REJECTED");
}
