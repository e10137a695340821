//! Casting and looking at the ballot: every refusal, in the order in which they are judged.

use hyper::StatusCode;
use serde_json::{Value, json};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::problem::{Answer, refused};
use crate::support::people::{Election, Voter, address, nonce, roll, sample};
use crate::support::{Organiser, Service};

impl Voter {
    pub async fn look(&self) -> Answer {
        let path = format!("/api/v1/elections/{}/ballot", self.election);
        self.client.post(&path, &json!({"token": self.code})).await.unwrap()
    }

    /// Looks at the ballot, casts it, and casts one that is no ballot: the token comes first, so
    /// all three are refused alike.
    async fn refused(&self, choices: &Value, status: u16, code: &str) {
        let bad = json!({"token": self.code, "nonce": "short", "choices": {"nothing": ["nobody"]}});
        refused(&self.look().await, status, code);
        refused(&self.send(&self.body(choices)).await, status, code);
        refused(&self.send(&bad).await, status, code);
    }

    pub fn with_code(&self, code: &str) -> Self {
        Self { code: code.to_owned(), ..self.clone() }
    }
}

/// Changes something behind the service's back.
pub async fn sql(service: &Service, statement: &str, values: &[&(dyn ToSql + Sync)]) {
    let changed = service.superuser().await.execute(statement, values).await.unwrap();
    assert!(changed > 0, "nothing was there to change");
}

pub fn uuid(election: &Election) -> Uuid {
    election.id.parse().unwrap()
}

/// The id under which the roll knows an address.
pub async fn voter_id(organiser: &Organiser, election: &Election, email: &str) -> String {
    let (status, list) = organiser.get(&election.path(&format!("/voters?q={email}"))).await;
    assert_eq!((status, list["items"].as_array().unwrap().len()), (StatusCode::OK, 1), "{list}");
    list["items"][0]["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_vote_gets_a_receipt_and_the_same_body_gets_it_again() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 2).await;
    let body = voters[0].body(&election.choose(Some(0)));
    let (status, first) = voters[0].send(&body).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(first["receipt"].as_str().map(str::len), Some(64));
    assert_eq!(first["position"], 1);
    let (status, second) = voters[0].send(&body).await;
    assert_eq!((status, &second), (StatusCode::OK, &first));
    organiser.close(&election.id).await;
    let (status, third) = voters[0].send(&body).await;
    assert_eq!((status, third), (StatusCode::OK, first), "also after the close");
}

#[actix_web::test]
async fn a_token_that_is_not_of_this_election_is_unknown_whatever_its_form() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    let (_, others) = organiser.open_election(&service, 1).await;
    let choices = election.choose(Some(0));
    let everything: String = (0..=255).map(char::from).collect();
    let garbage = [
        "".to_owned(),
        " ".to_owned(),
        "x".to_owned(),
        "A".repeat(43),
        "A".repeat(44),
        "é".repeat(43),
        "-".repeat(60_000),
        "\0".repeat(43),
        everything,
        others[0].code.clone(),
        voters[0].code.to_lowercase(),
        format!("{}=", voters[0].code),
    ];
    for code in &garbage {
        voters[0].with_code(code).refused(&choices, 404, "TOKEN_UNKNOWN").await;
    }
    let nowhere = Voter { election: Uuid::new_v4().to_string(), ..voters[0].clone() };
    nowhere.refused(&choices, 404, "TOKEN_UNKNOWN").await;
    voters[0].with_code(&format!("  {}\n", voters[0].code)).cast(&choices).await;
}

#[actix_web::test]
async fn a_link_is_dead_once_a_newer_one_was_sent() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 2).await;
    let choices = election.choose(Some(1));
    let id = voter_id(&organiser, &election, &address(1)).await;
    let (status, answer) =
        organiser.post(&election.path(&format!("/voters/{id}/invitation")), &json!({})).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let renewed = Voter::invited(&service, &election.id, &address(1)).await;
    voters[0].refused(&choices, 410, "TOKEN_REPLACED").await;

    let id = voter_id(&organiser, &election, &address(2)).await;
    let moved = json!({"email": "Moved@Example.org"});
    let (status, answer) = organiser.patch(&election.path(&format!("/voters/{id}")), &moved).await;
    assert_eq!((status, &answer["email"]), (StatusCode::OK, &json!("moved@example.org")));
    let corrected = Voter::invited(&service, &election.id, "moved@example.org").await;
    voters[1].refused(&choices, 410, "TOKEN_REPLACED").await;

    renewed.cast(&choices).await;
    corrected.cast(&choices).await;
    voters[0].refused(&choices, 410, "TOKEN_REPLACED").await;
    organiser.close(&election.id).await;
    voters[1].refused(&choices, 410, "TOKEN_REPLACED").await;
    voters[0].with_code("nothing").refused(&choices, 404, "TOKEN_UNKNOWN").await;
}

#[actix_web::test]
async fn a_changed_name_leaves_the_link_alive() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    let id = voter_id(&organiser, &election, &address(1)).await;
    let (status, _) =
        organiser.patch(&election.path(&format!("/voters/{id}")), &json!({"first_name": "Vera Maria"})).await;
    assert_eq!(status, StatusCode::OK);
    voters[0].cast(&election.choose(None)).await;
}

#[actix_web::test]
async fn the_code_of_a_voter_who_was_taken_off_the_roll_is_unknown() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 2).await;
    let id = voter_id(&organiser, &election, &address(1)).await;
    let (status, _) = organiser.delete(&election.path(&format!("/voters/{id}"))).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    voters[0].refused(&election.choose(Some(0)), 404, "TOKEN_UNKNOWN").await;
}

#[actix_web::test]
async fn a_spent_token_takes_no_other_ballot() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    let voter = &voters[0];
    let body = voter.body(&election.choose(Some(0)));
    let (status, receipt) = voter.send(&body).await;
    assert_eq!(status, StatusCode::CREATED);
    let with = |field: &str, value: Value| {
        let mut other = body.clone();
        other[field] = value;
        other
    };
    let others = [
        with("nonce", json!(nonce())),
        with("choices", election.choose(Some(1))),
        with("choices", election.choose(None)),
        with("choices", json!({})),
        with("nonce", json!("")),
    ];
    for other in &others {
        refused(&voter.send(other).await, 409, "ALREADY_VOTED");
    }
    voter.refused(&election.choose(Some(0)), 409, "ALREADY_VOTED").await;
    organiser.close(&election.id).await;
    for other in &others {
        refused(&voter.send(other).await, 409, "ALREADY_VOTED");
    }
    refused(&voter.look().await, 409, "ALREADY_VOTED");
    assert_eq!(voter.send(&body).await, (StatusCode::OK, receipt));
    let (_, results) = organiser.get(&election.path("/results")).await;
    assert_eq!(results["ballots_cast"], 1);
}

#[actix_web::test]
async fn nobody_votes_before_the_opening_or_after_the_close() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["opens_at"] = json!("2999-01-01T00:00:00Z");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(2)).await;
    let voters = organiser.open(&service, &election.id, 2).await;
    let choices = election.choose(Some(0));
    voters[0].refused(&choices, 409, "ELECTION_NOT_ACTIVE").await;
    voters[0].with_code("garbage").refused(&choices, 404, "TOKEN_UNKNOWN").await;

    let (election, voters) = organiser.open_election(&service, 2).await;
    let choices = election.choose(Some(0));
    voters[0].cast(&choices).await;
    organiser.close(&election.id).await;
    voters[1].refused(&choices, 409, "ELECTION_NOT_ACTIVE").await;
    let (status, _) = organiser.post(&election.path("/archive"), &json!({})).await;
    assert_eq!(status, StatusCode::OK);
    voters[1].refused(&choices, 409, "ELECTION_NOT_ACTIVE").await;
}

#[actix_web::test]
async fn the_closing_time_ends_casting_by_itself() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 2).await;
    let choices = election.choose(Some(0));
    let body = voters[0].body(&choices);
    let (_, receipt) = voters[0].send(&body).await;
    let due = "UPDATE election_heads SET closes_at = clock_timestamp() WHERE election_id = $1";
    sql(&service, due, &[&uuid(&election)]).await;
    voters[1].refused(&choices, 409, "ELECTION_NOT_ACTIVE").await;
    assert_eq!(voters[0].send(&body).await, (StatusCode::OK, receipt));
    refused(&voters[0].send(&voters[0].body(&choices)).await, 409, "ALREADY_VOTED");
}

#[actix_web::test]
async fn a_link_expires_its_lifetime_after_the_later_of_issue_and_opening() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 2).await;
    let choices = election.choose(Some(0));
    let body = voters[0].body(&choices);
    let (_, receipt) = voters[0].send(&body).await;
    let old_issue =
        "UPDATE voting_tokens SET issued_at = issued_at - interval '169 hours' WHERE election_id = $1";
    sql(&service, old_issue, &[&uuid(&election)]).await;
    let (status, _) = voters[1].look().await;
    assert_eq!(status, StatusCode::OK, "the opening is later than the issue");
    let old_opening =
        "UPDATE election_heads SET opens_at = opens_at - interval '169 hours' WHERE election_id = $1";
    sql(&service, old_opening, &[&uuid(&election)]).await;
    voters[1].refused(&choices, 410, "TOKEN_EXPIRED").await;
    refused(&voters[0].send(&voters[0].body(&choices)).await, 409, "ALREADY_VOTED");
    assert_eq!(voters[0].send(&body).await, (StatusCode::OK, receipt));
    organiser.close(&election.id).await;
    voters[1].refused(&choices, 409, "ELECTION_NOT_ACTIVE").await;
}

#[actix_web::test]
async fn a_ballot_says_when_its_link_expires() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    let times = async |column: &str| {
        let column = format!(
            "SELECT to_char(({column}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') AS time
            FROM election_heads h JOIN voting_tokens t USING (election_id) WHERE election_id = $1"
        );
        let row = service.superuser().await.query_one(&column, &[&uuid(&election)]).await.unwrap();
        row.get::<_, String>("time")
    };
    let (_, paper) = voters[0].look().await;
    let old_age = times("greatest(t.issued_at, h.opens_at) + interval '168 hours'").await;
    assert_eq!(&paper["expires_at"].as_str().unwrap()[..19], old_age);
    let soon =
        "UPDATE election_heads SET closes_at = clock_timestamp() + interval '1 hour' WHERE election_id = $1";
    sql(&service, soon, &[&uuid(&election)]).await;
    let (_, paper) = voters[0].look().await;
    assert_eq!(&paper["expires_at"].as_str().unwrap()[..19], times("h.closes_at").await);
    assert_eq!(paper["expires_at"], paper["election"]["closes_at"]);
}

#[actix_web::test]
async fn a_deleted_election_has_no_voters() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    let (status, _) = organiser.delete(&election.path("")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    refused(&voters[0].look().await, 404, "TOKEN_UNKNOWN");
    refused(&voters[0].send(&voters[0].body(&election.choose(None))).await, 404, "TOKEN_UNKNOWN");
    organiser.post(&election.path("/restore"), &json!({})).await;
    voters[0].cast(&election.choose(None)).await;
}
