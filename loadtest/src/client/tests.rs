#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;

/// A service that tells what it was asked; `/closing` ends the connection after the answer.
struct Echo {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let connection = http1::Builder::new();
                let answering = service_fn(answer);
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), answering));
            }
        });
        Self { address, connections }
    }

    fn client(&self) -> Client {
        Client::new(&format!("http://{}", self.address)).unwrap()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let header = |name: HeaderName| head.headers.get(name).map(|v| v.to_str().unwrap());
    let (host, bearer) = (header(HOST), header(AUTHORIZATION));
    let builder = Response::builder();
    let answer = match head.uri.path() {
        "/empty" => builder.status(204).body(Full::default()),
        "/page" => builder.body(Full::from("<html>")),
        "/silent" => std::future::pending().await,
        path => {
            let body = String::from_utf8(body.collect().await.unwrap().to_bytes().into());
            let told = json!({"method": head.method.as_str(), "path": path, "host": host,
                "authorization": bearer, "body": body.unwrap()});
            let builder = match path {
                "/closing" => builder.header("connection", "close"),
                _ => builder.status(418),
            };
            builder.body(Full::from(told.to_string()))
        }
    };
    Ok(answer.unwrap())
}

#[tokio::test]
async fn status_and_json_come_back_whatever_the_status() {
    let echo = Echo::start().await;
    let client = echo.client();
    let sent = json!({"a": 1});
    let (status, told) = client.post("/x", &sent).await.unwrap();
    let expected = json!({"method": "POST", "path": "/x", "host": echo.address.to_string(),
        "authorization": null, "body": sent.to_string()});
    assert_eq!((status.as_u16(), told), (418, expected));
}

#[tokio::test]
async fn each_method_is_sent_as_such() {
    let echo = Echo::start().await;
    let client = echo.client();
    let body = json!({});
    let answers = [
        ("GET", client.get("/").await),
        ("DELETE", client.delete("/").await),
        ("PATCH", client.patch("/", &body).await),
    ];
    for (method, answer) in answers {
        assert_eq!(answer.unwrap().1["method"], method);
    }
}

#[tokio::test]
async fn a_signed_in_client_sends_its_token_and_the_other_does_not() {
    let echo = Echo::start().await;
    let client = echo.client();
    let signed_in = client.signed_in("abc").unwrap();
    let told = signed_in.get("/").await.unwrap().1;
    assert_eq!(told["authorization"], "Bearer abc");
    let told = client.get("/").await.unwrap().1;
    assert_eq!(told["authorization"], Value::Null);
}

#[tokio::test]
async fn one_connection_serves_many_requests_and_all_clones() {
    let echo = Echo::start().await;
    let client = echo.client();
    for _ in 0..3 {
        client.get("/").await.unwrap();
        client.clone().get("/").await.unwrap();
    }
    assert_eq!(echo.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_the_service_closed_is_replaced() {
    let echo = Echo::start().await;
    let client = echo.client();
    for _ in 0..3 {
        assert_eq!(client.get("/closing").await.unwrap().0, 200);
    }
    assert_eq!(echo.connections(), 3);
}

#[tokio::test]
async fn a_streamed_body_arrives_whole() {
    let echo = Echo::start().await;
    let chunks = futures_util::stream::iter(["one,", "two,", "three"].map(Bytes::from));
    let request = Request::post("/").body(streamed(chunks)).unwrap();
    let answer = echo.client().send(request).await.unwrap();
    assert_eq!(read_json(&answer).unwrap().1["body"], "one,two,three");
}

#[tokio::test]
async fn an_empty_answer_is_null_and_a_page_is_an_error() {
    let echo = Echo::start().await;
    let client = echo.client();
    assert_eq!(client.get("/empty").await.unwrap().1, Value::Null);
    let error = client.get("/page").await.unwrap_err();
    assert!(matches!(error, ClientError::NotJson { ref start, .. } if start == "<html>"));
}

#[tokio::test]
async fn a_silent_service_is_given_up() {
    let echo = Echo::start().await;
    let client = echo.client().patient(Duration::from_millis(10));
    let error = client.get("/silent").await.unwrap_err();
    assert!(matches!(error, ClientError::TooSlow(_)), "{error}");
}

#[tokio::test]
async fn nobody_listening_is_told_with_the_address() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let client = Client::new(&format!("http://{address}")).unwrap();
    let message = client.get("/").await.unwrap_err().to_string();
    assert!(message.contains(&address.to_string()), "{message}");
}

#[test]
fn an_address_is_a_scheme_and_a_host_and_no_path() {
    for url in
        ["ftp://a.example", "a.example:80", "http://a.example/vote", "http://u:p@a.example", "/path", ""]
    {
        assert!(Client::new(url).is_err(), "{url}");
    }
    for (url, address, host) in [
        ("http://a.example/", "a.example:80", "a.example"),
        ("https://a.example", "a.example:443", "a.example"),
        ("https://127.0.0.1:8443/", "127.0.0.1:8443", "127.0.0.1:8443"),
        ("http://[::1]:81", "[::1]:81", "[::1]:81"),
    ] {
        let client = Client::new(url).unwrap();
        assert_eq!((client.authority().as_str(), client.authority().host()), (address, host), "{url}");
    }
}

#[test]
fn a_file_without_certificates_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let refused = Client::trusting("https://a.example", Some(file.path())).err().unwrap().to_string();
    assert!(refused.contains(file.path().to_str().unwrap()), "{refused}");
}
