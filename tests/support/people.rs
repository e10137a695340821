//! Organisers and voters, who speak HTTP.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use uvote_loadtest::client::{Client, ClientError, whole};

use super::Service;

pub const PASSWORD: &str = "correct-Horse-battery-7-staple";
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A signed-in organiser.
pub struct Organiser {
    pub client: Client,
    pub email: String,
    pub refresh_token: String,
}

/// An election that an organiser has made.
pub struct Election {
    pub id: String,
    pub body: Value,
}

/// Somebody with a voting code.
#[derive(Clone)]
pub struct Voter {
    pub client: Client,
    pub election: String,
    pub code: String,
}

/// How long people try again while a busy machine makes the service say that it is busy.
const PATIENCE: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_millis(100);

type Answered = (StatusCode, Value);

/// Asks until there is another answer than `BUSY`, which promises that nothing was changed.
async fn patiently(ask: impl AsyncFn() -> Result<Answered, ClientError>) -> Answered {
    let begun = Instant::now();
    loop {
        let (status, answer) = ask().await.unwrap();
        if answer["code"] != "BUSY" || begun.elapsed() > PATIENCE {
            return (status, answer);
        }
        tokio::time::sleep(AGAIN).await;
    }
}

impl Organiser {
    /// Registers, confirms the address by the mail that came, and signs in.
    pub async fn register(service: &Service) -> Self {
        let email = format!("organiser-{}@example.org", NEXT.fetch_add(1, Ordering::Relaxed));
        let anonymous = service.anonymous();
        let body = json!({"email": email, "password": PASSWORD, "name": "Olivia"});
        let (status, answer) = patiently(async || anonymous.post("/api/v1/auth/register", &body).await).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        let link = service.sink.mail_to(&email).await.unwrap().link().unwrap();
        let token = link.split_once('#').unwrap().1;
        let (status, answer) =
            patiently(async || anonymous.post("/api/v1/auth/verify-email", &json!({"token": token})).await)
                .await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
        Self::sign_in(service, &email, PASSWORD).await
    }

    pub async fn sign_in(service: &Service, email: &str, password: &str) -> Self {
        let body = json!({"email": email, "password": password});
        let anonymous = service.anonymous();
        let (status, tokens) = patiently(async || anonymous.post("/api/v1/auth/login", &body).await).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        let client = service.anonymous().signed_in(tokens["access_token"].as_str().unwrap()).unwrap();
        Self {
            client,
            email: email.to_owned(),
            refresh_token: tokens["refresh_token"].as_str().unwrap().to_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> Answered {
        patiently(async || self.client.get(path).await).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answered {
        patiently(async || self.client.post(path, body).await).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answered {
        patiently(async || self.client.patch(path, body).await).await
    }

    pub async fn delete(&self, path: &str) -> Answered {
        patiently(async || self.client.delete(path).await).await
    }

    /// Creates a draft and expects that to succeed.
    pub async fn draft(&self, body: Value) -> Election {
        let (status, body) = self.post("/api/v1/elections", &body).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        Election { id: body["id"].as_str().unwrap().to_owned(), body }
    }

    /// Imports a roll of `voters` addresses and expects that to succeed.
    pub async fn import(&self, election: &str, csv: &str) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/api/v1/elections/{election}/voters/import"))
            .header("content-type", "text/csv")
            .body(whole(csv.to_owned()))
            .unwrap();
        let answer = self.client.send(request).await.unwrap();
        uvote_loadtest::client::read_json(&answer).unwrap()
    }

    /// A draft with one contest of two candidates and `voters` on its roll.
    pub async fn ready_draft(&self, voters: usize) -> Election {
        let election = self.draft(sample()).await;
        let (status, answer) = self.import(&election.id, &roll(voters)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        election
    }

    /// An open election, and its voters with their codes from the mails that came.
    pub async fn open_election(&self, service: &Service, voters: usize) -> (Election, Vec<Voter>) {
        let election = self.ready_draft(voters).await;
        let codes = self.open(service, &election.id, voters).await;
        (election, codes)
    }

    /// Activates a draft, invites its roll, and collects the codes.
    pub async fn open(&self, service: &Service, election: &str, voters: usize) -> Vec<Voter> {
        let (status, answer) = self.post(&format!("/api/v1/elections/{election}/activate"), &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let (status, answer) =
            self.post(&format!("/api/v1/elections/{election}/invitations"), &json!({})).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        let mut codes = Vec::with_capacity(voters);
        for number in 1..=voters {
            codes.push(Voter::invited(service, election, &address(number)).await);
        }
        codes
    }

    pub async fn close(&self, election: &str) -> Value {
        let (status, answer) = self.post(&format!("/api/v1/elections/{election}/close"), &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }
}

/// The address of the n-th voter of [`roll`].
pub fn address(number: usize) -> String {
    format!("voter{number}@example.org")
}

pub fn roll(voters: usize) -> String {
    let line = |number: usize| format!("{},Vera,Voter {number}\n", address(number));
    std::iter::once("email,first_name,last_name\n".to_owned()).chain((1..=voters).map(line)).collect()
}

/// One contest, one seat, two candidates.
pub fn sample() -> Value {
    json!({"title": "Board", "contact_email": "board@example.org",
        "contests": [{"title": "Chair", "candidates": [{"name": "Ada"}, {"name": "Ben"}]}]})
}

impl Election {
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/elections/{}{rest}", self.id)
    }

    pub fn contest(&self, place: usize) -> &str {
        self.body["contests"][place]["id"].as_str().unwrap()
    }

    pub fn candidate(&self, contest: usize, place: usize) -> &str {
        self.body["contests"][contest]["candidates"][place]["id"].as_str().unwrap()
    }

    /// Choices that mark one candidate of the first contest, or nobody.
    pub fn choose(&self, candidate: Option<usize>) -> Value {
        let marked: Vec<&str> = candidate.map(|place| self.candidate(0, place)).into_iter().collect();
        json!({self.contest(0): marked})
    }
}

pub fn nonce() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

impl Voter {
    /// Takes the code out of the mail that came.
    pub async fn invited(service: &Service, election: &str, email: &str) -> Self {
        let mail = service.sink.mail_to(email).await.unwrap();
        let code = mail.link().unwrap().split_once('#').unwrap().1.to_owned();
        Self { client: service.anonymous(), election: election.to_owned(), code }
    }

    /// The same voter against another process or after a restart.
    pub fn at(&self, service: &Service) -> Self {
        Self { client: service.anonymous(), ..self.clone() }
    }

    pub fn body(&self, choices: &Value) -> Value {
        json!({"token": self.code, "nonce": nonce(), "choices": choices})
    }

    /// Sends a ballot until there is another answer than 503. A busy machine may leave it unknown at
    /// first; the same body settles it, and says 200 of what 201 would have said.
    pub async fn send(&self, body: &Value) -> Answered {
        let (begun, mut unknown) = (Instant::now(), false);
        loop {
            let (status, answer) = self.send_once(body).await;
            if status != StatusCode::SERVICE_UNAVAILABLE || begun.elapsed() > PATIENCE {
                let counted_meanwhile = unknown && status == StatusCode::OK;
                return (if counted_meanwhile { StatusCode::CREATED } else { status }, answer);
            }
            unknown |= answer["code"] == "OUTCOME_UNKNOWN";
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Sends a ballot, whatever the answer.
    pub async fn send_once(&self, body: &Value) -> Answered {
        self.client.post(&format!("/api/v1/elections/{}/votes", self.election), body).await.unwrap()
    }

    /// Casts and expects a receipt.
    pub async fn cast(&self, choices: &Value) -> String {
        let (status, answer) = self.send(&self.body(choices)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["receipt"].as_str().unwrap().to_owned()
    }
}
