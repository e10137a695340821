//! A batch in the making: which casts go into it, and who waits for each.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::oneshot;
use uvote_domain::refusal::Refusal;
use uvote_domain::token::{TokenHash, retry_mac};

use super::CastBallot;
use crate::store::StoreError;
use crate::store::ballots::{Batch, Cast, Verdict};
use crate::store::definition::Definition;

/// A batch, and who waits for each cast of it.
pub struct Round {
    /// One cast for each token.
    pub batch: Batch,
    /// In the order of the casts.
    pub voters: Vec<Voters>,
}

/// Everybody who sent the same token into a batch.
pub struct Voters {
    /// Those who sent the ballot that is in the batch, the first of them first.
    same: Vec<oneshot::Sender<Result<Verdict, StoreError>>>,
    /// Those who sent another one.
    others: Vec<CastBallot>,
}

impl Round {
    /// Makes a batch of these casts. Doubles are settled here, in memory.
    pub fn of(definition: &Arc<Definition>, waiting: Vec<CastBallot>) -> Self {
        let batch = Batch { definition: Arc::clone(definition), casts: Vec::new() };
        let mut round = Self { batch, voters: Vec::new() };
        let mut places = HashMap::new();
        for request in waiting {
            round.add(request, &mut places);
        }
        round
    }

    fn add(&mut self, request: CastBallot, places: &mut HashMap<TokenHash, usize>) {
        let cast = judge(&self.batch.definition, &request);
        match places.get(&request.token) {
            Some(place) if self.batch.casts[*place].retry_mac == cast.retry_mac && cast.marks.is_ok() => {
                self.voters[*place].same.push(request.answer);
            }
            Some(place) => self.voters[*place].others.push(request),
            None => {
                places.insert(request.token, self.batch.casts.len());
                self.batch.casts.push(cast);
                self.voters.push(Voters { same: vec![request.answer], others: Vec::new() });
            }
        }
    }
}

fn judge(definition: &Definition, request: &CastBallot) -> Cast {
    let choices = request.choices.as_ref().map_err(Clone::clone);
    let marks = choices.and_then(|choices| definition.paper.mark(choices));
    let retry_mac = match (&definition.keys, &marks) {
        (Some(keys), Ok(marks)) => retry_mac(&keys.retry, &request.token, &request.nonce, marks.bytes()),
        _ => [0; 32],
    };
    Cast { token: request.token, nonce: request.nonce, marks, retry_mac }
}

impl Voters {
    /// Tells everybody what became of the token. Whoever sent the ballot that counts, after the
    /// first, has repeated it; whoever sent another is too late. Answers those whose ballot the
    /// verdict does not judge: they go into the next batch.
    pub fn hear(self, verdict: &Verdict) -> Vec<CastBallot> {
        let mut verdict = verdict.clone();
        for answer in self.same {
            count(&verdict);
            drop(answer.send(Ok(verdict.clone())));
            if let Verdict::Admitted(receipt) = verdict {
                verdict = Verdict::Repeated(receipt);
            }
        }
        let Some(refusal) = for_others(&verdict) else { return self.others };
        for other in self.others {
            let refused = Verdict::Refused(refusal.clone());
            count(&refused);
            drop(other.answer.send(Ok(refused)));
        }
        Vec::new()
    }

    /// Tells everybody that the batch failed.
    pub fn fail(self, error: &StoreError) {
        let others = self.others.into_iter().map(|other| other.answer);
        for answer in self.same.into_iter().chain(others) {
            drop(answer.send(Err(error.clone())));
        }
    }
}

/// What a verdict on one ballot says of any other with the same token.
const fn for_others(verdict: &Verdict) -> Option<Refusal> {
    match verdict {
        Verdict::Admitted(_) | Verdict::Repeated(_) => Some(Refusal::AlreadyVoted),
        Verdict::Refused(Refusal::TokenUnknown) => Some(Refusal::TokenUnknown),
        Verdict::Refused(Refusal::TokenReplaced) => Some(Refusal::TokenReplaced),
        Verdict::Refused(Refusal::TokenExpired) => Some(Refusal::TokenExpired),
        Verdict::Refused(Refusal::ElectionNotActive) => Some(Refusal::ElectionNotActive),
        Verdict::Refused(_) => None,
    }
}

fn count(verdict: &Verdict) {
    let verdict = match verdict {
        Verdict::Admitted(_) => "admitted",
        Verdict::Repeated(_) => "repeated",
        Verdict::Refused(_) => "refused",
    };
    metrics::counter!("uvote_votes_total", "verdict" => verdict).increment(1);
}
