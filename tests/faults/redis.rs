//! Redis goes away and comes back: voting does not notice, and sign-in stays limited.

use serde_json::{Value, json};
use uvote::config::{Config, Quotas};
use uvote_loadtest::client::Client;

use crate::support::redis::Redis;
use crate::support::{Organiser, Service};

fn with(redis: &Redis) -> impl FnOnce(&mut Config) + use<> {
    let url = redis.url();
    |config| {
        config.limits = Some(Quotas::default());
        config.redis_url = Some(url);
    }
}

async fn sign_in(client: &Client, email: &str) -> u16 {
    let body = json!({"email": email, "password": "wrong"});
    client.post("/api/v1/auth/login", &body).await.unwrap().0.as_u16()
}

async fn readiness(client: &Client) -> (u16, Value) {
    let (status, body) = client.get("/health/ready").await.unwrap();
    (status.as_u16(), body)
}

#[actix_web::test]
async fn voting_goes_on_and_sign_in_stays_limited_while_redis_is_gone() {
    let mut redis = Redis::start().await;
    let service = Service::start_with(with(&redis)).await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 4).await;
    let client = service.anonymous();
    voters[0].cast(&election.choose(Some(0))).await;
    for _ in 0..3 {
        assert_eq!(sign_in(&client, "victim@example.org").await, 401);
    }
    redis.die();
    voters[1].cast(&election.choose(Some(0))).await;
    // What was admitted before is not forgotten.
    for expected in [401, 401, 429, 429] {
        assert_eq!(sign_in(&client, "victim@example.org").await, expected);
    }
    let guess = json!({"token": "A".repeat(43)});
    for _ in 0..30 {
        assert_eq!(client.post(&election.path("/ballot"), &guess).await.unwrap().0.as_u16(), 404);
    }
    assert_eq!(client.post(&election.path("/ballot"), &guess).await.unwrap().0.as_u16(), 429);
    voters[2].cast(&election.choose(Some(1))).await;
    let (status, ready) = readiness(&client).await;
    assert_eq!(
        (status, &ready["status"], &ready["dependencies"]["redis"]),
        (200, &json!("ready"), &json!("down"))
    );
    assert_eq!(ready["breakers"]["redis"], "open");
    redis.come_back().await;
    let mut number = 0;
    // Any call that counts finds it again; it is tried about once a second.
    while readiness(&client).await.1["breakers"]["redis"] != "closed" {
        number += 1;
        client
            .post(&election.path("/link-requests"), &json!({"email": format!("x{number}@example.org")}))
            .await
            .unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(readiness(&client).await.1["dependencies"]["redis"], "up");
    voters[3].cast(&election.choose(Some(1))).await;
}

#[actix_web::test]
async fn processes_that_share_redis_are_not_ready_without_it() {
    let mut redis = Redis::start().await;
    let url = redis.url();
    let service = Service::start_with(|config| {
        config.redis_url = Some(url);
        config.shared = true;
    })
    .await;
    assert_eq!(readiness(&service.anonymous()).await.0, 200);
    redis.die();
    let (status, ready) = readiness(&service.anonymous()).await;
    assert_eq!((status, &ready["dependencies"]["redis"]), (503, &json!("down")));
    assert_eq!(ready["dependencies"]["postgresql"], "up");
}
