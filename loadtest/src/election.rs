//! What an organiser does with one election.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{read_json, streamed};
use crate::ledger::Published;
use crate::organiser::{Organiser, expect};
use crate::roll::Roll;

/// How long the import of a million voters may take.
const IMPORT_PATIENCE: Duration = Duration::from_secs(600);

#[derive(Deserialize)]
struct Created {
    id: String,
    organisation_id: String,
    contests: Vec<CreatedContest>,
}

#[derive(Deserialize)]
struct CreatedContest {
    id: String,
    candidates: Vec<CreatedCandidate>,
}

#[derive(Deserialize)]
struct CreatedCandidate {
    id: String,
}

/// An election with one contest.
#[derive(Clone, Debug)]
pub struct Election {
    /// Its id.
    pub id: String,
    /// The organisation that holds it.
    pub organisation_id: String,
    /// The id of its contest.
    pub contest: String,
    /// The ids of the candidates, in the order in which they were named.
    pub candidates: Vec<String>,
}

/// What the service says of the chain of ballots and the recount.
#[derive(Clone, Debug, Deserialize)]
pub struct Verification {
    /// Ballots in the chain.
    pub ballots: u64,
    /// Whether each link holds.
    pub chain_intact: bool,
    /// Whether the recount agrees; `None` when the key has been destroyed.
    pub recount_matches: Option<bool>,
}

impl Election {
    /// Creates a draft with one contest among these candidates.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn create(organiser: &Organiser, title: &str, names: &[&str]) -> Result<Self> {
        let candidates: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        let body = json!({"title": title, "contests": [{"title": "Chair", "candidates": candidates}]});
        let path = "/api/v1/elections";
        let answer = organiser.call(Method::POST, path, Some(&body)).await?;
        let created: Created = serde_json::from_value(answer).context("a created election")?;
        let [contest] = <[_; 1]>::try_from(created.contests)
            .map_err(|contests| anyhow::anyhow!("{} contests for one", contests.len()))?;
        Ok(Self {
            id: created.id,
            organisation_id: created.organisation_id,
            contest: contest.id,
            candidates: contest.candidates.into_iter().map(|c| c.id).collect(),
        })
    }

    /// The path of something of this election, such as `/votes`.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/elections/{}{rest}", self.id)
    }

    /// Imports a roll, in as many files as it takes.
    ///
    /// # Errors
    /// When the service refuses, or imports another number of voters.
    pub async fn import(&self, organiser: &Organiser, roll: &Roll) -> Result<()> {
        for file in roll.files() {
            self.import_file(organiser, &file).await?;
        }
        Ok(())
    }

    async fn import_file(&self, organiser: &Organiser, roll: &Roll) -> Result<()> {
        let request = Request::post(self.path("/voters/import?dry_run=false"))
            .header(CONTENT_TYPE, "text/csv")
            .body(streamed(roll.csv()))?;
        let client = organiser.client().patient(IMPORT_PATIENCE);
        let answer = client.send(request).await.context("importing the roll")?;
        let body = expect(read_json(&answer)?, 200).context("importing the roll")?;
        let imported = body["imported"].as_u64();
        ensure!(
            imported == Some(roll.len() as u64),
            "{} voters were sent and the service imported {}",
            roll.len(),
            body["imported"]
        );
        Ok(())
    }

    /// Opens the election.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn activate(&self, organiser: &Organiser) -> Result<()> {
        let path = self.path("/activate");
        organiser.call(Method::POST, &path, None).await.map(drop)
    }

    /// Has the links sent to everyone who has none yet.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn invite(&self, organiser: &Organiser) -> Result<()> {
        let (path, body) = (self.path("/invitations"), json!({"to": "not_invited"}));
        let answer = organiser.call(Method::POST, &path, Some(&body));
        answer.await.map(drop)
    }

    /// Closes the election and has it recounted.
    ///
    /// # Errors
    /// When the service refuses, or disputes its own count.
    pub async fn close(&self, organiser: &Organiser) -> Result<()> {
        let path = self.path("/close");
        organiser.call(Method::POST, &path, None).await.map(drop)
    }

    /// The published results.
    ///
    /// # Errors
    /// When the service refuses, or answers something else.
    pub async fn results(&self, organiser: &Organiser) -> Result<Published> {
        let path = self.path("/results");
        let answer = organiser.call(Method::GET, &path, None).await?;
        Published::read(&answer).context("the published results")
    }

    /// Has the service verify chain and recount.
    ///
    /// # Errors
    /// When the service refuses, or answers something else.
    pub async fn verify(&self, organiser: &Organiser) -> Result<Verification> {
        let path = self.path("/verify");
        let answer = organiser.call(Method::POST, &path, None).await?;
        serde_json::from_value(answer).context("the verification of the ballots")
    }

    /// Whether the audit log of the election's organisation is intact.
    ///
    /// # Errors
    /// When the service refuses, or answers something else.
    pub async fn audit_is_intact(&self, organiser: &Organiser) -> Result<bool> {
        let path = format!("/api/v1/organisations/{}/audit/verify", self.organisation_id);
        let answer = organiser.call(Method::POST, &path, None).await?;
        let intact = answer["intact"].as_bool();
        intact.context("the verification of the audit log does not say whether it is intact")
    }

    /// Whether the service finds this receipt in the chain at this position.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn holds(&self, organiser: &Organiser, receipt: &str, position: u64) -> Result<bool> {
        let path = self.path(&format!("/receipts/{receipt}"));
        let (status, body) = organiser.client().get(&path).await?;
        let expected = json!({"included": true, "position": position});
        let agrees = |field: &str| body[field] == expected[field];
        Ok(status == 200 && agrees("included") && agrees("position"))
    }
}
