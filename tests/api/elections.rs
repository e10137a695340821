//! Elections: creating, listing, changing, deleting and duplicating them.

use std::collections::BTreeSet;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::problem::{ids, invalid, refused, send_raw};
use crate::support::people::sample;
use crate::support::{Organiser, Service};

#[actix_web::test]
async fn an_election_is_created_with_everything() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let wish = json!({"title": " Board 2027 ", "description": "Two lines\nof it", "contact_email": "Board@Example.org",
        "opens_at": "2998-01-01T09:00:00+01:00", "closes_at": "2999-01-01T00:00:00Z", "time_zone": "Europe/Berlin",
        "link_lifetime_hours": 24, "invitation_message": "Do vote.", "tally_visibility": "everyone", "publication": "manual",
        "contests": [{"title": "Chair", "description": "One", "method": "plurality", "seats": 2, "allow_blank": false,
            "candidate_order": "random", "candidates": [{"name": "Ada", "description": "A."}, {"name": "Ben"}]}]});
    let made = organiser.draft(wish).await.body;
    let (status, shown) = organiser.get(&format!("/api/v1/elections/{}", made["id"].as_str().unwrap())).await;
    assert_eq!((status, &shown), (StatusCode::OK, &made));
    for (field, value) in [
        ("title", json!("Board 2027")),
        ("description", json!("Two lines\nof it")),
        ("contact_email", json!("board@example.org")),
        ("status", json!("draft")),
        ("opens_at", json!("2998-01-01T08:00:00Z")),
        ("closes_at", json!("2999-01-01T00:00:00Z")),
        ("time_zone", json!("Europe/Berlin")),
        ("link_lifetime_hours", json!(24)),
        ("invitation_message", json!("Do vote.")),
        ("tally_visibility", json!("everyone")),
        ("publication", json!("manual")),
        ("eligible", json!(0)),
        ("ballots_cast", json!(0)),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    let contest = &made["contests"][0];
    assert_eq!((&contest["seats"], &contest["allow_blank"]), (&json!(2), &json!(false)));
    assert_eq!((&contest["method"], &contest["candidate_order"]), (&json!("plurality"), &json!("random")));
    let ada = &contest["candidates"][0];
    assert_eq!(
        (&ada["name"], &ada["description"], &ada["photo_url"]),
        (&json!("Ada"), &json!("A."), &Value::Null)
    );
}

#[actix_web::test]
async fn a_title_is_enough_for_a_draft() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let made = organiser.draft(json!({"title": "Board"})).await.body;
    for (field, value) in [
        ("link_lifetime_hours", json!(168)),
        ("tally_visibility", json!("after_close")),
        ("publication", json!("at_close")),
        ("contests", json!([])),
        ("description", Value::Null),
        ("contact_email", Value::Null),
        ("opens_at", Value::Null),
        ("closes_at", Value::Null),
        ("time_zone", Value::Null),
        ("activated_at", Value::Null),
        ("closed_at", Value::Null),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    let made = organiser.draft(json!({"title": "B", "contests": [{"title": "Chair"}]})).await.body;
    let contest = &made["contests"][0];
    assert_eq!((&contest["method"], &contest["seats"]), (&json!("plurality"), &json!(1)));
    assert_eq!((&contest["allow_blank"], &contest["candidate_order"]), (&json!(true), &json!("as_listed")));
}

#[actix_web::test]
async fn what_an_election_can_not_be_is_refused_with_the_field() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let long = |length: usize| "ä".repeat(length);
    let cases = [
        (json!({}), "title"),
        (json!({"title": " "}), "title"),
        (json!({"title": long(201)}), "title"),
        (json!({"title": "a\nb"}), "title"),
        (json!({"title": "a\0b"}), "title"),
        (json!({"title": "B", "description": "a\0b"}), "description"),
        (json!({"title": "B", "description": long(10_001)}), "description"),
        (json!({"title": "B", "contact_email": "board"}), "contact_email"),
        (json!({"title": "B", "invitation_message": long(5_001)}), "invitation_message"),
        (json!({"title": "B", "time_zone": "Europe; Berlin"}), "time_zone"),
        (json!({"title": "B", "link_lifetime_hours": 0}), "link_lifetime_hours"),
        (json!({"title": "B", "link_lifetime_hours": 8_785}), "link_lifetime_hours"),
        (
            json!({"title": "B", "opens_at": "2999-01-01T00:00:00Z", "closes_at": "2998-01-01T00:00:00Z"}),
            "closes_at",
        ),
        (json!({"title": "B", "opens_at": "1969-12-31T23:59:59Z"}), "opens_at"),
        (json!({"title": "B", "closes_at": "0000-01-01T00:00:00Z"}), "closes_at"),
        (json!({"title": "B", "closes_at": "9999-12-31T23:59:59-23:59"}), "closes_at"),
        (json!({"title": "B", "status": "active"}), "status"),
        (json!({"title": "B", "contests": [{"title": ""}]}), "contests.0.title"),
        (json!({"title": "B", "contests": [{"title": "C", "seats": 0}]}), "contests.0.seats"),
        (json!({"title": "B", "contests": [{"title": "C", "seats": 1_001}]}), "contests.0.seats"),
        (
            json!({"title": "B", "contests": [{"title": "C"}, {"title": "D", "candidates": [{"name": "\0"}]}]}),
            "contests.1.candidates.0.name",
        ),
        (json!({"title": "B", "contests": vec![json!({"title": "C"}); 101]}), "contests"),
    ];
    for (wish, wrong) in cases {
        invalid(&organiser.post("/api/v1/elections", &wish).await, &[wrong]);
    }
    let two = json!({"title": "", "contests": [{"title": "", "seats": 0}]});
    let named = ["title", "contests.0.title", "contests.0.seats"];
    invalid(&organiser.post("/api/v1/elections", &two).await, &named);
    for wish in [
        json!({"title": 5}),
        json!({"title": null}),
        json!({"title": "B", "opens_at": "tomorrow"}),
        json!({"title": "B", "closes_at": "2999-02-30T00:00:00Z"}),
        json!({"title": "B", "closes_at": "2999-01-01 00:00"}),
        json!({"title": "B", "opens_at": 5}),
        json!({"title": "B", "tally_visibility": "never"}),
        json!({"title": "B", "publication": ""}),
        json!({"title": "B", "link_lifetime_hours": 1e30}),
        json!({"title": "B", "organisation_id": "mine"}),
        json!({"title": "B", "contests": [{"title": "C", "method": "condorcet"}]}),
        json!({"title": "B", "contests": {"title": "C"}}),
        json!([]),
        json!("Board"),
        Value::Null,
    ] {
        refused(&organiser.post("/api/v1/elections", &wish).await, 422, "INVALID");
    }
    let elsewhere = json!({"title": "B", "organisation_id": Uuid::new_v4()});
    refused(&organiser.post("/api/v1/elections", &elsewhere).await, 404, "NOT_FOUND");
    let (_, list) = organiser.get("/api/v1/elections").await;
    assert_eq!(ids(&list).len(), 0, "nothing of it was created");
}

async fn titles(organiser: &Organiser, query: &str) -> Vec<String> {
    let (status, list) = organiser.get(&format!("/api/v1/elections?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    let title = |item: &Value| item["title"].as_str().unwrap().to_owned();
    list["items"].as_array().unwrap().iter().map(title).collect()
}

#[actix_web::test]
async fn elections_are_listed_filtered_and_sorted() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let others = Organiser::register(&service).await;
    others.draft(json!({"title": "Not yours"})).await;
    let gamma = organiser.draft(json!({"title": "Gamma 100%"})).await;
    organiser.draft(json!({"title": "alpha"})).await;
    let beta = organiser.ready_draft(1).await;
    organiser.patch(&beta.path(""), &json!({"title": "Beta"})).await;
    organiser.post(&beta.path("/activate"), &json!({})).await;
    assert_eq!(titles(&organiser, "").await, ["Beta", "alpha", "Gamma 100%"]);
    assert_eq!(titles(&organiser, "sort=-created_at").await, ["Beta", "alpha", "Gamma 100%"]);
    assert_eq!(titles(&organiser, "sort=created_at").await, ["Gamma 100%", "alpha", "Beta"]);
    assert_eq!(titles(&organiser, "sort=title").await, ["alpha", "Beta", "Gamma 100%"]);
    assert_eq!(titles(&organiser, "sort=-title").await, ["Gamma 100%", "Beta", "alpha"]);
    assert_eq!(titles(&organiser, "status=active").await, ["Beta"]);
    assert_eq!(titles(&organiser, "status=draft&sort=title").await, ["alpha", "Gamma 100%"]);
    assert_eq!(titles(&organiser, "status=closed").await, [""; 0]);
    assert_eq!(titles(&organiser, "q=ALPH").await, ["alpha"]);
    assert_eq!(titles(&organiser, "q=%25").await, ["Gamma 100%"]);
    let organisation = gamma.body["organisation_id"].as_str().unwrap();
    assert_eq!(titles(&organiser, &format!("organisation_id={organisation}")).await.len(), 3);
    assert_eq!(titles(&organiser, &format!("organisation_id={}", Uuid::new_v4())).await.len(), 0);
    for bad in
        ["status=open", "sort=size", "limit=0", "limit=101", "cursor=x", "cursor=AAAA", "organisation_id=x"]
    {
        refused(&organiser.get(&format!("/api/v1/elections?{bad}")).await, 422, "INVALID");
    }
}

#[actix_web::test]
async fn a_list_of_elections_is_paged_without_gap_or_repeat() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut all = BTreeSet::new();
    for title in ["Zoo", "ÄRZTE", "ärzte", "Board", "board", "ẞ", "İstanbul"] {
        all.insert(organiser.draft(json!({"title": title})).await.id);
    }
    for sort in ["created_at", "-created_at", "title", "-title"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/elections?sort={sort}&limit=2{cursor}");
            let answer = send_raw(&organiser.client, Method::GET, &path, "text/plain", "").await;
            assert_eq!(answer.headers()["x-total-count"], "7");
            let page: Value = serde_json::from_slice(answer.body()).unwrap();
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((seen.len(), &seen.into_iter().collect()), (7, &all), "{sort}");
    }
}

#[actix_web::test]
async fn everything_about_a_draft_can_be_changed_and_cleared() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let changes = json!({"title": "New", "description": "D", "contact_email": "new@example.org",
        "opens_at": "2998-01-01T00:00:00Z", "closes_at": "2999-01-01T00:00:00Z", "time_zone": "UTC", "link_lifetime_hours": 1,
        "invitation_message": "M", "tally_visibility": "organisers", "publication": "manual"});
    let (status, changed) = organiser.patch(&election.path(""), &changes).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    for (field, value) in changes.as_object().unwrap() {
        assert_eq!(&changed[field], value, "{field}");
    }
    let clear = json!({"description": null, "contact_email": null, "opens_at": null, "closes_at": null,
        "time_zone": null, "invitation_message": null});
    let (_, cleared) = organiser.patch(&election.path(""), &clear).await;
    for field in clear.as_object().unwrap().keys() {
        assert_eq!(cleared[field], Value::Null, "{field}");
    }
    assert_eq!(cleared["title"], "New");
    for (patch, wrong) in [
        (json!({"title": ""}), "title"),
        (json!({"link_lifetime_hours": -1}), "link_lifetime_hours"),
        (json!({"opens_at": "2999-01-01T00:00:00Z", "closes_at": "2999-01-01T00:00:00Z"}), "closes_at"),
        (json!({"status": "active"}), "status"),
        (json!({"contests": []}), "contests"),
    ] {
        invalid(&organiser.patch(&election.path(""), &patch).await, &[wrong]);
    }
    assert_eq!(organiser.get(&election.path("")).await.1, cleared);
}

#[actix_web::test]
async fn an_open_election_changes_its_words_and_moves_its_close_later() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 1).await;
    let patch = async |patch: Value| organiser.patch(&election.path(""), &patch).await;
    let words = json!({"title": "T", "description": "D", "contact_email": "c@example.org", "invitation_message": "M",
        "closes_at": "2998-01-01T00:00:00Z"});
    let (status, changed) = patch(words).await;
    assert_eq!((status, &changed["closes_at"]), (StatusCode::OK, &json!("2998-01-01T00:00:00Z")));
    assert_eq!(patch(json!({"closes_at": "2999-01-01T00:00:00Z"})).await.0, StatusCode::OK);
    for earlier in ["2998-12-31T00:00:00Z", "2001-01-01T00:00:00Z"] {
        let answer = patch(json!({"closes_at": earlier})).await;
        refused(&answer, 422, "INVALID");
        assert!(super::problem::fields(&answer.1).iter().all(|field| *field == "closes_at"));
    }
    for frozen in [
        json!({"opens_at": "2001-01-01T00:00:00Z"}),
        json!({"time_zone": "UTC"}),
        json!({"link_lifetime_hours": 1}),
        json!({"tally_visibility": "everyone"}),
        json!({"publication": "manual"}),
        json!({"title": "U", "publication": "manual"}),
    ] {
        refused(&patch(frozen).await, 409, "WRONG_STATE");
    }
    organiser.close(&election.id).await;
    for field in ["title", "description", "invitation_message"] {
        refused(&patch(json!({field: "new"})).await, 409, "WRONG_STATE");
    }
    refused(&patch(json!({"closes_at": "2999-02-01T00:00:00Z"})).await, 409, "WRONG_STATE");
    let (_, shown) = organiser.get(&election.path("")).await;
    assert_eq!((&shown["title"], &shown["publication"]), (&json!("T"), &json!("at_close")));
}

#[actix_web::test]
async fn an_election_without_ballots_is_deleted_and_comes_back() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    refused(&organiser.post(&election.path("/restore"), &json!({})).await, 409, "WRONG_STATE");
    assert_eq!(organiser.delete(&election.path("")).await, (StatusCode::NO_CONTENT, Value::Null));
    refused(&organiser.get(&election.path("")).await, 404, "NOT_FOUND");
    refused(&organiser.delete(&election.path("")).await, 404, "NOT_FOUND");
    refused(&organiser.post(&election.path("/close"), &json!({})).await, 404, "NOT_FOUND");
    assert_eq!(titles(&organiser, "").await, [""; 0]);
    let stranger = Organiser::register(&service).await;
    refused(&stranger.post(&election.path("/restore"), &json!({})).await, 404, "NOT_FOUND");
    let (status, restored) = organiser.post(&election.path("/restore"), &json!({})).await;
    assert_eq!((status, &restored["status"]), (StatusCode::OK, &json!("active")));
    assert_eq!(titles(&organiser, "").await, ["Board"]);
    voters[0].cast(&election.choose(Some(0))).await;
    refused(&organiser.delete(&election.path("")).await, 409, "HAS_BALLOTS");
    organiser.close(&election.id).await;
    refused(&organiser.delete(&election.path("")).await, 409, "HAS_BALLOTS");
}

#[actix_web::test]
async fn a_duplicate_is_a_draft_with_the_same_contests_and_nobody_on_its_roll() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    voters[0].cast(&election.choose(Some(0))).await;
    organiser.close(&election.id).await;
    let (status, copy) = organiser.post(&election.path("/duplicate"), &json!({})).await;
    assert_eq!(status, StatusCode::CREATED, "{copy}");
    for (field, value) in [
        ("status", json!("draft")),
        ("title", json!("Board")),
        ("eligible", json!(0)),
        ("ballots_cast", json!(0)),
        ("opens_at", Value::Null),
        ("closed_at", Value::Null),
    ] {
        assert_eq!(copy[field], value, "{field}");
    }
    let strip = |contests: &Value| {
        let text = contests.to_string();
        text.split('"').filter(|part| part.parse::<Uuid>().is_err()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(strip(&copy["contests"]), strip(&election.body["contests"]));
    assert_ne!(copy["contests"][0]["id"], election.body["contests"][0]["id"]);
    assert_ne!(
        copy["contests"][0]["candidates"][0]["id"],
        election.body["contests"][0]["candidates"][0]["id"]
    );
}

#[actix_web::test]
async fn strangers_find_nothing_under_any_call() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let stranger = Organiser::register(&service).await;
    let election = organiser.ready_draft(1).await;
    let voter = super::votes::voter_id(&organiser, &election, "voter1@example.org").await;
    let contest = format!("/contests/{}", election.contest(0));
    let candidate = format!("{contest}/candidates/{}", election.candidate(0, 0));
    let calls = [
        ("GET", String::new(), Value::Null),
        ("PATCH", String::new(), json!({"title": "Mine"})),
        ("DELETE", String::new(), Value::Null),
        ("POST", "/restore".into(), Value::Null),
        ("POST", "/activate".into(), Value::Null),
        ("POST", "/close".into(), Value::Null),
        ("POST", "/publish".into(), Value::Null),
        ("POST", "/archive".into(), Value::Null),
        ("POST", "/duplicate".into(), Value::Null),
        ("POST", "/contests".into(), json!({"title": "C"})),
        ("PATCH", contest.clone(), json!({"title": "C"})),
        ("DELETE", contest.clone(), Value::Null),
        ("POST", format!("{contest}/candidates"), json!({"name": "Me"})),
        ("PATCH", candidate.clone(), json!({"name": "Me"})),
        ("DELETE", candidate, Value::Null),
        ("GET", "/voters".into(), Value::Null),
        ("POST", "/voters".into(), json!({"email": "me@example.org"})),
        ("PATCH", format!("/voters/{voter}"), json!({"email": "me@example.org"})),
        ("DELETE", format!("/voters/{voter}"), Value::Null),
        ("POST", format!("/voters/{voter}/invitation"), Value::Null),
        ("GET", "/voters.csv".into(), Value::Null),
        ("POST", "/invitations".into(), Value::Null),
        ("DELETE", "/invitations".into(), Value::Null),
        ("POST", "/invitations/test".into(), Value::Null),
        ("POST", "/result-notices".into(), Value::Null),
        ("GET", "/deliveries".into(), Value::Null),
        ("GET", "/results".into(), Value::Null),
        ("GET", "/results.csv".into(), Value::Null),
        ("GET", "/turnout".into(), Value::Null),
        ("GET", "/audit".into(), Value::Null),
        ("POST", "/verify".into(), Value::Null),
    ];
    let before = organiser.get(&election.path("")).await;
    for (method, rest, body) in calls {
        let method: Method = method.parse().unwrap();
        let path = election.path(&rest);
        let unknown = format!("/api/v1/elections/{}{rest}", Uuid::new_v4());
        let body = (!body.is_null()).then_some(&body);
        let answer = stranger.client.json(method.clone(), &path, body).await.unwrap();
        refused(&answer, 404, "NOT_FOUND");
        let nothing = stranger.client.json(method.clone(), &unknown, body).await.unwrap();
        assert_eq!(nothing.1["detail"], answer.1["detail"], "{method} {rest} tells that it exists");
        if !rest.starts_with("/results") {
            let answer = service.anonymous().json(method, &path, body).await.unwrap();
            refused(&answer, 401, "UNAUTHENTICATED");
        }
    }
    assert_eq!(organiser.get(&election.path("")).await, before);
}
