//! The roll, voter by voter: adding, finding, changing, removing, and taking it out as CSV.

use std::collections::BTreeSet;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::problem::{ids, invalid, refused, send_raw};
use super::votes::voter_id;
use crate::support::people::{Election, Voter, address, roll, sample};
use crate::support::{Organiser, Service};

async fn add(organiser: &Organiser, election: &Election, voter: Value) -> Value {
    let (status, answer) = organiser.post(&election.path("/voters"), &voter).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    answer
}

fn emails(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["email"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_voter_is_added_shown_changed_and_removed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let wish = json!({"email": "  Vera@Example.ORG ", "first_name": " Vera ", "last_name": ""});
    let voter = add(&organiser, &election, wish).await;
    let id = voter["id"].as_str().unwrap().to_owned();
    let expected = json!({"id": id, "email": "vera@example.org", "first_name": "Vera", "last_name": null,
        "voted": false, "delivery": "none"});
    assert_eq!(voter, expected);
    let path = election.path(&format!("/voters/{id}"));
    let (status, changed) = organiser.patch(&path, &json!({"first_name": null, "last_name": "Vogt"})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&changed["first_name"], &changed["last_name"]), (&Value::Null, &json!("Vogt")));
    let (_, same) = organiser.patch(&path, &json!({})).await;
    assert_eq!(same, changed);
    let (_, shown) = organiser.get(&election.path("")).await;
    assert_eq!(shown["eligible"], 1);
    assert_eq!(organiser.delete(&path).await, (StatusCode::NO_CONTENT, Value::Null));
    refused(&organiser.delete(&path).await, 404, "NOT_FOUND");
    refused(&organiser.patch(&path, &json!({})).await, 404, "NOT_FOUND");
    let (_, shown) = organiser.get(&election.path("")).await;
    assert_eq!(shown["eligible"], 0);
}

#[actix_web::test]
async fn a_voter_that_can_not_be_is_refused_with_the_field() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let path = election.path("/voters");
    let long = "x".repeat(101);
    for (voter, wrong) in [
        (json!({"email": ""}), "email"),
        (json!({"email": "vera"}), "email"),
        (json!({"email": "a@b@example.org"}), "email"),
        (json!({"email": "vera\0@example.org"}), "email"),
        (json!({"email": "v@example.org\r\nBcc: x@example.org"}), "email"),
        (json!({"email": "v@example.org", "first_name": "a\0b"}), "first_name"),
        (json!({"email": "v@example.org", "last_name": long}), "last_name"),
        (json!({"email": "v@example.org", "age": 3}), "age"),
        (json!({"first_name": "Vera"}), "email"),
    ] {
        invalid(&organiser.post(&path, &voter).await, &[wrong]);
    }
    invalid(
        &organiser.post(&path, &json!({"email": "", "first_name": "\0"})).await,
        &["first_name", "email"],
    );
    let id = add(&organiser, &election, json!({"email": "v@example.org"})).await["id"].clone();
    let voter = election.path(&format!("/voters/{}", id.as_str().unwrap()));
    invalid(&organiser.patch(&voter, &json!({"email": "nobody"})).await, &["email"]);
    invalid(&organiser.patch(&voter, &json!({"voted": true})).await, &["voted"]);
}

#[actix_web::test]
async fn an_address_stands_once_on_a_roll() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    add(&organiser, &election, json!({"email": "vera@example.org"})).await;
    let twin = json!({"email": "VERA@example.org"});
    refused(&organiser.post(&election.path("/voters"), &twin).await, 409, "CONFLICT");
    let other = add(&organiser, &election, json!({"email": "otto@example.org"})).await;
    let path = election.path(&format!("/voters/{}", other["id"].as_str().unwrap()));
    refused(&organiser.patch(&path, &twin).await, 409, "CONFLICT");
    let another = organiser.draft(sample()).await;
    add(&organiser, &another, twin).await;
}

#[actix_web::test]
async fn the_roll_is_searched_and_paged_latest_first() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(25).await;
    add(
        &organiser,
        &election,
        json!({"email": "otto@example.net", "first_name": "Ärnst", "last_name": "50%_"}),
    )
    .await;
    let path = election.path("/voters");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = organiser.get(&format!("{path}?limit=10{cursor}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        seen.extend(emails(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next_cursor"].as_str() else { break };
        assert_eq!(emails(&page).len(), 10);
        cursor = format!("&cursor={next}");
    }
    let expected: Vec<String> =
        std::iter::once("otto@example.net".to_owned()).chain((1..=25).rev().map(address)).collect();
    assert_eq!(seen, expected);
    let (_, page) = organiser.get(&path).await;
    assert_eq!(emails(&page).len(), 20);
    for (q, found) in [
        ("voter7", 1),
        ("VOTER%2025", 1),
        ("vera", 25),
        ("example.net", 1),
        ("Ottó", 0),
        ("%C3%84RNST", 1),
        ("%25", 1),
        ("_", 1),
        ("50%25_", 1),
        ("", 26),
        ("nobody", 0),
    ] {
        let q = q.replace('ó', "%C3%B3");
        let answer =
            send_raw(&organiser.client, Method::GET, &format!("{path}?q={q}&limit=100"), "text/plain", "")
                .await;
        assert_eq!(answer.headers()["x-total-count"], found.to_string(), "{q}");
        let page: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(emails(&page).len(), found, "{q}");
    }
    for bad in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "cursor=x",
        "cursor=AAAA",
        "cursor=%00",
        "delivery=lost",
        "voted=perhaps",
    ] {
        refused(&organiser.get(&format!("{path}?{bad}")).await, 422, "INVALID");
    }
}

/// Rows of the roll that were read, as far as PostgreSQL has been told.
async fn rows_read(superuser: &tokio_postgres::Client) -> i64 {
    let sql = "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables
        WHERE relname = 'voters' AND n_tup_ins > 0";
    superuser.query_opt(sql, &[]).await.unwrap().map_or(0, |row| row.get(0))
}

#[actix_web::test]
async fn a_page_of_a_roll_that_was_just_imported_is_read_without_the_rest_of_it() {
    const VOTERS: usize = 9_000;
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(VOTERS).await;
    let superuser = service.superuser().await;
    let mut pages = 0;
    // What a connection has read is known a while later.
    while rows_read(&superuser).await == 0 {
        let (_, page) = organiser.get(&election.path("/voters?limit=10")).await;
        assert_eq!(emails(&page).len(), 10);
        pages += 1;
    }
    let read = rows_read(&superuser).await;
    assert!(read <= pages * 50, "{pages} pages read {read} of {VOTERS} voters");
}

#[actix_web::test]
async fn the_roll_is_narrowed_to_who_has_voted_and_whose_mail_arrived() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 3).await;
    add(&organiser, &election, json!({"email": "late@example.org"})).await;
    voters[0].cast(&election.choose(None)).await;
    let find = async |query: &str| {
        let (status, list) = organiser.get(&election.path(&format!("/voters?{query}"))).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        emails(&list).into_iter().map(str::to_owned).collect::<BTreeSet<String>>()
    };
    let set = |emails: &[&str]| emails.iter().map(|&email| email.to_owned()).collect::<BTreeSet<_>>();
    let [first, second, third] = [1, 2, 3].map(address);
    assert_eq!(find("voted=true").await, set(&[&first]));
    assert_eq!(find("voted=false").await, set(&[&second, &third, "late@example.org"]));
    assert_eq!(find("delivery=none").await, set(&["late@example.org"]));
    assert_eq!(find("voted=false&q=voter2").await, set(&[&second]));
    // A mail counts as sent a moment after the other server has it.
    let sent = async { while find("delivery=sent").await != set(&[&first, &second, &third]) {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), sent).await.unwrap();
    assert_eq!(find("delivery=failed").await, set(&[]));
}

#[actix_web::test]
async fn who_has_voted_is_hidden_while_a_tally_may_be_seen() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["tally_visibility"] = json!("organisers");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(2)).await;
    let voters = organiser.open(&service, &election.id, 2).await;
    voters[0].cast(&election.choose(Some(0))).await;
    for query in ["", "?voted=true", "?voted=false"] {
        let (_, list) = organiser.get(&election.path(&format!("/voters{query}"))).await;
        assert_eq!(list["items"].as_array().unwrap().len(), 2, "{list}");
        assert!(list["items"].as_array().unwrap().iter().all(|voter| voter["voted"].is_null()));
    }
    organiser.close(&election.id).await;
    let (_, list) = organiser.get(&election.path("/voters?voted=true")).await;
    assert_eq!(emails(&list), [address(1)]);
}

#[actix_web::test]
async fn a_voter_who_has_voted_can_not_be_changed_or_removed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    voters[0].cast(&election.choose(Some(0))).await;
    let id = voter_id(&organiser, &election, &address(1)).await;
    let path = election.path(&format!("/voters/{id}"));
    refused(&organiser.patch(&path, &json!({"email": "new@example.org"})).await, 409, "ALREADY_VOTED");
    refused(&organiser.patch(&path, &json!({"first_name": "Eve"})).await, 409, "ALREADY_VOTED");
    refused(&organiser.delete(&path).await, 409, "ALREADY_VOTED");
    refused(&organiser.post(&format!("{path}/invitation"), &json!({})).await, 409, "ALREADY_VOTED");
    let (_, shown) = organiser.get(&election.path("")).await;
    assert_eq!((&shown["eligible"], &shown["ballots_cast"]), (&json!(1), &json!(1)));
}

#[actix_web::test]
async fn a_late_voter_is_invited_and_votes() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 1).await;
    add(&organiser, &election, json!({"email": "late@example.org"})).await;
    let (status, answer) = organiser.post(&election.path("/invitations"), &json!({})).await;
    assert_eq!((status, &answer["queued"]), (StatusCode::ACCEPTED, &json!(1)));
    let late = Voter::invited(&service, &election.id, "late@example.org").await;
    late.cast(&election.choose(Some(1))).await;
    assert_eq!(organiser.close(&election.id).await["eligible"], 2);
}

#[actix_web::test]
async fn the_roll_is_final_once_the_election_is_closed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 1).await;
    let id = voter_id(&organiser, &election, &address(1)).await;
    organiser.close(&election.id).await;
    let voter = election.path(&format!("/voters/{id}"));
    let late = json!({"email": "late@example.org"});
    refused(&organiser.post(&election.path("/voters"), &late).await, 409, "WRONG_STATE");
    refused(&organiser.patch(&voter, &late).await, 409, "WRONG_STATE");
    refused(&organiser.delete(&voter).await, 409, "WRONG_STATE");
    refused(&organiser.import(&election.id, &roll(3)).await, 409, "WRONG_STATE");
    refused(&organiser.post(&format!("{voter}/invitation"), &json!({})).await, 409, "WRONG_STATE");
    let (status, _) = organiser.get(&election.path("/voters")).await;
    assert_eq!(status, StatusCode::OK);
}

#[actix_web::test]
async fn a_voter_belongs_to_one_election() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, other) = (organiser.ready_draft(1).await, organiser.ready_draft(1).await);
    let id = voter_id(&organiser, &election, &address(1)).await;
    for id in [id, Uuid::new_v4().to_string()] {
        let path = other.path(&format!("/voters/{id}"));
        refused(&organiser.patch(&path, &json!({"first_name": "Eve"})).await, 404, "NOT_FOUND");
        refused(&organiser.delete(&path).await, 404, "NOT_FOUND");
    }
    let (_, list) = organiser.get(&election.path("/voters")).await;
    assert_eq!(ids(&list).len(), 1);
}

#[actix_web::test]
async fn the_roll_comes_out_as_csv_in_order_without_formulas() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(1).await;
    let odd = json!({"email": "odd@example.org", "first_name": "=1+1", "last_name": "Voss, \"der\" Ältere"});
    add(&organiser, &election, odd).await;
    let voters = organiser.open(&service, &election.id, 1).await;
    voters[0].cast(&election.choose(None)).await;
    let answer =
        send_raw(&organiser.client, Method::GET, &election.path("/voters.csv"), "text/plain", "").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
    let text = String::from_utf8(answer.body().to_vec()).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "email,first_name,last_name,voted,delivery");
    assert!(lines[1].starts_with("voter1@example.org,Vera,Voter 1,yes,"), "{}", lines[1]);
    let neutral = r#"odd@example.org,"'=1+1","Voss, ""der"" Ältere",no,"#;
    assert!(lines[2].starts_with(neutral), "{}", lines[2]);
    assert_eq!(lines[3..], [""]);
}
