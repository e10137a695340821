//! What visitors visit.

use anyhow::{Result, ensure};
use bytes::Bytes;
use hyper::{Method, Request};
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
    /// Who signs in.
    pub(super) account: Credentials,
}

impl Site {
    /// Pays one visit.
    ///
    /// # Errors
    /// When it is not answered as it should.
    pub(super) async fn visit(&self, kind: Kind) -> Result<()> {
        match kind {
            Kind::VotePage => self.read(&format!("/vote/{}", self.stage.election.id)).await,
            Kind::ResultsPage => self.read(&format!("/elections/{}/results", self.closed.id)).await,
            Kind::Results => self.read(&self.closed.path("/results")).await,
            Kind::Ballot => {
                let body = json!({"token": self.undecided});
                self.post(&self.stage.election.path("/ballot"), &body).await
            }
            Kind::SignIn => {
                let body = json!({"email": self.account.email, "password": self.account.password});
                self.post("/api/v1/auth/login", &body).await
            }
            Kind::Election => self.organise("").await,
            Kind::Turnout => self.organise("/turnout").await,
            Kind::Voters => self.organise("/voters?limit=100").await,
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

    async fn organise(&self, rest: &str) -> Result<()> {
        self.stage.organiser.call(Method::GET, &self.stage.election.path(rest), None).await.map(drop)
    }
}
