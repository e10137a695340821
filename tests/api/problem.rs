//! Refusals as RFC 9457 problems, and requests that no well-behaved client would send.

use bytes::Bytes;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::Value;
use uvote_loadtest::client::{Client, read_json, whole};

/// An answer with its headers read away.
pub type Answer = (StatusCode, Value);

/// Expects a problem with this status and code, in the form that RFC 9457 asks for.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, code: &str) {
    let (got, body) = answer;
    assert_eq!((got.as_u16(), body["code"].as_str()), (status, Some(code)), "{body}");
    assert_eq!(body["status"].as_u64(), Some(u64::from(status)), "{body}");
    for member in ["type", "title", "detail", "request_id"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {body}");
    }
    let lists_errors = body["errors"].as_array().is_some_and(|errors| !errors.is_empty());
    assert_eq!(lists_errors, status == 422 || code == "NOT_READY", "{body}");
}

/// Expects 422 `INVALID` with exactly these fields named, in this order.
#[track_caller]
pub fn invalid(answer: &Answer, fields: &[&str]) {
    refused(answer, 422, "INVALID");
    assert_eq!(self::fields(&answer.1), fields, "{}", answer.1);
}

/// The fields that a refusal names.
pub fn fields(body: &Value) -> Vec<&str> {
    body["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect()
}

/// Sends bytes as they are.
pub async fn send_raw(
    client: &Client,
    method: Method,
    path: &str,
    content_type: &str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(path).header("content-type", content_type);
    client.send(request.body(whole(body)).unwrap()).await.unwrap()
}

/// Posts bytes as they are, and reads the answer.
pub async fn post_raw(client: &Client, path: &str, content_type: &str, body: impl Into<Bytes>) -> Answer {
    read_json(&send_raw(client, Method::POST, path, content_type, body).await).unwrap()
}

/// The ids of the items of a list.
pub fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}
