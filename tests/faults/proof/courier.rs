//! Carries ballots to the service, or to one of several.

use std::time::Duration;

use hyper::{Method, Request};
use serde_json::Value;
use uvote_loadtest::casting::Answer;
use uvote_loadtest::client::{Client, ClientError, whole};
use uvote_loadtest::election::Election;

use super::ledger::{Receipt, Told};

/// How long a voter waits for an answer: longer than a commit may take.
const PATIENCE: Duration = Duration::from_secs(25);

/// Where ballots of one election can be handed in.
#[derive(Clone)]
pub struct Courier {
    doors: Vec<Client>,
    path: String,
}

impl Courier {
    /// To the services at these addresses, such as `http://127.0.0.1:8080`.
    pub fn new(urls: &[String], election: &Election) -> Self {
        let door = |url: &String| Client::new(url).unwrap().patient(PATIENCE);
        Self { doors: urls.iter().map(door).collect(), path: election.path("/votes") }
    }

    /// How many services there are.
    pub fn doors(&self) -> usize {
        self.doors.len()
    }

    /// Hands a ballot in at one of the services, by its place.
    pub async fn carry(&self, door: usize, body: &Value) -> Told {
        let request = Request::builder().method(Method::POST).uri(&self.path);
        let request = request.header("content-type", "application/json").body(whole(body.to_string()));
        match self.doors[door].send(request.unwrap()).await {
            Ok(answer) => match Answer::read(&answer) {
                Answer::Acknowledged { receipt, position, .. } => {
                    Told::Acknowledged(Receipt { hash: receipt, position })
                }
                Answer::Refused(code) => Told::Refused(code),
                Answer::Busy(_) => Told::Untouched,
                Answer::Unknown(later) => Told::Unknown(later.code),
            },
            Err(ClientError::Connect { .. }) => Told::Untouched,
            Err(error) => Told::Unknown(error.to_string()),
        }
    }
}
