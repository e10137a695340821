use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{BufMut, Bytes, BytesMut};

use crate::election::Election;
use crate::ledger::Choice;

/// One vote in this many is blank.
const BLANK_ONE_IN: u32 = 20;

/// The bodies of votes in one election, put together from parts made once, since the load
/// generator shares its processors with the service.
#[derive(Clone, Debug)]
pub struct BallotPaper {
    blank: String,
    candidates: Vec<String>,
}

impl BallotPaper {
    /// The paper of an election with one contest.
    #[must_use]
    pub fn new(election: &Election) -> Self {
        let ending = |choice: &str| format!("\",\"choices\":{{\"{}\":[{choice}]}}}}", election.contest);
        let quoted = election.candidates.iter().map(|id| format!("\"{id}\""));
        Self { blank: ending(""), candidates: quoted.map(|id| ending(&id)).collect() }
    }

    /// A choice by chance, sometimes a blank one.
    #[must_use]
    pub fn choose(&self) -> Choice {
        if rand::random_ratio(1, BLANK_ONE_IN) || self.candidates.is_empty() {
            return Choice::Blank;
        }
        Choice::Candidate(rand::random_range(0..self.candidates.len()))
    }

    /// The body of a vote, with a nonce of its own.
    #[must_use]
    pub fn body(&self, token: &str, choice: Choice) -> Bytes {
        let ending = match choice {
            Choice::Blank => &self.blank,
            Choice::Candidate(candidate) => &self.candidates[candidate],
        };
        let nonce = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
        let parts = ["{\"token\":\"", token, "\",\"nonce\":\"", &nonce, ending];
        let mut body = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| body.put(part.as_bytes()));
        body.freeze()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn paper() -> BallotPaper {
        BallotPaper::new(&Election {
            id: "e".into(),
            organisation_id: "o".into(),
            contest: "c".into(),
            candidates: vec!["ann".into(), "bob".into()],
        })
    }

    #[test]
    fn a_body_is_the_json_of_the_vote_with_a_fresh_nonce() {
        let read = |choice| -> Value { serde_json::from_slice(&paper().body("tok-en_", choice)).unwrap() };
        let (blank, bob) = (read(Choice::Blank), read(Choice::Candidate(1)));
        assert_eq!(bob["token"], "tok-en_");
        assert_eq!(bob["choices"], json!({"c": ["bob"]}));
        assert_eq!(blank["choices"], json!({"c": []}));
        assert_eq!(bob["nonce"].as_str().unwrap().len(), 22);
        assert_ne!(bob["nonce"], blank["nonce"]);
    }

    #[test]
    fn choices_cover_every_candidate_and_the_blank_vote() {
        let paper = paper();
        let choices: Vec<Choice> = (0..2_000).map(|_| paper.choose()).collect();
        for expected in [Choice::Blank, Choice::Candidate(0), Choice::Candidate(1)] {
            assert!(choices.contains(&expected), "{expected:?}");
        }
    }
}
