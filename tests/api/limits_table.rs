//! The table of rate limits, line by line: each is tried until it holds.

use std::time::Duration;

use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use uvote::config::{LIMITS, Limit, Quota, Quotas};
use uvote_loadtest::client::whole;

use crate::problem::refused;
use crate::support::people::{self, Election, PASSWORD};
use crate::support::{Organiser, Service};

/// How often what is tried is allowed.
const ALLOWED: usize = 3;

/// A service on which one thing is allowed a few times and everything else as often as one likes.
struct Scene {
    service: Service,
    organiser: Organiser,
    election: Election,
    voters: Vec<String>,
}

impl Scene {
    async fn set(tried: Limit) -> Self {
        let quota = |count| Quota { count, window: Duration::from_secs(3_600) };
        let often = LIMITS.iter().fold(Quotas::default(), |all, (limit, _)| all.with(*limit, quota(10_000)));
        let quotas = often.with(tried, quota(ALLOWED));
        let service = Service::start_with(|config| config.limits = Some(quotas)).await;
        let organiser = Organiser::register(&service).await;
        let election = organiser.ready_draft(ALLOWED + 1).await;
        let (_, roll) = organiser.get(&election.path("/voters")).await;
        let voters = roll["items"].as_array().unwrap().iter();
        let voters = voters.map(|voter| voter["id"].as_str().unwrap().to_owned()).collect();
        Self { service, organiser, election, voters }
    }

    /// The call that a limit is for; whatever it does not count by is another each time.
    async fn call(&self, limit: Limit, time: usize) -> (StatusCode, Value) {
        let address = format!("somebody-{time}@example.org");
        let password = json!({"password": PASSWORD});
        let forgotten = "/api/v1/auth/password/forgot";
        match limit {
            Limit::SignUp => {
                self.public("/api/v1/auth/register", json!({"email": address, "password": PASSWORD})).await
            }
            Limit::SignInAccount => self.sign_in("nobody@example.org").await,
            Limit::SignInClient => self.sign_in(&address).await,
            Limit::PasswordResetAccount => {
                self.public(forgotten, json!({"email": "nobody@example.org"})).await
            }
            Limit::PasswordResetClient => self.public(forgotten, json!({"email": address})).await,
            Limit::MailedToken if time.is_multiple_of(2) => {
                self.public("/api/v1/auth/verify-email", json!({"token": address})).await
            }
            Limit::MailedToken => {
                let body = json!({"token": address, "password": PASSWORD});
                self.public("/api/v1/auth/password/reset", body).await
            }
            Limit::OwnPassword => self.with_password(time).await,
            Limit::FirstCode => {
                self.organiser.post("/api/v1/account/totp/confirm", &json!({"code": "000000"})).await
            }
            Limit::Refresh => self.public("/api/v1/auth/refresh", json!({"refresh_token": address})).await,
            Limit::MemberInvitation => self.invite(&address).await,
            Limit::InvitationToken => {
                let path = "/api/v1/organisations/invitations/accept";
                self.organiser.post(path, &json!({"token": address})).await
            }
            Limit::UnknownToken => {
                let token = format!("{time}{}", "A".repeat(42));
                self.public(&self.election.path("/ballot"), json!({"token": token})).await
            }
            Limit::LinkRequestVoter => {
                self.public(&self.election.path("/link-requests"), json!({"email": people::address(1)})).await
            }
            Limit::LinkRequestClient => {
                self.public(&self.election.path("/link-requests"), json!({"email": address})).await
            }
            Limit::NewLinkAccount => self.renew_link(time).await,
            Limit::NewLinkVoter => self.renew_link(0).await,
            Limit::Import => self.organiser.import(&self.election.id, &people::roll(time + 1)).await,
            Limit::Photo => self.photo().await,
            Limit::TestMail => {
                self.organiser.post(&self.election.path("/invitations/test"), &json!({})).await
            }
            Limit::AddressChange => {
                let body = json!({"email": address, "password": password["password"]});
                self.organiser.post("/api/v1/account/email", &body).await
            }
            Limit::Ticket => self.organiser.post("/api/v1/live/tickets", &json!({})).await,
        }
    }

    async fn public(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.service.anonymous().post(path, &body).await.unwrap()
    }

    async fn sign_in(&self, email: &str) -> (StatusCode, Value) {
        self.public("/api/v1/auth/login", json!({"email": email, "password": "wrong"})).await
    }

    /// One call after the other that asks for the password once more, right each time.
    async fn with_password(&self, time: usize) -> (StatusCode, Value) {
        let calls = [
            (Method::POST, "/api/v1/account/totp", json!({"password": PASSWORD})),
            (Method::DELETE, "/api/v1/account/totp", json!({"password": PASSWORD})),
            (
                Method::POST,
                "/api/v1/account/password",
                json!({"current_password": PASSWORD, "new_password": PASSWORD}),
            ),
            (Method::DELETE, "/api/v1/account", json!({"password": PASSWORD})),
        ];
        let (method, path, body) = &calls[time];
        self.organiser.client.json(method.clone(), path, Some(body)).await.unwrap()
    }

    async fn invite(&self, email: &str) -> (StatusCode, Value) {
        let organisation = self.election.body["organisation_id"].as_str().unwrap();
        let body = json!({"email": email, "role": "observer"});
        self.organiser.post(&format!("/api/v1/organisations/{organisation}/members"), &body).await
    }

    async fn renew_link(&self, place: usize) -> (StatusCode, Value) {
        let path = self.election.path(&format!("/voters/{}/invitation", self.voters[place]));
        self.organiser.post(&path, &json!({})).await
    }

    async fn photo(&self) -> (StatusCode, Value) {
        let path = format!(
            "/contests/{}/candidates/{}/photo",
            self.election.contest(0),
            self.election.candidate(0, 0)
        );
        let request = Request::put(self.election.path(&path)).header("content-type", "image/png");
        let answer = self.organiser.client.send(request.body(whole("no picture")).unwrap()).await.unwrap();
        uvote_loadtest::client::read_json(&answer).unwrap()
    }
}

#[actix_web::test]
async fn every_line_of_the_table_holds_where_it_is_meant_to() {
    for (limit, setting) in LIMITS {
        let scene = Scene::set(*limit).await;
        let mut answers = Vec::new();
        for time in 0..=ALLOWED {
            answers.push(scene.call(*limit, time).await);
        }
        let (last, first) = (answers.pop().unwrap(), answers.swap_remove(0));
        // Registering has counted once for some.
        assert_ne!(first.0, StatusCode::TOO_MANY_REQUESTS, "{}: {}", setting.name, first.1);
        assert_eq!(last.0, StatusCode::TOO_MANY_REQUESTS, "{}: {}", setting.name, last.1);
        refused(&last, 429, "RATE_LIMITED");
    }
}
