//! Client addresses behind proxies, and hosts that are not ours.

use hyper::{Request, Response};
use serde_json::json;
use uvote::config::{Networks, Quotas};
use uvote_loadtest::client::whole;

use crate::support::Service;

/// Tries to sign in to the n-th account, as a proxy that has heard this.
async fn sign_in(service: &Service, number: usize, forwarded_for: &str) -> u16 {
    let body = json!({"email": format!("a{number}@example.org"), "password": "wrong"});
    let request = Request::post("/api/v1/auth/login")
        .header("content-type", "application/json")
        .header("x-forwarded-for", forwarded_for)
        .body(whole(body.to_string()))
        .unwrap();
    service.anonymous().send(request).await.unwrap().status().as_u16()
}

async fn limited(trusted: &[&str]) -> Service {
    let proxies: Networks = trusted.iter().map(|network| network.parse().unwrap()).collect();
    Service::start_with(|config| {
        config.limits = Some(Quotas::default());
        config.trusted_proxies = proxies;
    })
    .await
}

#[actix_web::test]
async fn what_a_client_says_of_itself_does_not_help_it_past_a_limit() {
    let service = limited(&[]).await;
    for number in 0..30 {
        assert_eq!(sign_in(&service, number, &format!("198.51.100.{number}")).await, 401);
    }
    assert_eq!(sign_in(&service, 30, "198.51.100.30").await, 429);
}

#[actix_web::test]
async fn behind_a_trusted_proxy_each_client_is_counted_alone() {
    let service = limited(&["127.0.0.0/8"]).await;
    for number in 0..30 {
        // The left end is the client's own say.
        assert_eq!(sign_in(&service, number, &format!("203.0.113.{number}, 198.51.100.7")).await, 401);
    }
    assert_eq!(sign_in(&service, 30, "203.0.113.99, 198.51.100.7").await, 429);
    assert_eq!(sign_in(&service, 31, "198.51.100.7, 198.51.100.8").await, 401);
}

#[actix_web::test]
async fn the_addresses_of_one_network_of_ipv6_are_one_client() {
    let service = limited(&["127.0.0.0/8"]).await;
    for number in 0..30 {
        assert_eq!(sign_in(&service, number, &format!("2001:db8:1:2::{number:x}")).await, 401);
    }
    assert_eq!(sign_in(&service, 30, "2001:db8:1:2:ffff::1").await, 429);
    assert_eq!(sign_in(&service, 31, "2001:db8:1:3::1").await, 401);
}

async fn get(service: &Service, path: &str, host: &str) -> Response<bytes::Bytes> {
    let request = Request::get(path).header("host", host).body(whole("")).unwrap();
    service.anonymous().send(request).await.unwrap()
}

#[actix_web::test]
async fn requests_that_mean_another_host_are_refused() {
    let service = Service::start_with(|config| config.origin = "https://vote.example.org".to_owned()).await;
    for ours in ["vote.example.org", "VOTE.example.org:443", "localhost:8080", "127.0.0.1", "[::1]:8080"] {
        assert_eq!(get(&service, "/", ours).await.status(), 200, "{ours}");
    }
    for path in ["/", "/api/v1/openapi.json", "/api/v1/live"] {
        for foreign in
            ["evil.example", "vote.example.org.evil.example", "192.0.2.1:8080", "localhost.evil.example"]
        {
            let answer = get(&service, path, foreign).await;
            assert_eq!(answer.status(), 421, "{foreign}");
            let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(body["code"], "MISDIRECTED");
        }
    }
    assert_eq!(get(&service, "/health/live", "10.1.2.3:8080").await.status(), 200);
    assert_eq!(get(&service, "/health/ready", "10.1.2.3:8080").await.status(), 200);
}
