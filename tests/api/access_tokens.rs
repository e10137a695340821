//! Which access tokens are believed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use hyper::header::AUTHORIZATION;
use hyper::{Request, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};
use time::OffsetDateTime;
use uvote::app;
use uvote::config::Config;
use uvote_loadtest::client::{Client, whole};

use crate::support::cluster::cluster;
use crate::support::people::PASSWORD;
use crate::support::service::{ORIGIN, config};
use crate::support::{Organiser, Service};

async fn ask(service: &Client, authorization: &str) -> StatusCode {
    let request = Request::get("/api/v1/auth/verify").header(AUTHORIZATION, authorization);
    let answer = service.send(request.body(whole("")).unwrap()).await.unwrap();
    if answer.status() == StatusCode::UNAUTHORIZED {
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    answer.status()
}

fn encoded(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

fn hs256(signed: &str, secret: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hs384(signed: &str, secret: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha384>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hs512(signed: &str, secret: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// What a good token is made of.
struct Forge {
    header: Value,
    claims: Value,
    secret: String,
}

impl Forge {
    /// The parts of a token for the session of an organiser.
    async fn of(service: &Service, organiser: &Organiser) -> Self {
        let session = "SELECT s.account_id::text, s.id::text FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE a.email = $1 ORDER BY s.id LIMIT 1";
        let row = service.superuser().await.query_one(session, &[&organiser.email]).await.unwrap();
        let (sub, sid): (String, String) = (row.get(0), row.get(1));
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let config = config(cluster().url(&service.database), service.sink.address());
        Self {
            header: json!({"alg": "HS256", "typ": "at+jwt"}),
            claims: json!({"sub": sub, "sid": sid, "iat": now, "exp": now + 60, "iss": "uvote", "aud": ORIGIN}),
            secret: config.jwt_secret.expose_secret().to_owned(),
        }
    }

    fn signed(&self, header: &Value, claims: &Value, mac: fn(&str, &str) -> Vec<u8>, secret: &str) -> String {
        let signed = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        format!("{signed}.{}", encoded(mac(&signed, secret)))
    }

    fn good(&self) -> String {
        self.signed(&self.header, &self.claims, hs256, &self.secret)
    }

    /// With another header, signed with the right secret.
    fn with_header(&self, header: Value) -> String {
        self.signed(&header, &self.claims, hs256, &self.secret)
    }

    /// With one claim changed, or left out where it is null; signed with the right secret.
    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        self.signed(&self.header, &claims, hs256, &self.secret)
    }

    /// Every way in which a token is not one of ours.
    fn bad(&self) -> Vec<(String, String)> {
        let (good, now) = (self.good(), OffsetDateTime::now_utc().unix_timestamp());
        let (unsigned, signature) = good.rsplit_once('.').unwrap();
        let (header, claims) = unsigned.split_once('.').unwrap();
        let other = json!(uuid::Uuid::now_v7());
        let mut bad = vec![
            ("no token", String::new()),
            ("nonsense", "nonsense".to_owned()),
            ("stripped of its signature", format!("{unsigned}.")),
            ("stripped of its signature and the dot", unsigned.to_owned()),
            ("half a signature", format!("{unsigned}.{}", &signature[..20])),
            ("a signature of nothing", format!("{unsigned}.{}", encoded([0; 32]))),
            ("a part too many", format!("{good}.{signature}")),
            ("spaces inside", good.replacen('.', ". ", 1)),
            (
                "a changed claim",
                format!(
                    "{header}.{}.{signature}",
                    encoded(self.claims.to_string().replace("uvote", "uvoto"))
                ),
            ),
            (
                "a changed header",
                format!("{}.{claims}.{signature}", encoded(r#"{"typ":"at+jwt","alg":"HS256"}"#)),
            ),
            (
                "signed by another",
                self.signed(&self.header, &self.claims, hs256, "another secret, long enough to be taken too"),
            ),
            ("signed with nothing", self.signed(&self.header, &self.claims, hs256, "")),
            (
                "HS384, rightly signed",
                self.signed(&json!({"alg": "HS384", "typ": "at+jwt"}), &self.claims, hs384, &self.secret),
            ),
            (
                "HS512, rightly signed",
                self.signed(&json!({"alg": "HS512", "typ": "at+jwt"}), &self.claims, hs512, &self.secret),
            ),
            ("HS256, signed as HS512", self.signed(&self.header, &self.claims, hs512, &self.secret)),
        ];
        for algorithm in
            ["none", "None", "NONE", "", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA", "hs256"]
        {
            let header = json!({"alg": algorithm, "typ": "at+jwt"});
            bad.push((algorithm, self.with_header(header.clone())));
            bad.push((algorithm, format!("{}.{claims}.", encoded(header.to_string()))));
        }
        for header in [
            json!({"typ": "at+jwt"}),
            json!({"alg": "HS256"}),
            json!({"alg": "HS256", "typ": "JWT"}),
            json!({"alg": "HS256", "typ": "AT+JWT+x"}),
            json!([]),
        ] {
            bad.push(("a header", self.with_header(header)));
        }
        let key = encoded("a key of the forger, as long as it must be");
        let own_key = json!({"alg": "HS256", "typ": "at+jwt", "kid": "../../dev/null", "jwk": {"kty": "oct", "k": key}});
        bad.push((
            "a key of its own",
            self.signed(&own_key, &self.claims, hs256, "a key of the forger, as long as it must be"),
        ));
        for name in ["sub", "sid", "iat", "exp", "iss", "aud"] {
            bad.push((name, self.with_claim(name, Value::Null)));
            bad.push((name, self.with_claim(name, json!(""))));
            bad.push((name, self.with_claim(name, json!({}))));
        }
        let changed = [
            ("sub", other.clone()),
            ("sid", other),
            ("exp", json!(now - 1)),
            ("exp", json!(now)),
            ("exp", json!("9999999999")),
            ("exp", json!(-1)),
            ("iss", json!("somebody")),
            ("aud", json!("https://other.example")),
            ("aud", json!(format!("{ORIGIN}/"))),
            ("aud", json!([ORIGIN, "https://other.example"])),
        ];
        bad.extend(changed.map(|(name, value)| (name, self.with_claim(name, value))));
        bad.into_iter().map(|(what, token)| (what.to_owned(), format!("Bearer {token}"))).collect()
    }
}

#[actix_web::test]
async fn only_a_token_of_ours_that_lives_is_believed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let forge = Forge::of(&service, &organiser).await;
    let client = service.anonymous();
    for good in [format!("Bearer {}", forge.good()), format!("bearer {}", forge.good())] {
        assert_eq!(ask(&client, &good).await, StatusCode::OK);
    }
    for (what, authorization) in forge.bad() {
        assert_eq!(ask(&client, &authorization).await, StatusCode::UNAUTHORIZED, "{what}: {authorization}");
    }
    for scheme in ["", "Basic ", "Bearer", "Token "] {
        let status = ask(&client, &format!("{scheme}{}", forge.good())).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{scheme}");
    }
    assert_eq!(client.get("/api/v1/auth/verify").await.unwrap().0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn no_other_secret_of_the_service_passes_for_an_access_token() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (_, ticket) = organiser.post("/api/v1/live/tickets", &json!({})).await;
    let body = format!("email={}&password={PASSWORD}", organiser.email);
    let request = Request::post("/login").header("origin", ORIGIN);
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").body(whole(body)).unwrap();
    let page = service.anonymous().send(request).await.unwrap();
    let cookie = page.headers()["set-cookie"].to_str().unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    let email = json!({"email": organiser.email});
    service.anonymous().post("/api/v1/auth/password/forgot", &email).await.unwrap();
    let link = service.sink.mail_to(&organiser.email).await.unwrap().link().unwrap();
    let others = [
        organiser.refresh_token.as_str(),
        ticket["ticket"].as_str().unwrap(),
        &cookie,
        link.split_once('#').unwrap().1,
    ];
    for other in others {
        assert!(other.len() > 40, "{other}");
        let status = ask(&service.anonymous(), &format!("Bearer {other}")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{other}");
    }
    let access = Forge::of(&service, &organiser).await.good();
    let refresh = json!({"refresh_token": access});
    let answer = service.anonymous().post("/api/v1/auth/refresh", &refresh).await.unwrap();
    assert_eq!(answer.0, StatusCode::UNAUTHORIZED, "nor does an access token for a refresh token");
}

#[actix_web::test]
async fn while_the_secret_is_rotated_tokens_of_both_are_believed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let old = Forge::of(&service, &organiser).await;
    let new = Forge {
        secret: "the next secret of the tests, long enough too".to_owned(),
        header: old.header.clone(),
        claims: old.claims.clone(),
    };
    let settings = || config(cluster().url(&service.database), service.sink.address());
    for (kept, old_token) in [(Some(old.secret.clone()), StatusCode::OK), (None, StatusCode::UNAUTHORIZED)] {
        let (jwt_secret, jwt_secret_old) = (new.secret.clone().into(), kept.map(Into::into));
        let rotated = app::start(Config { jwt_secret, jwt_secret_old, ..settings() }).await.unwrap();
        let client = Client::new(&format!("http://{}", rotated.address())).unwrap();
        assert_eq!(ask(&client, &format!("Bearer {}", new.good())).await, StatusCode::OK);
        assert_eq!(ask(&client, &format!("Bearer {}", old.good())).await, old_token);
        let issued = client
            .post("/api/v1/auth/login", &json!({"email": organiser.email, "password": PASSWORD}))
            .await
            .unwrap()
            .1;
        let issued = format!("Bearer {}", issued["access_token"].as_str().unwrap());
        assert_eq!(
            ask(&service.anonymous(), &issued).await,
            StatusCode::UNAUTHORIZED,
            "signed with the new secret"
        );
        rotated.stop().await;
    }
}
