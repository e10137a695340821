//! A browser without JavaScript, signed in to the organiser's pages.

use bytes::Bytes;
use hyper::{Request, Response, StatusCode};
use url::form_urlencoded;
use uvote_loadtest::client::{Body, Client, whole};

use super::Service;
use super::people::PASSWORD;
use super::service::ORIGIN;

pub struct Browser {
    client: Client,
    cookie: String,
}

pub struct Page {
    pub status: StatusCode,
    pub html: String,
    location: Option<String>,
}

impl Browser {
    pub async fn sign_in(service: &Service, email: &str) -> Self {
        let mut browser = Self { client: service.anonymous(), cookie: String::new() };
        let fields = [("email", email), ("password", PASSWORD)];
        let answer = browser.post("/login", "application/x-www-form-urlencoded", form(&fields)).await;
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        browser
    }

    async fn send(&self, request: hyper::http::request::Builder, body: Body) -> Response<Bytes> {
        let request = request.header("cookie", &self.cookie).header("accept", "text/html");
        self.client.send(request.body(body).unwrap()).await.unwrap()
    }

    async fn post(&self, path: &str, kind: &str, body: String) -> Response<Bytes> {
        let request = Request::post(path).header("origin", ORIGIN).header("content-type", kind);
        self.send(request, whole(body)).await
    }

    /// Whatever is there.
    pub async fn raw(&self, path: &str) -> Response<Bytes> {
        self.send(Request::get(path), whole("")).await
    }

    pub async fn get(&self, path: &str) -> Page {
        Page::of(&self.raw(path).await)
    }

    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        Page::of(&self.post(path, "application/x-www-form-urlencoded", form(fields)).await)
    }

    /// Sends a form with one field, which a file input and a textarea look alike in.
    pub async fn upload(&self, path: &str, field: &str, content: &str) -> Page {
        let body = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"roll.csv\"\r\n\
            Content-Type: text/csv\r\n\r\n{content}\r\n--cut--\r\n"
        );
        Page::of(&self.post(path, "multipart/form-data; boundary=cut", body).await)
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

impl Page {
    fn of(answer: &Response<Bytes>) -> Self {
        let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let html = String::from_utf8(answer.body().to_vec()).unwrap();
        Self { status: answer.status(), html, location }
    }

    #[track_caller]
    pub fn shows(&self, words: &[&str]) {
        for words in words {
            assert!(self.html.contains(words), "{words} is missing in {}", self.html);
        }
    }

    /// Where a form that was taken leads.
    #[track_caller]
    pub fn leads_to(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.html);
        self.location.clone().unwrap()
    }

    /// The value of a hidden field.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.html.split_once(&start).unwrap_or_else(|| panic!("no {name}: {}", self.html));
        rest.split('"').next().unwrap().to_owned()
    }

    /// The address of the first link with this attribute behind it.
    #[track_caller]
    pub fn link(&self, attribute: &str) -> String {
        let (before, _) = self.html.split_once(&format!("\" {attribute}")).expect("such a link");
        before.rsplit('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
    }
}
