//! What every answer says of itself, and which pages of others may call the interface.

use hyper::{Method, Request, Response};
use uvote_loadtest::client::whole;

use crate::support::Service;

const FRIEND: &str = "https://friend.example";
const EVERYWHERE: [&str; 7] = [
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-request-id",
];

async fn ask(
    service: &Service,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> Response<bytes::Bytes> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    service.anonymous().send(request.body(whole("")).unwrap()).await.unwrap()
}

#[actix_web::test]
async fn every_answer_has_the_headers_that_protect_it() {
    let service = Service::start().await;
    let asked = [
        (Method::GET, "/", 200),
        (Method::GET, "/login", 200),
        (Method::GET, "/favicon.ico", 302),
        (Method::GET, "/dashboard", 303),
        (Method::GET, "/nowhere", 404),
        (Method::GET, "/health/live", 200),
        (Method::GET, "/api/v1/openapi.json", 200),
        (Method::GET, "/docs/", 200),
        (Method::GET, "/api/v1/elections", 401),
        (Method::GET, "/api/v1/nowhere", 404),
        (Method::DELETE, "/api/v1/auth/login", 405),
        (Method::POST, "/api/v1/auth/login", 415),
        (Method::GET, "/api/v1/live", 400),
        (Method::POST, "/login", 403),
    ];
    for (method, path, status) in asked {
        let answer = ask(&service, method.clone(), path, &[]).await;
        assert_eq!(answer.status(), status, "{method} {path}");
        for name in EVERYWHERE {
            assert!(answer.headers().contains_key(name), "{name} is missing in {method} {path}");
        }
        let headers = answer.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
        assert!(!headers.contains_key("strict-transport-security"), "the origin is http");
        assert!(!headers.contains_key("access-control-allow-origin"));
        assert!(!headers.contains_key("server"));
    }
    let misdirected = ask(&service, Method::GET, "/", &[("host", "evil.example")]).await;
    assert!(EVERYWHERE.iter().all(|name| misdirected.headers().contains_key(*name)));
}

#[actix_web::test]
async fn an_origin_with_tls_is_remembered_by_browsers() {
    let service = Service::start_with(|config| config.origin = "https://vote.example.org".to_owned()).await;
    for path in ["/", "/api/v1/nowhere"] {
        let answer = ask(&service, Method::GET, path, &[]).await;
        let policy = answer.headers()["strict-transport-security"].to_str().unwrap();
        assert_eq!(policy, "max-age=63072000; includeSubDomains");
    }
}

#[actix_web::test]
async fn pages_of_others_may_not_call_the_interface_unless_they_are_named() {
    let closed = Service::start().await;
    let open = Service::start_with(|config| config.allowed_origins = vec![FRIEND.to_owned()]).await;
    let asked = [
        (&closed, "/api/v1/elections", FRIEND, false),
        (&open, "/api/v1/elections", FRIEND, true),
        (&open, "/api/v1/elections", "https://evil.example", false),
        (&open, "/api/v1/elections", "null", false),
        (&open, "/login", FRIEND, false),
        (&open, "/dashboard", FRIEND, false),
    ];
    for (service, path, origin, allowed) in asked {
        let answer = ask(service, Method::GET, path, &[("origin", origin)]).await;
        let said = answer.headers().get("access-control-allow-origin");
        assert_eq!(said.is_some_and(|said| said == origin), allowed, "{origin} at {path}");
        assert_eq!(said.is_some(), allowed, "{origin} at {path}");
        assert!(!answer.headers().contains_key("access-control-allow-credentials"));
        let asks = [("origin", origin), ("access-control-request-method", "PATCH")];
        let preflight = ask(service, Method::OPTIONS, path, &asks).await;
        assert_eq!(
            preflight.headers().contains_key("access-control-allow-origin"),
            allowed,
            "{origin} at {path}"
        );
        assert_eq!(preflight.status().is_success(), allowed, "{origin} at {path}");
        assert!(!preflight.headers().contains_key("access-control-allow-credentials"));
        assert!(EVERYWHERE.iter().all(|name| preflight.headers().contains_key(*name)));
    }
}
