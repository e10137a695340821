//! One election of the fake.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Break, Misconduct, Reply, problem, reply};

#[derive(Default)]
pub(super) struct Poll {
    pub(super) voters: Vec<String>,
    /// Bodies with the answers that they got.
    ballots: HashMap<Bytes, Value>,
    first_tries: u64,
    pub(super) acknowledged: u64,
    votes: HashMap<String, u64>,
}

pub(super) fn created(id: &str) -> Reply {
    let candidates = ["ann", "bob", "cid"].map(|id| json!({"id": id, "name": id}));
    reply(
        201,
        json!({"id": id, "organisation_id": "o", "status": "draft",
            "contests": [{"id": "c", "title": "Chair", "candidates": candidates}]}),
    )
}

impl Poll {
    pub(super) fn import(&mut self, csv: &Bytes) -> Reply {
        let text = std::str::from_utf8(csv).unwrap();
        let rows = text.lines().skip(1);
        self.voters = rows.map(|row| row.split(',').next().unwrap().to_owned()).collect();
        reply(200, json!({"imported": self.voters.len(), "unchanged": 0, "ignored_columns": []}))
    }

    /// The first hundred voters whose address has what is asked for.
    pub(super) fn page(&self, query: &str) -> Reply {
        let sought = query.split('&').find_map(|part| part.strip_prefix("q=")).unwrap_or_default();
        let sought = sought.replace("%40", "@");
        let found = self.voters.iter().filter(|voter| voter.contains(&sought)).take(100);
        let items: Vec<Value> = found.map(|voter| json!({"email": voter})).collect();
        reply(200, json!({"items": items, "next_cursor": null}))
    }

    pub(super) fn vote(&mut self, body: &Bytes, misconduct: Misconduct) -> Result<Reply, Break> {
        if let Some(known) = self.ballots.get(body) {
            return Ok(reply(200, known.clone()));
        }
        if misconduct == Misconduct::RefusesVotes {
            return Ok(problem(404, "TOKEN_UNKNOWN"));
        }
        self.first_tries += 1;
        let fourth = self.first_tries.is_multiple_of(4);
        if fourth && misconduct == Misconduct::IsBusy {
            return Ok(problem(503, "BUSY"));
        }
        let told = self.take(body, misconduct);
        match misconduct {
            Misconduct::ForgetsOutcomes if fourth => Ok(problem(503, "OUTCOME_UNKNOWN")),
            Misconduct::BreaksConnections if fourth => Err(Break),
            _ => Ok(reply(201, told)),
        }
    }

    fn take(&mut self, body: &Bytes, misconduct: Misconduct) -> Value {
        let vote: Value = serde_json::from_slice(body).unwrap();
        let choice = vote["choices"]["c"][0].as_str().unwrap_or("").to_owned();
        let position = self.ballots.len() as u64 + 1;
        let told = json!({"receipt": format!("{position:064x}"), "position": position});
        self.ballots.insert(body.clone(), told.clone());
        if !misconduct.loses_votes() || !position.is_multiple_of(10) {
            self.acknowledged += 1;
            *self.votes.entry(choice).or_default() += 1;
        }
        told
    }

    pub(super) fn results(&self, id: &str, misconduct: Misconduct) -> Reply {
        let mut votes = self.votes.clone();
        if misconduct == Misconduct::MovesAVote {
            *votes.entry("ann".into()).or_default() -= 1;
            *votes.entry("bob".into()).or_default() += 1;
        }
        let of = |id: &str| votes.get(id).copied().unwrap_or(0);
        let candidates: Vec<Value> = ["ann", "bob", "cid"]
            .map(|id| json!({"id": id, "name": id, "votes": of(id), "winner": false}))
            .into();
        reply(
            200,
            json!({"election_id": id, "eligible": self.voters.len(),
                "ballots_cast": self.acknowledged, "turnout_percent": 1.0,
                "contests": [{"id": "c", "blank": of(""), "candidates": candidates}]}),
        )
    }

    pub(super) fn receipt(&self, receipt: &str, misconduct: Misconduct) -> Reply {
        let known = self.ballots.values().find(|told| told["receipt"] == receipt);
        known.filter(|_| misconduct != Misconduct::DeniesReceipts).map_or_else(
            || problem(404, "NOT_FOUND"),
            |told| reply(200, json!({"included": true, "position": told["position"]})),
        )
    }
}
