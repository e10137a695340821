//! Results, turnout and the check of a whole election.

use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use uvote_loadtest::client::{Client, whole};

use crate::support::people::{Election, Voter, roll, sample};
use crate::support::{Organiser, Service};

type Answer = (StatusCode, Value);

fn refused(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!((answer.0, answer.1["code"].as_str()), (status, Some(code)), "{}", answer.1);
}

async fn seen_by(client: &Client, election: &Election) -> Answer {
    client.get(&election.path("/results")).await.unwrap()
}

async fn results(client: &Client, election: &Election) -> Value {
    let (status, answer) = seen_by(client, election).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

async fn open_with(
    organiser: &Organiser,
    service: &Service,
    body: Value,
    voters: usize,
) -> (Election, Vec<Voter>) {
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(voters)).await;
    let people = organiser.open(service, &election.id, voters).await;
    (election, people)
}

fn with(field: &str, value: &str) -> Value {
    let mut body = sample();
    body[field] = json!(value);
    body
}

/// Name, votes, percent and whether elected, for each candidate of a contest.
fn table(results: &Value, contest: usize) -> Vec<(String, u64, f64, bool)> {
    let row = |candidate: &Value| {
        (
            candidate["name"].as_str().unwrap().to_owned(),
            candidate["votes"].as_u64().unwrap(),
            candidate["percent"].as_f64().unwrap(),
            candidate["winner"].as_bool().unwrap(),
        )
    };
    results["contests"][contest]["candidates"].as_array().unwrap().iter().map(row).collect()
}

fn line(name: &str, votes: u64, percent: f64, winner: bool) -> (String, u64, f64, bool) {
    (name.to_owned(), votes, percent, winner)
}

async fn audited(organiser: &Organiser, election: &Election, action: &str) -> Vec<Value> {
    let (status, answer) = organiser.get(&election.path("/audit?limit=100")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let all = answer["items"].as_array().unwrap().iter();
    all.filter(|record| record["action"] == action).cloned().collect()
}

#[actix_web::test]
async fn nobody_sees_results_before_the_close_unless_the_election_says_so() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 11).await;
    for voter in &people {
        voter.cast(&election.choose(Some(0))).await;
    }
    for client in [&service.anonymous(), &organiser.client] {
        refused(&seen_by(client, &election).await, StatusCode::FORBIDDEN, "RESULTS_HIDDEN");
        let csv = client.get(&election.path("/results.csv")).await.unwrap();
        refused(&csv, StatusCode::FORBIDDEN, "RESULTS_HIDDEN");
    }
    assert!(audited(&organiser, &election, "results.viewed").await.is_empty());
    organiser.close(&election.id).await;
    let public = results(&service.anonymous(), &election).await;
    assert_eq!(table(&public, 0), [line("Ada", 11, 100.0, true), line("Ben", 0, 0.0, false)]);
    assert_eq!(
        (&public["status"], &public["ballots_cast"], &public["eligible"]),
        (&json!("closed"), &json!(11), &json!(11))
    );
    assert_eq!((&public["election_id"], &public["title"]), (&json!(election.id), &json!("Board")));
    assert_eq!(results(&organiser.client, &election).await, public);
    assert!(audited(&organiser, &election, "results.viewed").await.is_empty(), "public is public");
    let archived = organiser.post(&election.path("/archive"), &json!({})).await;
    assert_eq!(archived.0, StatusCode::OK);
    assert_eq!(results(&service.anonymous(), &election).await["status"], "archived");
}

#[actix_web::test]
async fn a_running_tally_moves_in_steps_of_ten_and_hides_who_has_voted() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let stranger = Organiser::register(&service).await;
    let (election, people) =
        open_with(&organiser, &service, with("tally_visibility", "organisers"), 20).await;
    let choices = election.choose(Some(1));
    for (cast, shown) in (1..=20).zip([0; 9].into_iter().chain([10; 10]).chain([20])) {
        people[cast - 1].cast(&choices).await;
        if [1, 9, 10, 11, 19, 20].contains(&cast) {
            let now = results(&organiser.client, &election).await;
            assert_eq!(
                (&now["ballots_cast"], table(&now, 0)[1].1),
                (&json!(shown), shown),
                "{cast} were cast"
            );
            assert_eq!(now["status"], "active");
        }
        if cast == 9 {
            let (_, turnout) = organiser.get(&election.path("/turnout")).await;
            assert_eq!(turnout["ballots_cast"], 9, "turnout is always exact");
        }
    }
    let viewed = audited(&organiser, &election, "results.viewed").await;
    assert_eq!((viewed.len(), &viewed[0]["details"]), (6, &json!({"ballots": 20})));
    for outsider in [&service.anonymous(), &stranger.client] {
        refused(&seen_by(outsider, &election).await, StatusCode::FORBIDDEN, "RESULTS_HIDDEN");
    }
    for query in ["", "?voted=true", "?voted=false"] {
        let (_, list) = organiser.get(&election.path(&format!("/voters{query}"))).await;
        let items = list["items"].as_array().unwrap();
        assert_eq!(items.len(), 20, "{query}");
        assert!(items.iter().all(|voter| voter["voted"].is_null()), "{query}");
    }
    let sheet = csv(&organiser.client, &election.path("/voters.csv")).await;
    assert!(!sheet.contains("yes") && !sheet.contains("no,"), "{sheet}");
    organiser.close(&election.id).await;
    let (_, list) = organiser.get(&election.path("/voters?voted=true")).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 20);
    assert_eq!(results(&service.anonymous(), &election).await["ballots_cast"], 20);
}

#[actix_web::test]
async fn a_tally_for_everyone_is_seen_by_everyone() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_with(&organiser, &service, with("tally_visibility", "everyone"), 11).await;
    for voter in &people {
        voter.cast(&election.choose(Some(0))).await;
    }
    let public = results(&service.anonymous(), &election).await;
    assert_eq!((&public["ballots_cast"], table(&public, 0)[0].1), (&json!(10), 10));
    assert!(audited(&organiser, &election, "results.viewed").await.is_empty());
    organiser.close(&election.id).await;
    assert_eq!(table(&results(&service.anonymous(), &election).await, 0)[0].1, 11);
}

#[actix_web::test]
async fn a_draft_has_no_results_and_is_unknown_to_strangers() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let stranger = Organiser::register(&service).await;
    let election = organiser.draft(with("tally_visibility", "everyone")).await;
    refused(&seen_by(&service.anonymous(), &election).await, StatusCode::NOT_FOUND, "NOT_FOUND");
    refused(&seen_by(&stranger.client, &election).await, StatusCode::NOT_FOUND, "NOT_FOUND");
    refused(&seen_by(&organiser.client, &election).await, StatusCode::FORBIDDEN, "RESULTS_HIDDEN");
    let nowhere = format!("/api/v1/elections/{}/results", uuid::Uuid::now_v7());
    refused(&service.anonymous().get(&nowhere).await.unwrap(), StatusCode::NOT_FOUND, "NOT_FOUND");
    let (status, _) = stranger.get(&election.path("/turnout")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = service.anonymous().get(&election.path("/turnout")).await.unwrap();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = stranger.post(&election.path("/verify"), &json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn ties_seats_blanks_and_percents_are_told_as_they_are() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let names =
        |letter: &str| (0..3).map(|place| json!({"name": format!("{letter}{place}")})).collect::<Vec<_>>();
    let body = json!({"title": "Three ways", "contests": [
        {"title": "A", "candidates": names("a")},
        {"title": "B", "seats": 2, "candidates": names("b")},
        {"title": "C", "seats": 2, "candidates": names("c")}]});
    let (election, people) = open_with(&organiser, &service, body, 7).await;
    let ballots: [[&[usize]; 3]; 6] = [
        [&[0], &[0, 1], &[0, 1]],
        [&[0], &[0], &[0, 2]],
        [&[1], &[0, 1], &[0]],
        [&[1], &[], &[1]],
        [&[2], &[], &[2]],
        [&[], &[], &[]],
    ];
    for (voter, ballot) in people.iter().zip(ballots) {
        let marked = |contest: usize| {
            ballot[contest].iter().map(|place| election.candidate(contest, *place)).collect::<Vec<_>>()
        };
        let choices = json!({election.contest(0): marked(0), election.contest(1): marked(1), election.contest(2): marked(2)});
        voter.cast(&choices).await;
    }
    organiser.close(&election.id).await;
    let told = results(&service.anonymous(), &election).await;
    assert_eq!(told["turnout_percent"].as_f64(), Some(85.71));
    let contest = |place: usize| {
        let contest = &told["contests"][place];
        (
            contest["seats"].as_u64().unwrap(),
            contest["blank"].as_u64().unwrap(),
            contest["tie"].as_bool().unwrap(),
        )
    };
    assert_eq!((contest(0), contest(1), contest(2)), ((1, 1, true), (2, 3, false), (2, 1, true)));
    assert_eq!(
        table(&told, 0),
        [line("a0", 2, 40.0, false), line("a1", 2, 40.0, false), line("a2", 1, 20.0, false)]
    );
    assert_eq!(
        table(&told, 1),
        [line("b0", 3, 100.0, true), line("b1", 2, 66.67, true), line("b2", 0, 0.0, false)]
    );
    assert_eq!(
        table(&told, 2),
        [line("c0", 3, 60.0, true), line("c1", 2, 40.0, false), line("c2", 2, 40.0, false)]
    );
}

#[actix_web::test]
async fn nobody_wins_without_votes() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for blanks in [0, 1] {
        let (election, people) = organiser.open_election(&service, 2).await;
        for voter in &people[..blanks] {
            voter.cast(&election.choose(None)).await;
        }
        organiser.close(&election.id).await;
        let told = results(&service.anonymous(), &election).await;
        assert_eq!(table(&told, 0), [line("Ada", 0, 0.0, false), line("Ben", 0, 0.0, false)]);
        let contest = &told["contests"][0];
        assert_eq!((&contest["blank"], &contest["tie"]), (&json!(blanks), &json!(false)));
    }
}

async fn csv(client: &Client, path: &str) -> String {
    let answer = client.send(Request::get(path).body(whole("")).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    String::from_utf8(answer.body().to_vec()).unwrap()
}

#[actix_web::test]
async fn the_csv_of_the_results_holds_no_formulas() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let body = json!({"title": "Board", "contests": [{"title": "Chair, or \"head\"",
        "candidates": [{"name": "=HYPERLINK(\"http://evil.example\")"}, {"name": "@SUM(A1)"}, {"name": "Ülla"}]}]});
    let (election, people) = open_with(&organiser, &service, body, 4).await;
    for (voter, choice) in people.iter().zip([Some(0), Some(0), Some(2), None]) {
        voter.cast(&election.choose(choice)).await;
    }
    organiser.close(&election.id).await;
    let sheet = csv(&service.anonymous(), &election.path("/results.csv")).await;
    let expected = [
        "contest,candidate,votes,percent,winner",
        "\"Chair, or \"\"head\"\"\",\"'=HYPERLINK(\"\"http://evil.example\"\")\",2,66.67,yes",
        "\"Chair, or \"\"head\"\"\",\"'@SUM(A1)\",0,0.00,no",
        "\"Chair, or \"\"head\"\"\",Ülla,1,33.33,no",
        "\"Chair, or \"\"head\"\"\",(blank),1,,",
        "",
    ];
    assert_eq!(sheet, expected.join("\r\n"));
}

#[actix_web::test]
async fn with_manual_publication_results_stay_with_the_organisers_until_published() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_with(&organiser, &service, with("publication", "manual"), 2).await;
    people[0].cast(&election.choose(Some(1))).await;
    let publish = election.path("/publish");
    refused(&organiser.post(&publish, &json!({})).await, StatusCode::CONFLICT, "WRONG_STATE");
    organiser.close(&election.id).await;
    refused(&seen_by(&service.anonymous(), &election).await, StatusCode::FORBIDDEN, "RESULTS_HIDDEN");
    assert_eq!(table(&results(&organiser.client, &election).await, 0)[1].1, 1);
    assert!(audited(&organiser, &election, "election.published").await.is_empty());
    assert_eq!(organiser.post(&publish, &json!({})).await.0, StatusCode::OK);
    assert_eq!(table(&results(&service.anonymous(), &election).await, 0)[1].1, 1);
    refused(&organiser.post(&publish, &json!({})).await, StatusCode::CONFLICT, "WRONG_STATE");
    assert_eq!(audited(&organiser, &election, "election.published").await.len(), 1);
}

async fn turnout(organiser: &Organiser, election: &Election) -> Value {
    let (status, answer) = organiser.get(&election.path("/turnout")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

fn per_minute(turnout: &Value) -> Vec<u64> {
    let minutes = turnout["per_minute"].as_array().unwrap();
    minutes.iter().map(|minute| minute["ballots"].as_u64().unwrap()).collect()
}

#[actix_web::test]
async fn turnout_merges_minutes_with_few_ballots_into_their_neighbours() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 8).await;
    let choices = election.choose(Some(0));
    let none = turnout(&organiser, &election).await;
    assert_eq!(
        (&none["eligible"], &none["ballots_cast"], none["percent"].as_f64(), &none["per_minute"]),
        (&json!(8), &json!(0), Some(0.0), &json!([]))
    );
    for voter in &people[..3] {
        voter.cast(&choices).await;
    }
    assert_eq!(turnout(&organiser, &election).await["percent"].as_f64(), Some(37.5));
    // An earlier minute that was full enough to be told.
    let earlier = format!(
        "INSERT INTO turnout_minutes (election_id, minute, ballots) VALUES ('{}', date_trunc('minute', clock_timestamp()) - interval '1 hour', 7)",
        election.id
    );
    service.superuser().await.batch_execute(&earlier).await.unwrap();
    assert_eq!(per_minute(&turnout(&organiser, &election).await), [10], "three alone would tell too much");
    for voter in &people[3..] {
        voter.cast(&choices).await;
    }
    let now = per_minute(&turnout(&organiser, &election).await);
    assert_eq!(now.iter().sum::<u64>(), 15);
    assert!(now.iter().all(|ballots| *ballots >= 5), "{now:?}");
    organiser.close(&election.id).await;
    assert_eq!(turnout(&organiser, &election).await["per_minute"].as_array().unwrap().len(), now.len());
}

#[actix_web::test]
async fn a_full_minute_stands_on_its_own_and_the_rest_joins_it_at_the_close() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 7).await;
    for voter in &people {
        voter.cast(&election.choose(Some(0))).await;
    }
    organiser.close(&election.id).await;
    let told = turnout(&organiser, &election).await;
    let minutes = per_minute(&told);
    assert_eq!((minutes.iter().sum::<u64>(), &told["ballots_cast"]), (7, &json!(7)));
    assert_eq!(minutes.len(), 1, "seven ballots are never told in two minutes of at least five");
    assert!(told["per_minute"][0]["minute"].as_str().unwrap().ends_with(":00Z"));
}

async fn verify(organiser: &Organiser, election: &Election) -> Value {
    let (status, answer) = organiser.post(&election.path("/verify"), &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

#[actix_web::test]
async fn a_sound_election_verifies_at_any_time_and_without_its_key_as_far_as_can_be() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 3).await;
    people[0].cast(&election.choose(Some(0))).await;
    let head = people[1].cast(&election.choose(None)).await;
    let sound = json!({"ballots": 2, "chain_intact": true, "recount_matches": true, "head": head});
    assert_eq!(verify(&organiser, &election).await, sound);
    organiser.close(&election.id).await;
    assert_eq!(verify(&organiser, &election).await, sound);
    let destroy =
        format!("DELETE FROM election_keys WHERE election_id = '{}' AND purpose = 'seal'", election.id);
    service.superuser().await.batch_execute(&destroy).await.unwrap();
    let keyless = json!({"ballots": 2, "chain_intact": true, "recount_matches": null, "head": head});
    assert_eq!(verify(&organiser, &election).await, keyless);
    assert_eq!(table(&results(&service.anonymous(), &election).await, 0)[0].1, 1, "results stay");
}

#[actix_web::test]
async fn a_ballot_that_was_tampered_with_breaks_chain_and_count() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 2).await;
    for voter in &people {
        voter.cast(&election.choose(Some(0))).await;
    }
    let tamper = "ALTER TABLE ballots DISABLE TRIGGER ALL;
        UPDATE ballots SET sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1) WHERE position = 1";
    service.superuser().await.batch_execute(tamper).await.unwrap();
    let told = verify(&organiser, &election).await;
    assert_eq!((&told["chain_intact"], &told["recount_matches"]), (&json!(false), &json!(false)));
    let answer = organiser.post(&election.path("/close"), &json!({})).await;
    refused(&answer, StatusCode::CONFLICT, "COUNT_DISPUTED");
}

#[actix_web::test]
async fn a_recount_that_differs_from_the_running_tally_publishes_nothing() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 2).await;
    people[0].cast(&election.choose(Some(0))).await;
    let superuser = service.superuser().await;
    let id: uuid::Uuid = election.id.parse().unwrap();
    let save = "SELECT sealed_running FROM election_heads WHERE election_id = $1";
    let older: Vec<u8> = superuser.query_one(save, &[&id]).await.unwrap().get(0);
    people[1].cast(&election.choose(Some(1))).await;
    let tamper = "UPDATE election_heads SET sealed_running = $2 WHERE election_id = $1";
    superuser.execute(tamper, &[&id, &older]).await.unwrap();
    assert_eq!(verify(&organiser, &election).await["recount_matches"], false);
    for _ in 0..2 {
        let answer = organiser.post(&election.path("/close"), &json!({})).await;
        refused(&answer, StatusCode::CONFLICT, "COUNT_DISPUTED");
    }
    let (_, shown) = organiser.get(&election.path("")).await;
    assert_eq!(shown["status"], "closed");
    refused(&seen_by(&service.anonymous(), &election).await, StatusCode::FORBIDDEN, "RESULTS_HIDDEN");
    refused(&seen_by(&organiser.client, &election).await, StatusCode::CONFLICT, "COUNT_DISPUTED");
    let publish = organiser.post(&election.path("/publish"), &json!({})).await;
    refused(&publish, StatusCode::CONFLICT, "COUNT_DISPUTED");
    let notices = organiser.post(&election.path("/result-notices"), &json!({})).await;
    refused(&notices, StatusCode::CONFLICT, "WRONG_STATE");
    let stored = "SELECT (SELECT count(*) FROM opened_ballots) + (SELECT count(*) FROM candidate_counts)";
    assert_eq!(superuser.query_one(stored, &[]).await.unwrap().get::<_, i64>(0), 0);
    let disputes = audited(&organiser, &election, "election.count_disputed").await;
    assert_eq!((disputes.len(), &disputes[0]["actor"]), (1, &json!("system")));
    assert_eq!(disputes[0]["details"], json!({"ballots": 2, "unreadable": 0, "chain_intact": true}));
    assert_eq!(audited(&organiser, &election, "election.closed").await.len(), 1);
    assert!(audited(&organiser, &election, "election.published").await.is_empty());
}

#[actix_web::test]
async fn a_dispute_whose_cause_is_mended_can_be_counted_after_all() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 1).await;
    let superuser = service.superuser().await;
    let id: uuid::Uuid = election.id.parse().unwrap();
    let save = "SELECT sealed_running FROM election_heads WHERE election_id = $1";
    let older: Vec<u8> = superuser.query_one(save, &[&id]).await.unwrap().get(0);
    people[0].cast(&election.choose(Some(0))).await;
    let right: Vec<u8> = superuser.query_one(save, &[&id]).await.unwrap().get(0);
    let put = "UPDATE election_heads SET sealed_running = $2 WHERE election_id = $1";
    superuser.execute(put, &[&id, &older]).await.unwrap();
    let answer = organiser.post(&election.path("/close"), &json!({})).await;
    refused(&answer, StatusCode::CONFLICT, "COUNT_DISPUTED");
    superuser.execute(put, &[&id, &right]).await.unwrap();
    organiser.close(&election.id).await;
    assert_eq!(table(&results(&service.anonymous(), &election).await, 0)[0].1, 1);
    let again = organiser.post(&election.path("/close"), &json!({})).await;
    refused(&again, StatusCode::CONFLICT, "WRONG_STATE");
}
