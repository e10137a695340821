//! An election that opens or closes by itself.

use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uvote_loadtest::database::Database;
use uvote_loadtest::election::Election;
use uvote_loadtest::roll::Roll;

use super::SOON;
use crate::proof::election::run;
use crate::proof::stage::Stage;

const HALF_AN_HOUR: Duration = Duration::from_secs(1_800);

/// An election with a time, and the code of its only voter.
pub struct Timed {
    election: Election,
    code: Box<str>,
}

impl Timed {
    /// One that opens in half an hour.
    pub async fn opening(stage: &Stage) -> Self {
        Self::at(stage, "opens_at").await
    }

    /// One that is open, and closes in half an hour.
    pub async fn closing(stage: &Stage) -> Self {
        Self::at(stage, "closes_at").await
    }

    async fn at(stage: &Stage, what: &str) -> Self {
        let organiser = &stage.open.organiser;
        let election = Election::create(organiser, "Timed", &["Ada", "Ben"]).await.unwrap();
        let superuser = stage.postgres.superuser().await;
        let now: OffsetDateTime = superuser.query_one("SELECT clock_timestamp()", &[]).await.unwrap().get(0);
        let time = (now + HALF_AN_HOUR).format(&Rfc3339).unwrap();
        organiser.call(Method::PATCH, &election.path(""), Some(&json!({what: time}))).await.unwrap();
        election.import(organiser, &Roll::new(1, &run())).await.unwrap();
        election.activate(organiser).await.unwrap();
        let mut database = Database::connect(&stage.postgres.owner_url()).await.unwrap();
        let code = database.issue_tokens(&election).await.unwrap().remove(0);
        Self { election, code }
    }

    /// What a ballot meets that can't count: an election that is not open, or the rules of one that is.
    pub async fn cast(&self, stage: &Stage) -> String {
        let body = json!({"token": self.code, "nonce": "AAAAAAAAAAAAAAAAAAAAAA", "choices": {}});
        let (_, answer) = stage.service.client().post(&self.election.path("/votes"), &body).await.unwrap();
        answer["code"].as_str().unwrap().to_owned()
    }

    /// As the organiser sees it, whose session is renewed when a step of the clock has ended it.
    pub async fn status(&self, stage: &Stage) -> String {
        let election = stage.open.organiser.call(Method::GET, &self.election.path(""), None).await.unwrap();
        election["status"].as_str().unwrap().to_owned()
    }

    pub async fn becomes(&self, status: &str, stage: &Stage) {
        let deadline = Instant::now() + SOON;
        while self.status(stage).await != status {
            assert!(Instant::now() < deadline, "it is {}, not {status}", self.status(stage).await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
