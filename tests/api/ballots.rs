//! Ballots: what is a valid one, how it is shown, and what its receipt proves.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use hyper::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::problem::{fields, post_raw, refused};
use crate::support::people::{Election, Voter, nonce, roll};
use crate::support::{Organiser, Service};

/// A board of two with three candidates, and a chair for whom a blank vote is not possible.
fn two_contests() -> Value {
    json!({"title": "Council", "contests": [
        {"title": "Board", "seats": 2,
            "candidates": [{"name": "Ada"}, {"name": "Ben"}, {"name": "Cleo"}]},
        {"title": "Chair", "allow_blank": false, "candidates": [{"name": "Dan"}, {"name": "Eve"}]}]})
}

async fn open(service: &Service, voters: usize) -> (Organiser, Election, Vec<Voter>) {
    let organiser = Organiser::register(service).await;
    let election = organiser.draft(two_contests()).await;
    organiser.import(&election.id, &roll(voters)).await;
    let voters = organiser.open(service, &election.id, voters).await;
    (organiser, election, voters)
}

#[actix_web::test]
async fn every_mistake_on_a_ballot_is_named_and_costs_nothing() {
    let service = Service::start().await;
    let (_, election, voters) = open(&service, 1).await;
    let (board, chair) = (election.contest(0), election.contest(1));
    let [ada, ben, cleo] = [0, 1, 2].map(|place| election.candidate(0, place));
    let dan = election.candidate(1, 0);
    let stranger = Uuid::new_v4().to_string();
    let mistakes = [
        (json!({board: [stranger], chair: [dan]}), board),
        (json!({board: [dan], chair: [dan]}), board),
        (json!({board: [ada, ben, cleo], chair: [dan]}), board),
        (json!({board: [ada, ada], chair: [dan]}), board),
        (json!({board: [ada], chair: []}), chair),
        (json!({board: [ada]}), chair),
        (json!({board: [ada], chair: [dan], stranger.as_str(): []}), stranger.as_str()),
        (json!({board: ["Ada"], chair: [dan]}), board),
        (json!({board: [""], chair: [dan]}), board),
        (json!({board: ["\0"], chair: [dan]}), board),
        (json!({board: [], chair: [dan], "Board": [ada]}), "Board"),
        (json!({board: [], chair: [dan], "\0": []}), "\0"),
        (json!({board: [], chair: [dan], board.to_uppercase(): []}), board),
    ];
    for (choices, wrong) in mistakes {
        let answer = voters[0].send(&voters[0].body(&choices)).await;
        refused(&answer, 422, "INVALID_BALLOT");
        let named: Vec<String> = fields(&answer.1).iter().map(|field| field.to_lowercase()).collect();
        let wrong = wrong.to_lowercase();
        assert!(named.iter().all(|field| field.ends_with(&wrong)), "{named:?} for {choices}");
    }
    voters[0].cast(&json!({board: [cleo, ada], chair: [dan]})).await;
}

#[actix_web::test]
async fn several_mistakes_are_named_together() {
    let service = Service::start().await;
    let (_, election, voters) = open(&service, 1).await;
    let all: Vec<&str> = (0..3).map(|place| election.candidate(0, place)).collect();
    let choices = json!({election.contest(0): all, election.contest(1): []});
    let answer = voters[0].send(&voters[0].body(&choices)).await;
    refused(&answer, 422, "INVALID_BALLOT");
    assert_eq!(fields(&answer.1).len(), 2, "{}", answer.1);
}

#[actix_web::test]
async fn a_nonce_is_16_bytes_in_base64url() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    let long = "A".repeat(23);
    for bad in
        ["", "A", "AAAAAAAAAAAAAAAAAAAAAA==", "//////////////////////", &long, "\0", "AAAAAAAAAAAAAAAAAAAAA!"]
    {
        let mut body = voters[0].body(&election.choose(Some(0)));
        body["nonce"] = json!(bad);
        let answer = voters[0].send(&body).await;
        refused(&answer, 422, "INVALID_BALLOT");
        assert_eq!(fields(&answer.1), ["nonce"]);
    }
    voters[0].cast(&election.choose(Some(0))).await;
}

#[actix_web::test]
async fn a_contest_named_twice_makes_the_ballot_invalid() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    let (contest, ada, ben) = (election.contest(0), election.candidate(0, 0), election.candidate(0, 1));
    let body = |code: &str| {
        format!(
            r#"{{"token":"{code}","nonce":"{}","choices":{{"{contest}":["{ada}"],"{contest}":["{ben}"]}}}}"#,
            nonce()
        )
    };
    let path = election.path("/votes");
    let anonymous = service.anonymous();
    let answer = post_raw(&anonymous, &path, "application/json", body(&voters[0].code)).await;
    refused(&answer, 422, "INVALID_BALLOT");
    let answer = post_raw(&anonymous, &path, "application/json", body("unknown")).await;
    refused(&answer, 404, "TOKEN_UNKNOWN");
    voters[0].cast(&election.choose(Some(0))).await;
    let answer = post_raw(&anonymous, &path, "application/json", body(&voters[0].code)).await;
    refused(&answer, 409, "ALREADY_VOTED");
}

#[actix_web::test]
async fn two_seats_and_blanks_are_counted_as_they_were_cast() {
    let service = Service::start().await;
    let (organiser, election, voters) = open(&service, 3).await;
    let (board, chair) = (election.contest(0), election.contest(1));
    let [ada, ben, _] = [0, 1, 2].map(|place| election.candidate(0, place));
    let [dan, eve] = [0, 1].map(|place| election.candidate(1, place));
    voters[0].cast(&json!({board: [ada, ben], chair: [dan]})).await;
    voters[1].cast(&json!({board: [ada], chair: [dan]})).await;
    voters[2].cast(&json!({board: [], chair: [eve]})).await;
    organiser.close(&election.id).await;
    let (_, results) = service.anonymous().get(&election.path("/results")).await.unwrap();
    let contests = results["contests"].as_array().unwrap();
    let votes = |contest: usize| -> Vec<u64> {
        let candidates = contests[contest]["candidates"].as_array().unwrap().iter();
        candidates.map(|candidate| candidate["votes"].as_u64().unwrap()).collect()
    };
    assert_eq!((votes(0), contests[0]["blank"].as_u64()), (vec![2, 1, 0], Some(1)));
    assert_eq!((votes(1), contests[1]["blank"].as_u64()), (vec![2, 1], Some(0)));
}

#[actix_web::test]
async fn the_order_of_marks_and_the_case_of_ids_make_no_other_ballot() {
    let service = Service::start().await;
    let (_, election, voters) = open(&service, 1).await;
    let [ada, ben] = [0, 1].map(|place| election.candidate(0, place));
    let dan = election.candidate(1, 0);
    let mut body = voters[0].body(&json!({election.contest(0): [ada, ben], election.contest(1): [dan]}));
    let (status, receipt) = voters[0].send(&body).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt}");
    body["choices"] =
        json!({election.contest(1).to_uppercase(): [dan], election.contest(0): [ben, ada.to_uppercase()]});
    assert_eq!(voters[0].send(&body).await, (StatusCode::OK, receipt));
}

#[actix_web::test]
async fn a_hundred_voters_at_once_get_the_positions_from_1_to_100() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 100).await;
    let choices = election.choose(Some(0));
    let casts = voters.iter().map(|voter| async { voter.send(&voter.body(&choices)).await });
    let answers = join_all(casts).await;
    assert!(answers.iter().all(|(status, _)| *status == StatusCode::CREATED));
    let positions: BTreeSet<u64> =
        answers.iter().map(|(_, answer)| answer["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, (1..=100).collect());
    let receipts: BTreeSet<&str> =
        answers.iter().map(|(_, answer)| answer["receipt"].as_str().unwrap()).collect();
    assert_eq!(receipts.len(), 100);
    let closed = organiser.close(&election.id).await;
    assert_eq!((&closed["ballots_cast"], &closed["eligible"]), (&json!(100), &json!(100)));
}

#[actix_web::test]
async fn many_ballots_of_one_voter_at_once_count_once() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    let choices = election.choose(Some(0));
    let casts = (0..30).map(|_| async { voters[0].send(&voters[0].body(&choices)).await });
    let answers = join_all(casts).await;
    let admitted = answers.iter().filter(|(status, _)| *status == StatusCode::CREATED).count();
    assert_eq!(admitted, 1);
    for answer in answers.iter().filter(|(status, _)| *status != StatusCode::CREATED) {
        refused(answer, 409, "ALREADY_VOTED");
    }
    assert_eq!(organiser.close(&election.id).await["ballots_cast"], 1);
}

#[actix_web::test]
async fn a_receipt_is_found_in_its_own_election_only() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    let (other, _) = organiser.open_election(&service, 1).await;
    let receipt = voters[0].cast(&election.choose(Some(0))).await;
    let anonymous = service.anonymous();
    let found = (StatusCode::OK, json!({"included": true, "position": 1}));
    for text in [receipt.clone(), receipt.to_uppercase()] {
        assert_eq!(anonymous.get(&election.path(&format!("/receipts/{text}"))).await.unwrap(), found);
    }
    let nobody = "0".repeat(64);
    let shorter = &receipt[..63];
    let longer = format!("{receipt}00");
    for text in [&nobody, shorter, &longer, "x", "%00", "%FF", "%F0%9F%97%B3", "..%2F..", "'%20OR%201=1"] {
        let answer = anonymous.get(&election.path(&format!("/receipts/{text}"))).await.unwrap();
        refused(&answer, 404, "NOT_FOUND");
    }
    refused(&anonymous.get(&other.path(&format!("/receipts/{receipt}"))).await.unwrap(), 404, "NOT_FOUND");
    organiser.close(&election.id).await;
    assert_eq!(anonymous.get(&election.path(&format!("/receipts/{receipt}"))).await.unwrap(), found);
}

#[actix_web::test]
async fn looking_at_the_ballot_changes_nothing() {
    let service = Service::start().await;
    let (organiser, election, voters) = open(&service, 1).await;
    let head = async || {
        let sql =
            "SELECT (h, t)::text AS all_of_it FROM election_heads h JOIN voting_tokens t USING (election_id)";
        service.superuser().await.query_one(sql, &[]).await.unwrap().get::<_, String>("all_of_it")
    };
    let before = head().await;
    for _ in 0..3 {
        let (status, paper) = voters[0].look().await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(paper["election"]["id"], election.id.as_str());
        assert_eq!(paper["election"]["title"], "Council");
        assert_eq!(paper["contests"], election.body["contests"]);
    }
    assert_eq!(head().await, before);
    let (_, shown) = organiser.get(&election.path("")).await;
    assert_eq!(shown["ballots_cast"], 0);
    voters[0].cast(&json!({election.contest(0): [], election.contest(1): [election.candidate(1, 0)]})).await;
}

#[actix_web::test]
async fn a_random_order_shows_every_candidate_in_more_than_one_order() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let names: Vec<Value> = (0..12).map(|number| json!({"name": format!("Candidate {number}")})).collect();
    let contest = json!({"title": "Chair", "candidate_order": "random", "candidates": names});
    let election = organiser.draft(json!({"title": "Board", "contests": [contest]})).await;
    organiser.import(&election.id, &roll(1)).await;
    let voters = organiser.open(&service, &election.id, 1).await;
    let all: BTreeSet<String> = (0..12).map(|place| election.candidate(0, place).to_owned()).collect();
    let mut orders = BTreeSet::new();
    for _ in 0..5 {
        let (_, paper) = voters[0].look().await;
        let shown = paper["contests"][0]["candidates"].as_array().unwrap().clone();
        let ids: Vec<String> =
            shown.iter().map(|candidate| candidate["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.iter().cloned().collect::<BTreeSet<_>>(), all);
        orders.insert(ids);
    }
    assert!(orders.len() > 1, "five times the same order of twelve");
    let (_, again) = organiser.get(&election.path("")).await;
    assert_eq!(again["contests"], election.body["contests"], "organisers see it as listed");
}
