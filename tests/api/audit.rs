//! The audit log: everything that was done, in order, and nothing about who voted how or when.

use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use uvote_loadtest::client::whole;

use crate::support::people::{Election, Voter, address, sample};
use crate::support::{Organiser, Service};

async fn read(organiser: &Organiser, path: &str) -> Vec<Value> {
    let (status, answer) = organiser.get(path).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["items"].as_array().unwrap().clone()
}

fn organisation(election: &Election) -> String {
    format!("/api/v1/organisations/{}/audit", election.body["organisation_id"].as_str().unwrap())
}

async fn verify(organiser: &Organiser, election: &Election) -> Value {
    let (status, answer) = organiser.post(&format!("{}/verify", organisation(election)), &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

async fn act(organiser: &Organiser, election: &Election, rest: &str) {
    let (status, answer) = organiser.post(&election.path(rest), &json!({})).await;
    assert!(status.is_success(), "{rest}: {answer}");
}

/// Everything that can be done to an election, with one vote in the middle.
async fn whole_life(service: &Service, organiser: &Organiser) -> (Election, Vec<String>) {
    let mut body = sample();
    body["publication"] = json!("manual");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, "email\nvoter1@example.org\nvoter2@example.org\n").await;
    organiser.patch(&election.path(""), &json!({"title": "New board"})).await;
    let (_, added) = organiser.post(&election.path("/voters"), &json!({"email": "third@example.org"})).await;
    let third = election.path(&format!("/voters/{}", added["id"].as_str().unwrap()));
    organiser.patch(&third, &json!({"email": "moved@example.org"})).await;
    organiser.delete(&third).await;
    assert_eq!(organiser.delete(&election.path("")).await.0, StatusCode::NO_CONTENT);
    act(organiser, &election, "/restore").await;
    let people = organiser.open(service, &election.id, 2).await;
    organiser.delete(&election.path("/invitations")).await;
    let (_, list) = organiser.get(&election.path(&format!("/voters?q={}", address(2)))).await;
    act(organiser, &election, &format!("/voters/{}/invitation", list["items"][0]["id"].as_str().unwrap()))
        .await;
    let resent = Voter::invited(service, &election.id, &address(2)).await;
    let receipts =
        vec![people[0].cast(&election.choose(Some(0))).await, resent.cast(&election.choose(None)).await];
    act(organiser, &election, "/close").await;
    assert_eq!(organiser.get(&election.path("/results")).await.0, StatusCode::OK);
    act(organiser, &election, "/publish").await;
    act(organiser, &election, "/result-notices").await;
    act(organiser, &election, "/archive").await;
    (election, receipts)
}

#[actix_web::test]
async fn every_act_of_an_election_is_told_newest_first() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = whole_life(&service, &organiser).await;
    let records = read(&organiser, &election.path("/audit?limit=100")).await;
    let actions: Vec<&str> = records.iter().rev().map(|record| record["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "election.created",
            "voters.imported",
            "election.updated",
            "voter.added",
            "voter.updated",
            "voter.removed",
            "election.deleted",
            "election.restored",
            "election.activated",
            "election.opened",
            "invitations.sent",
            "invitations.stopped",
            "invitation.resent",
            "election.closed",
            "election.counted",
            "results.viewed",
            "election.published",
            "result_notices.sent",
            "election.archived",
        ]
    );
    let (_, who) = organiser.get("/api/v1/auth/verify").await;
    let actor = format!("account:{}", who["account_id"].as_str().unwrap());
    for record in &records {
        assert_eq!(record["actor"], json!(actor), "{record}");
        assert_eq!(record["subject"], json!(format!("election:{}", election.id)), "{record}");
        assert!(record["details"].is_object() && record["at"].is_string(), "{record}");
        assert_eq!(record["hash"].as_str().unwrap().len(), 64);
    }
    let details = |action: &str| {
        let record = records.iter().find(|record| record["action"] == action).unwrap();
        record["details"].clone()
    };
    assert_eq!(details("election.closed"), json!({"ballots_cast": 2, "eligible": 2}));
    assert_eq!(details("invitations.sent"), json!({"voters": 2, "to": "not_invited"}));
    assert_eq!(details("election.activated"), json!({"eligible": 2}));
    assert_eq!(details("results.viewed"), json!({"ballots": 2}));
}

#[actix_web::test]
async fn the_log_holds_no_addresses_and_nothing_of_the_votes() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, receipts) = whole_life(&service, &organiser).await;
    let records = read(&organiser, &format!("{}?limit=100", organisation(&election))).await;
    let text = json!(records).to_string();
    assert!(!text.contains('@'), "{text}");
    for secret in
        receipts.iter().chain([&election.candidate(0, 0).to_owned(), &election.candidate(0, 1).to_owned()])
    {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    assert!(!text.contains("vote.") && !text.contains("ballot."), "{text}");
    let (_, list) = organiser.get(&election.path("/voters")).await;
    for voter in list["items"].as_array().unwrap() {
        let named =
            records.iter().filter(|record| record.to_string().contains(voter["id"].as_str().unwrap()));
        let actions: Vec<&Value> = named.map(|record| &record["action"]).collect();
        assert!(actions.iter().all(|action| **action == "invitation.resent"), "{actions:?}");
    }
}

#[actix_web::test]
async fn records_are_chained_over_the_whole_organisation() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let first = organiser.draft(sample()).await;
    let second = organiser.draft(sample()).await;
    let records = read(&organiser, &organisation(&first)).await;
    let actions: Vec<&Value> = records.iter().map(|record| &record["action"]).collect();
    assert_eq!(actions, ["election.created", "election.created", "account.signed_in", "account.verified"]);
    assert_eq!(records[0]["subject"], json!(format!("election:{}", second.id)));
    let positions: Vec<&Value> = records.iter().map(|record| &record["position"]).collect();
    assert_eq!(positions, [4, 3, 2, 1]);
    for pair in records.windows(2) {
        assert_eq!(pair[0]["previous_hash"], pair[1]["hash"]);
    }
    assert_eq!(records[3]["previous_hash"], json!("0".repeat(64)));
    assert_eq!(verify(&organiser, &first).await, json!({"records": 4, "intact": true, "first_broken": null}));
}

#[actix_web::test]
async fn a_read_shows_everything_that_was_answered_before_it() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    for number in 0..20 {
        let title = format!("Title {number}");
        assert_eq!(organiser.patch(&election.path(""), &json!({"title": title})).await.0, StatusCode::OK);
        let records = read(&organiser, &election.path("/audit?limit=100")).await;
        assert_eq!(records.len(), number + 2);
        assert_eq!(records[0]["action"], "election.updated");
    }
}

#[actix_web::test]
async fn the_log_is_read_page_by_page() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    for number in 0..4 {
        organiser.patch(&election.path(""), &json!({"title": format!("Title {number}")})).await;
    }
    let all = read(&organiser, &election.path("/audit")).await;
    assert_eq!(all.len(), 5);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let request =
            Request::get(election.path(&format!("/audit?limit=2{cursor}"))).body(whole("")).unwrap();
        let answer = organiser.client.send(request).await.unwrap();
        assert_eq!(answer.headers()["x-total-count"], "5");
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        paged.extend(body["items"].as_array().unwrap().clone());
        match body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, all);
    for query in ["limit=0", "limit=101", "limit=x", "cursor=nonsense!"] {
        let (status, answer) = organiser.get(&election.path(&format!("/audit?{query}"))).await;
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("INVALID")),
            "{query}"
        );
    }
}

#[actix_web::test]
async fn the_log_is_not_for_strangers() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let stranger = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    for path in [election.path("/audit"), organisation(&election)] {
        assert_eq!(stranger.get(&path).await.0, StatusCode::NOT_FOUND);
        assert_eq!(service.anonymous().get(&path).await.unwrap().0, StatusCode::UNAUTHORIZED);
    }
    let path = format!("{}/verify", organisation(&election));
    assert_eq!(stranger.post(&path, &json!({})).await.0, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_record_that_was_changed_is_found() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    organiser.patch(&election.path(""), &json!({"title": "New board"})).await;
    assert_eq!(verify(&organiser, &election).await["intact"], true);
    let superuser = service.superuser().await;
    let change = "UPDATE audit_records SET actor = 'system' WHERE position = 3";
    assert!(superuser.batch_execute(change).await.is_err(), "the trigger holds even for the owner");
    let tamper = format!("ALTER TABLE audit_records DISABLE TRIGGER ALL; {change}");
    superuser.batch_execute(&tamper).await.unwrap();
    assert_eq!(
        verify(&organiser, &election).await,
        json!({"records": 2, "intact": false, "first_broken": 3})
    );
}

#[actix_web::test]
async fn records_that_are_gone_are_missed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    organiser.patch(&election.path(""), &json!({"title": "New board"})).await;
    assert_eq!(verify(&organiser, &election).await["records"], 4);
    let superuser = service.superuser().await;
    let cut = "ALTER TABLE audit_records DISABLE TRIGGER ALL; DELETE FROM audit_records WHERE position = 4";
    superuser.batch_execute(cut).await.unwrap();
    assert_eq!(
        verify(&organiser, &election).await,
        json!({"records": 3, "intact": false, "first_broken": 4})
    );
    superuser.batch_execute("DELETE FROM audit_records WHERE position = 2").await.unwrap();
    assert_eq!(
        verify(&organiser, &election).await,
        json!({"records": 1, "intact": false, "first_broken": 2})
    );
}

#[actix_web::test]
async fn acts_chained_during_a_check_are_no_breach() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let acts = async {
        for number in 0..40 {
            let title = json!({"title": format!("Title {number}")});
            organiser.patch(&election.path(""), &title).await;
            read(&organiser, &election.path("/audit?limit=1")).await;
        }
    };
    let checks = async {
        for _ in 0..40 {
            let found = verify(&organiser, &election).await;
            assert_eq!((&found["intact"], &found["first_broken"]), (&json!(true), &Value::Null), "{found}");
        }
    };
    futures_util::join!(acts, checks);
}
