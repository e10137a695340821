//! What visitors visit.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hyper::{Method, Request};
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::kind::Kind;
use crate::client::{Client, whole};
use crate::election::Election;
use crate::organiser::Credentials;
use crate::stage::Stage;

/// Where visitors go, and who they are.
pub(super) struct Site {
    pub(super) client: Client,
    /// The election in which votes are cast.
    pub(super) stage: Stage,
    /// The token of a voter of it who looks at the ballot and never votes.
    pub(super) undecided: Box<str>,
    /// An election with published results.
    pub(super) closed: Election,
    /// The receipts of its votes, in hexadecimal.
    pub(super) receipts: Vec<String>,
    /// Who signs in.
    pub(super) account: Credentials,
}

impl Site {
    /// Pays one visit.
    ///
    /// # Errors
    /// When it is not answered as it should.
    pub(super) async fn visit(&self, kind: Kind) -> Result<()> {
        let election = &self.stage.election;
        match kind {
            Kind::VotePage => self.read(&format!("/vote/{}", election.id)).await,
            Kind::ResultsPage => self.read(&format!("/elections/{}/results", self.closed.id)).await,
            Kind::Results => self.read(&self.closed.path("/results")).await,
            Kind::Receipt => {
                let receipt = self.receipts.choose(&mut rand::rng()).context("a receipt")?;
                self.read(&self.closed.path(&format!("/receipts/{receipt}"))).await
            }
            Kind::Ballot => {
                let body = json!({"token": self.undecided});
                self.post(&election.path("/ballot"), &body).await
            }
            Kind::SignIn => {
                let body = json!({"email": self.account.email, "password": self.account.password});
                self.post("/api/v1/auth/login", &body).await
            }
            Kind::Election => self.organise(&election.path("")).await,
            Kind::Turnout => self.organise(&election.path("/turnout")).await,
            Kind::Organisation => {
                self.organise(&format!("/api/v1/organisations/{}", election.organisation_id)).await
            }
            Kind::Account => self.organise("/api/v1/account").await,
            Kind::Voters => self.organise(&election.path("/voters?limit=100")).await,
        }
    }

    async fn read(&self, path: &str) -> Result<()> {
        let answer = self.client.send(Request::get(path).body(whole(Bytes::new()))?).await?;
        ensure!(answer.status().is_success(), "{}", answer.status());
        Ok(())
    }

    async fn post(&self, path: &str, body: &Value) -> Result<()> {
        let (status, _) = self.client.post(path, body).await?;
        ensure!(status.is_success(), "{status}");
        Ok(())
    }

    async fn organise(&self, path: &str) -> Result<()> {
        self.stage.organiser.call(Method::GET, path, None).await.map(drop)
    }
}
