//! Who gets a socket, and as whom.

use std::net::SocketAddr;

use hyper::StatusCode;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use uvote::app;
use uvote::auth::SESSION_COOKIE;
use uvote::store::accounts::{self, Proven};
use uvote::store::second_factors::Factor;
use uvote::store::sessions;
use uvote_domain::account::Email;

use super::ends::closing;
use super::{refused, topic, watch};
use crate::support::cluster::cluster;
use crate::support::live::Live;
use crate::support::people::PASSWORD;
use crate::support::service::{ORIGIN, config};
use crate::support::{Organiser, Service};

const EVIL: &str = "https://evil.example";

/// What a request for a socket brings along.
#[derive(Default, Clone, Copy)]
struct Brings<'a> {
    query: &'a str,
    origin: Option<&'a str>,
    cookie: Option<&'a str>,
}

async fn handshake(service: &Service, brings: Brings<'_>) -> Result<Live, StatusCode> {
    handshake_at(service.address(), brings).await
}

async fn handshake_at(address: SocketAddr, brings: Brings<'_>) -> Result<Live, StatusCode> {
    let url = format!("ws://{address}/api/v1/live{}", brings.query);
    let mut request = url.into_client_request().unwrap();
    if let Some(origin) = brings.origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    if let Some(cookie) = brings.cookie {
        let cookie = format!("theme=dark; {SESSION_COOKIE}={cookie}");
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => Ok(Live(socket)),
        Err(Error::Http(answer)) => {
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            let problem: Value = serde_json::from_slice(answer.body().as_ref().unwrap()).unwrap();
            assert_eq!(problem["status"], answer.status().as_u16());
            assert_eq!(problem["request_id"], answer.headers()["x-request-id"].to_str().unwrap());
            Err(StatusCode::from_u16(answer.status().as_u16()).unwrap())
        }
        Err(error) => panic!("{error}"),
    }
}

/// Opens no socket with this query; answers why not.
async fn in_vain(service: &Service, query: &str) -> StatusCode {
    handshake(service, Brings { query, ..Brings::default() }).await.err().unwrap()
}

/// The cookie of a page's session of this organiser.
async fn cookie(service: &Service, organiser: &Organiser) -> String {
    let mut client = service.running().database().client().await.unwrap();
    let email = Email::parse(&organiser.email).unwrap();
    let known = accounts::by_address(&client, &email).await.unwrap().unwrap();
    let owner = Proven { account: known.account, password_hash: known.password_hash, factor: Factor::None };
    sessions::open_page(&mut client, &owner, None).await.unwrap().unwrap().cookie
}

async fn ticket(organiser: &Organiser) -> String {
    let (status, answer) = organiser.post("/api/v1/live/tickets", &json!({})).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    assert!(answer["expires_at"].is_string());
    format!("?ticket={}", answer["ticket"].as_str().unwrap())
}

#[actix_web::test]
async fn a_ticket_opens_one_socket() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let ticket = ticket(&organiser).await;
    let mut live = handshake(&service, Brings { query: &ticket, ..Brings::default() }).await.unwrap();
    live.subscribe("account/notifications").await;
    assert_eq!(live.next().await.unwrap()["type"], "subscribed");
    assert_eq!(in_vain(&service, &ticket).await, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn a_ticket_that_is_unknown_expired_or_of_an_ended_session_opens_nothing() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    assert_eq!(in_vain(&service, "?ticket=nonsense").await, StatusCode::UNAUTHORIZED);
    assert_eq!(in_vain(&service, "?ticket=").await, StatusCode::UNAUTHORIZED);
    let late = ticket(&organiser).await;
    let superuser = service.superuser().await;
    let expire = "UPDATE live_tickets SET expires_at = clock_timestamp() - interval '1 second'";
    superuser.batch_execute(expire).await.unwrap();
    assert_eq!(in_vain(&service, &late).await, StatusCode::UNAUTHORIZED);
    let ended = ticket(&organiser).await;
    organiser.post("/api/v1/auth/logout", &json!({})).await;
    assert_eq!(in_vain(&service, &ended).await, StatusCode::UNAUTHORIZED);
    let anonymous = service.anonymous().post("/api/v1/live/tickets", &json!({})).await.unwrap();
    assert_eq!(anonymous.0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn pages_of_other_origins_open_no_sockets() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for foreign in [EVIL, "null", "http://localhost:1", "http://localhost.evil.example"] {
        let answer = handshake(&service, Brings { origin: Some(foreign), ..Brings::default() }).await;
        assert_eq!(answer.err(), Some(StatusCode::FORBIDDEN), "{foreign}");
    }
    assert!(handshake(&service, Brings { origin: Some(ORIGIN), ..Brings::default() }).await.is_ok());
    assert!(handshake(&service, Brings::default()).await.is_ok(), "programs send none");
    let ticket = ticket(&organiser).await;
    assert!(
        handshake(&service, Brings { query: &ticket, origin: Some(EVIL), cookie: None }).await.is_ok(),
        "a ticket is enough"
    );
}

#[actix_web::test]
async fn a_page_signs_in_by_its_cookie_until_the_session_ends() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(2).await;
    let cookie = cookie(&service, &organiser).await;
    let page = Brings { origin: Some(ORIGIN), cookie: Some(&cookie), query: "" };
    let mut live = handshake(&service, page).await.unwrap();
    assert_eq!(watch(&mut live, &topic(&election, "turnout")).await["eligible"], 2);
    let mut again = handshake(&service, page).await.unwrap();
    assert_eq!(watch(&mut again, &topic(&election, "turnout")).await["eligible"], 2, "it is no ticket");
    organiser.post("/api/v1/auth/logout", &json!({})).await;
    live.send(json!({"type": "ping"})).await;
    assert_eq!(live.next().await.unwrap(), json!({"type": "pong"}), "another session has ended");
    let elsewhere = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    elsewhere.post("/api/v1/auth/logout-all", &json!({})).await;
    assert_eq!(closing(&mut live).await, Some(CloseCode::Policy));
    assert_eq!(handshake(&service, page).await.err(), Some(StatusCode::UNAUTHORIZED));
}

#[actix_web::test]
async fn a_cookie_of_no_living_session_opens_no_anonymous_socket() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let late = cookie(&service, &organiser).await;
    let expire = "UPDATE sessions SET expires_at = clock_timestamp() - interval '1 second' WHERE cookie_hash IS NOT NULL";
    service.superuser().await.batch_execute(expire).await.unwrap();
    for cookie in ["", "nonsense", &late] {
        let page = Brings { origin: Some(ORIGIN), cookie: Some(cookie), query: "" };
        assert_eq!(handshake(&service, page).await.err(), Some(StatusCode::UNAUTHORIZED), "{cookie}");
    }
}

#[actix_web::test]
async fn a_cookie_counts_for_our_own_pages_alone() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let cookie = cookie(&service, &organiser).await;
    for origin in [None, Some(EVIL), Some("null"), Some("http://localhost:1"), Some("")] {
        let hijack = Brings { origin, cookie: Some(&cookie), query: "" };
        assert_eq!(handshake(&service, hijack).await.err(), Some(StatusCode::FORBIDDEN), "{origin:?}");
    }
}

#[actix_web::test]
async fn an_allowed_page_of_another_origin_is_anonymous_whatever_its_cookies() {
    const FRIEND: &str = "https://friend.example";
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 1).await;
    let cookie = cookie(&service, &organiser).await;
    let page = Brings { origin: Some(FRIEND), cookie: Some(&cookie), query: "" };
    let mut settings = config(cluster().url(&service.database), service.sink.address());
    settings.allowed_origins = vec![FRIEND.to_owned()];
    let open_minded = app::start(settings).await.unwrap();
    let mut live = handshake_at(open_minded.address(), page).await.unwrap();
    assert_eq!(watch(&mut live, &topic(&election, "status")).await["status"], "active");
    assert_eq!(refused(&mut live, &topic(&election, "turnout")).await, "NOT_FOUND");
    open_minded.stop().await;
}
