//! How sockets end.

use std::time::Instant;

use futures_util::{SinkExt, StreamExt};
use hyper::StatusCode;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::support::live::Live;
use crate::support::people::PASSWORD;
use crate::support::{Organiser, Service};

pub async fn closing(live: &mut Live) -> Option<CloseCode> {
    loop {
        match live.0.next().await {
            Some(Ok(Message::Close(Some(frame)))) => return Some(frame.code),
            Some(Ok(Message::Close(None)) | Err(_)) | None => return None,
            Some(Ok(_)) => {}
        }
    }
}

#[actix_web::test]
async fn a_request_that_makes_no_sense_is_answered_and_the_socket_lives_on() {
    let service = Service::start().await;
    let mut live = Live::anonymous(&service).await;
    let nonsense = [
        "",
        "hello",
        "[]",
        "{}",
        r#"{"type":"dance"}"#,
        r#"{"type":"subscribe"}"#,
        r#"{"type":"subscribe","topic":7}"#,
        r#"{"type":"subscribe","topic":"x","more":1}"#,
    ];
    for text in nonsense {
        live.0.send(Message::text(text)).await.unwrap();
        let told = live.next().await.unwrap();
        assert_eq!((&told["type"], &told["code"]), (&json!("error"), &json!("MALFORMED")), "{text}: {told}");
    }
    live.send(json!({"type": "ping"})).await;
    assert_eq!(live.next().await.unwrap(), json!({"type": "pong"}));
}

#[actix_web::test]
async fn a_binary_frame_ends_the_socket() {
    let service = Service::start().await;
    let mut live = Live::anonymous(&service).await;
    live.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(closing(&mut live).await, Some(CloseCode::Unsupported));
}

#[actix_web::test]
async fn a_frame_that_is_too_large_ends_the_socket() {
    let service = Service::start().await;
    let mut live = Live::anonymous(&service).await;
    live.0.send(Message::text("x".repeat(5_000))).await.unwrap();
    assert_eq!(closing(&mut live).await, Some(CloseCode::Size));
}

#[actix_web::test]
async fn logging_out_closes_the_sockets_of_the_session_and_no_others() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let elsewhere = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let mut here = Live::signed_in(&service, &organiser).await;
    let mut there = Live::signed_in(&service, &elsewhere).await;
    let mut public = Live::anonymous(&service).await;
    let begun = Instant::now();
    organiser.post("/api/v1/auth/logout", &json!({})).await;
    assert_eq!(closing(&mut here).await, Some(CloseCode::Policy));
    assert!(begun.elapsed().as_secs() < 2, "{:?}", begun.elapsed());
    for live in [&mut there, &mut public] {
        live.send(json!({"type": "ping"})).await;
        assert_eq!(live.next().await.unwrap(), json!({"type": "pong"}));
    }
    elsewhere.post("/api/v1/auth/logout-all", &json!({})).await;
    assert_eq!(closing(&mut there).await, Some(CloseCode::Policy));
}

#[actix_web::test]
async fn a_reused_refresh_token_closes_the_sockets_of_its_session() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut live = Live::signed_in(&service, &organiser).await;
    let body = json!({"refresh_token": organiser.refresh_token});
    for expected in [StatusCode::OK, StatusCode::UNAUTHORIZED] {
        let answer = service.anonymous().post("/api/v1/auth/refresh", &body).await.unwrap();
        assert_eq!(answer.0, expected);
    }
    assert_eq!(closing(&mut live).await, Some(CloseCode::Policy));
}

#[actix_web::test]
async fn a_service_that_stops_says_goodbye() {
    let mut service = Service::start().await;
    let mut live = Live::anonymous(&service).await;
    live.send(json!({"type": "ping"})).await;
    live.next().await.unwrap();
    let (code, ()) = futures_util::join!(closing(&mut live), service.restart());
    assert_eq!(code, Some(CloseCode::Away));
}
