//! The voter's pages: code, ballot, review, receipt. They work without JavaScript, and nothing
//! before the last step spends the code.

pub(super) mod ballot;
mod code;
pub mod form;
mod link;
mod receipt;
mod refused;
mod review;

use actix_web::web;
use uuid::Uuid;

use crate::http::Service;
use crate::http::error::Answer;
use crate::store::elections::{self, Election};

/// The routes of these files.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/vote/{id}", web::get().to(code::ask))
        .route("/vote/{id}", web::post().to(ballot::show))
        .route("/vote/{id}/review", web::post().to(review::show))
        .route("/vote/{id}/cast", web::post().to(receipt::cast))
        .route("/vote/{id}/link", web::get().to(link::ask))
        .route("/vote/{id}/link", web::post().to(link::send));
}

/// Where a voter begins.
fn home_of(election: Uuid) -> String {
    format!("/vote/{election}")
}

/// Where a voter asks for the link again.
fn link_of(election: Uuid) -> String {
    format!("{}/link", home_of(election))
}

/// What may be told of an election to whoever knows its address: nothing of a draft. The pages for
/// voters do without it when there is no database.
async fn known(service: &Service, id: Uuid) -> Option<Election> {
    let election: Answer<Election> = async {
        let client = service.database.client().await?;
        Ok(elections::get(&client, id).await?)
    }
    .await;
    election.ok().filter(|election| election.activated_at.is_some())
}
