//! A signed-in organiser.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::client::{Client, read_json, whole};
use crate::sink::Sink;

/// How long a service that answers 503 or 429 is asked again.
const BUSY_PATIENCE: Duration = Duration::from_secs(300);

/// An address and a password.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
}

impl Credentials {
    /// A new organiser of the run of this name, with a strong password.
    #[must_use]
    pub fn random(run: &str) -> Self {
        Self {
            email: format!("organiser-{run}@load.example"),
            password: hex::encode(rand::random::<[u8; 20]>()),
        }
    }
}

#[derive(Deserialize)]
struct SignedIn {
    access_token: String,
    refresh_token: String,
}

/// An organiser whose session is renewed as it expires.
pub struct Organiser {
    client: RwLock<Client>,
    refresh_token: Mutex<String>,
}

impl Organiser {
    /// Registers an account and confirms its address with the link that arrives at `sink`.
    ///
    /// # Errors
    /// When the service refuses, or sends no mail.
    pub async fn register(client: &Client, sink: &Sink, account: &Credentials) -> Result<()> {
        let body = json!({"email": account.email, "password": account.password});
        expect(client.post("/api/v1/auth/register", &body).await?, 202)
            .context("registering an organiser")?;
        let mail = sink.mail_to(&account.email).await?;
        let link = mail.link().context("the verification mail has no link")?;
        let token = link.rsplit('#').next().unwrap_or_default();
        let body = json!({"token": token});
        let answer = client.post("/api/v1/auth/verify-email", &body).await?;
        expect(answer, 204).context("verifying the organiser's address")?;
        Ok(())
    }

    /// Signs in.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn sign_in(client: &Client, account: &Credentials) -> Result<Self> {
        let body = json!({"email": account.email, "password": account.password});
        let answer = client.post("/api/v1/auth/login", &body).await?;
        let tokens: SignedIn = serde_json::from_value(expect(answer, 200).context("signing in")?)?;
        Ok(Self {
            client: RwLock::new(client.signed_in(&tokens.access_token)?),
            refresh_token: Mutex::new(tokens.refresh_token),
        })
    }

    /// The client with the access token of the moment.
    #[must_use]
    pub fn client(&self) -> Client {
        let client = self.client.read();
        client.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls with a JSON body, or with none.
    ///
    /// # Errors
    /// When the answer is not of the 2xx, after a renewal of the session where that is what
    /// it takes and after waiting for a service that is busy.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let deadline = Instant::now() + BUSY_PATIENCE;
        let mut renewed = false;
        loop {
            let answer = self.send_once(&method, path, body).await?;
            match answer.status() {
                StatusCode::UNAUTHORIZED if !renewed => {
                    self.renew().await?;
                    renewed = true;
                }
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
                    if Instant::now() < deadline =>
                {
                    tokio::time::sleep(retry_after(answer.headers())).await;
                }
                _ => {
                    return succeeded(read_json(&answer)?).context(format!("{method} {path}"));
                }
            }
        }
    }

    async fn send_once(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<Response<Bytes>> {
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        // The recount at the close of a large election and its verification take their time.
        let client = self.client().patient(BUSY_PATIENCE);
        let answer = client.send(request.body(whole(body))?).await;
        answer.with_context(|| format!("{method} {path}"))
    }

    async fn renew(&self) -> Result<()> {
        let mut refresh_token = self.refresh_token.lock().await;
        let client = self.client();
        let body = json!({"refresh_token": *refresh_token});
        let answer = client.post("/api/v1/auth/refresh", &body).await?;
        let tokens: SignedIn = serde_json::from_value(expect(answer, 200).context("renewing the session")?)?;
        *refresh_token = tokens.refresh_token;
        let renewed = client.signed_in(&tokens.access_token)?;
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(())
    }
}

/// How long a busy service asks to be left alone: `Retry-After` in seconds, or a second.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Duration {
    let value = headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok());
    Duration::from_secs(value.and_then(|v| v.parse().ok()).unwrap_or(1))
}

/// The body of an answer with the given status.
///
/// # Errors
/// For an answer of another status, with its problem in words.
pub fn expect((status, body): (StatusCode, Value), expected: u16) -> Result<Value> {
    ensure!(status == expected, "{}", problem(status, &body));
    Ok(body)
}

/// The body of an answer of the 2xx.
///
/// # Errors
/// For an answer of another status, with its problem in words.
pub fn succeeded((status, body): (StatusCode, Value)) -> Result<Value> {
    if !status.is_success() {
        bail!("{}", problem(status, &body));
    }
    Ok(body)
}

fn problem(status: StatusCode, body: &Value) -> String {
    let word = |field: &str| body[field].as_str().unwrap_or("-").to_owned();
    let errors = &body["errors"];
    let errors = if errors.is_null() { String::new() } else { format!(" {errors}") };
    format!("answered {} {}: {}{errors}", status.as_u16(), word("code"), word("detail"))
}
