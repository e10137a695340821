//! Voting: the token is the credential, and nothing here writes down who asks.

use std::fmt;
use std::time::Duration;

use actix_web::{HttpResponse, get, post, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::seq::SliceRandom;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use tokio::time::timeout;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::ballot::{Choices, Nonce};
use uvote_domain::contest::CandidateOrder;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::{FieldError, Refusal};
use uvote_domain::token::{Token, TokenHash};

use super::clients::Client;
use super::error::{Answer, Problem};
use super::openapi::Problems;
use super::sign_in::Id;
use super::{Service, Uvote};
use crate::limits::Limit;
use crate::store::StoreError;
use crate::store::ballots::{self, Verdict};
use crate::store::contests::Contest;
use crate::store::elections::Election;
use crate::store::tokens::Admission;
use crate::store::{elections, tokens};

/// How long a voter is kept waiting for a verdict. The ballot may still be counted afterwards, which
/// the same body will find out.
const LONGEST_WAIT: Duration = Duration::from_millis(900);

/// A voter who wants to see the ballot.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BallotRequest {
    /// The 43 characters of the voting code.
    token: String,
}

/// A voter's ballot.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoteRequest {
    /// The 43 characters of the voting code.
    token: String,
    /// 16 random bytes in base64url: the same again means the same request.
    nonce: String,
    /// For each contest the candidates chosen; an empty list is a blank vote.
    #[schema(value_type = std::collections::HashMap<String, Vec<Uuid>>)]
    choices: SentChoices,
}

/// Choices as sent, a contest that is named twice included: the token is judged before the ballot.
struct SentChoices(Vec<(String, Vec<String>)>);

impl<'de> Deserialize<'de> for SentChoices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsSent;
        impl<'de> Visitor<'de> for AsSent {
            type Value = SentChoices;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of lists of candidate ids by contest id")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut choices = Vec::new();
                while let Some(choice) = map.next_entry()? {
                    choices.push(choice);
                }
                Ok(SentChoices(choices))
            }
        }
        deserializer.deserialize_map(AsSent)
    }
}

impl VoteRequest {
    /// The voting code, the nonce, and the choices. A nonce or an id that can't be read makes the ballot
    /// invalid, which is judged after the code.
    pub fn read(self) -> (String, Nonce, Result<Choices, Vec<FieldError>>) {
        let mut errors = Vec::new();
        let bytes = URL_SAFE_NO_PAD.decode(&self.nonce).ok().and_then(|bytes| Nonce::try_from(bytes).ok());
        if bytes.is_none() {
            errors.push(FieldError::new("nonce", Fault::BadNonce));
        }
        let mut choices = Choices::new();
        for (contest, chosen) in self.choices.0 {
            let ids: Option<Vec<Uuid>> = chosen.iter().map(|id| id.parse().ok()).collect();
            match (contest.parse(), ids) {
                (Ok(id), Some(_)) if choices.contains_key(&id) => {
                    errors.push(FieldError::new(format!("choices.{contest}"), Fault::ContestTwice));
                }
                (Ok(id), Some(ids)) => drop(choices.insert(id, ids)),
                _ => errors.push(FieldError::new(format!("choices.{contest}"), Fault::UnreadableContest)),
            }
        }
        (self.token, bytes.unwrap_or_default(), if errors.is_empty() { Ok(choices) } else { Err(errors) })
    }
}

/// A ballot to be filled in.
#[derive(Serialize, ToSchema)]
pub struct BallotPaper {
    election: BallotElection,
    contests: Vec<Contest>,
    /// When the code expires.
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

#[derive(Serialize, ToSchema)]
struct BallotElection {
    id: Uuid,
    title: String,
    description: Option<String>,
    contact_email: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    closes_at: Option<OffsetDateTime>,
}

/// Proof that a ballot is counted.
#[derive(Serialize, ToSchema)]
pub struct ReceiptBody {
    /// 64 hex digits.
    receipt: String,
    /// The ballot's place in the chain.
    position: i64,
}

/// That a ballot is in the chain.
#[derive(Serialize, ToSchema)]
pub struct Inclusion {
    /// Always true: what is not included is 404.
    included: bool,
    position: i64,
}

/// Shows the ballot that a voting code opens. Changes nothing.
#[utoipa::path(tag = "voting", responses((status = 200, body = BallotPaper), Problems))]
#[post("/api/v1/elections/{id}/ballot")]
pub async fn ballot(service: Uvote, id: Id, body: web::Json<BallotRequest>) -> Answer {
    let (election, admission) = open_ballot(&service, *id, &body.token).await?;
    let Election { id, title, description, contact_email, closes_at, mut contests, .. } = election;
    for contest in contests.iter_mut().filter(|contest| contest.candidate_order == CandidateOrder::Random) {
        contest.candidates.shuffle(&mut rand::rng());
    }
    let election = BallotElection { id, title, description, contact_email, closes_at };
    Ok(HttpResponse::Ok().json(BallotPaper { election, contests, expires_at: admission.expires_at }))
}

/// The election that a code opens, with candidates as listed.
///
/// # Errors
/// What casting with this code would refuse.
pub async fn open_ballot(service: &Service, id: Uuid, code: &str) -> Result<(Election, Admission), Problem> {
    let client = service.database.client().await?;
    match tokens::admit(&client, id, hash(code)).await {
        Err(StoreError::Refused(Refusal::TokenUnknown)) => Err(unknown(service).await),
        admission => {
            // Whoever is refused is not kept waiting for the rest.
            let admission = admission?;
            Ok((elections::get(&client, id).await?, admission))
        }
    }
}

/// The refusal of a code that is not known. These are counted by client address, and once there are
/// too many, another is told so; a known code is never refused for the address that it comes from.
async fn unknown(service: &Service) -> Problem {
    match service.limits.take(Limit::UnknownToken, Client::present()).await {
        Ok(()) => Refusal::TokenUnknown.into(),
        Err(exceeded) => exceeded.into(),
    }
}

fn hash(code: &str) -> Option<TokenHash> {
    Token::parse(code).map(|token| token.hash())
}

/// Casts a ballot. The same body again gives the same receipt, also after the close.
#[utoipa::path(tag = "voting", responses((status = 201, body = ReceiptBody), (status = 200, body = ReceiptBody), Problems))]
#[post("/api/v1/elections/{id}/votes")]
pub async fn cast(service: Uvote, id: Id, body: web::Json<VoteRequest>) -> Answer {
    let (token, nonce, choices) = body.into_inner().read();
    let (receipt, new) = match cast_ballot(&service, *id, &token, nonce, choices).await? {
        Verdict::Admitted(receipt) => (receipt, true),
        Verdict::Repeated(receipt) => (receipt, false),
        Verdict::Refused(refusal) => return Err(refusal.into()),
    };
    let body = ReceiptBody { receipt: hex::encode(receipt.hash), position: receipt.position };
    Ok(if new { HttpResponse::Created() } else { HttpResponse::Ok() }.json(body))
}

/// Casts a ballot and waits until it is durable or refused.
///
/// # Errors
/// 503 when the actor is overloaded, or could not say in time what became of the ballot; 429 for
/// another unknown code from an address that has sent too many.
pub async fn cast_ballot(
    service: &Service,
    id: Uuid,
    code: &str,
    nonce: Nonce,
    choices: Result<Choices, Vec<FieldError>>,
) -> Result<Verdict, Problem> {
    let Some(token) = hash(code) else { return Err(unknown(service).await) };
    spare_casting(service, id, token).await?;
    let judged = timeout(LONGEST_WAIT, hand_over(service, id, token, nonce, choices)).await;
    match judged.unwrap_or_else(|_| Err(Refusal::OutcomeUnknown.into())) {
        Ok(Verdict::Refused(Refusal::TokenUnknown)) | Err(StoreError::Refused(Refusal::TokenUnknown)) => {
            Err(unknown(service).await)
        }
        verdict => Ok(verdict?),
    }
}

/// Where an address has sent too many unknown codes, the next are looked up apart from casting, which
/// works for those alone that are known. This asks Redis nothing, so casting never waits for it.
async fn spare_casting(service: &Service, id: Uuid, token: TokenHash) -> Answer<()> {
    let Err(exceeded) = service.limits.look(Limit::UnknownToken, Client::present()) else { return Ok(()) };
    let client = service.database.client().await?;
    match tokens::admit(&client, id, Some(token)).await {
        Err(StoreError::Refused(Refusal::TokenUnknown)) => Err(exceeded.into()),
        _ => Ok(()),
    }
}

/// Hands a ballot to the election's actor.
async fn hand_over(
    service: &Service,
    id: Uuid,
    token: TokenHash,
    nonce: Nonce,
    choices: Result<Choices, Vec<FieldError>>,
) -> Result<Verdict, StoreError> {
    if !service.registry.knows(id) && !elections::exists(&service.database.client().await?, id).await? {
        return Err(Refusal::TokenUnknown.into());
    }
    service.registry.cast(id, token, nonce, choices).await
}

/// Says whether a receipt is in the chain.
#[utoipa::path(tag = "voting", responses((status = 200, body = Inclusion), Problems))]
#[get("/api/v1/elections/{id}/receipts/{receipt}")]
pub async fn check_receipt(service: Uvote, path: web::Path<(Uuid, String)>) -> Answer {
    let (election, receipt) = path.into_inner();
    let position = find_receipt(&service, election, &receipt).await?.ok_or(Refusal::NotFound)?;
    Ok(HttpResponse::Ok().json(Inclusion { included: true, position }))
}

/// The position of a receipt; nothing when no ballot of the election has it.
///
/// # Errors
/// As the database.
pub async fn find_receipt(service: &Service, election: Uuid, receipt: &str) -> Result<Option<i64>, Problem> {
    let Some(bytes) = hex::decode(receipt).ok().filter(|bytes| bytes.len() == 32) else { return Ok(None) };
    let client = service.database.client().await?;
    Ok(ballots::position_of(&client, election, &bytes).await?)
}
