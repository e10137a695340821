//! An organisation whose members were all invited by mail.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::{Organiser, Service};

pub struct Organisation {
    pub id: String,
}

impl Organisation {
    pub async fn found(owner: &Organiser) -> Self {
        let (status, body) = owner.post("/api/v1/organisations", &json!({"name": "Students"})).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        Self { id: body["id"].as_str().unwrap().to_owned() }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/organisations/{}{rest}", self.id)
    }

    pub fn member(&self, account: &str) -> String {
        self.path(&format!("/members/{account}"))
    }

    pub async fn invite(&self, owner: &Organiser, email: &str, role: &str) -> (StatusCode, Value) {
        owner.post(&self.path("/members"), &json!({"email": email, "role": role})).await
    }

    /// Invites somebody, who joins by the mail that comes.
    pub async fn admit(&self, service: &Service, owner: &Organiser, member: &Organiser, role: &str) {
        let (status, answer) = self.invite(owner, &member.email, role).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        let (status, answer) = accept(member, &invitation(service, &member.email).await).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    }

    /// A draft of this organisation.
    pub async fn draft(&self, organiser: &Organiser) -> super::people::Election {
        let mut body = super::people::sample();
        body["organisation_id"] = json!(self.id);
        organiser.draft(body).await
    }
}

/// The token of the invitation that came.
pub async fn invitation(service: &Service, email: &str) -> String {
    let mail = service.sink.mail_to(email).await.unwrap();
    let link = mail.link().unwrap();
    assert!(link.starts_with("http://localhost/invitation#"), "{link}");
    link.split_once('#').unwrap().1.to_owned()
}

pub async fn accept(member: &Organiser, token: &str) -> (StatusCode, Value) {
    member.post("/api/v1/organisations/invitations/accept", &json!({"token": token})).await
}

/// The id of an account.
pub async fn account(who: &Organiser) -> String {
    let (_, body) = who.get("/api/v1/auth/verify").await;
    body["account_id"].as_str().unwrap().to_owned()
}
