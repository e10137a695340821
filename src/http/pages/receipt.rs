//! `/elections/{id}/receipt`: whether a ballot is among those counted.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use uuid::Uuid;
use uvote_domain::refusal::Refusal;

use super::page_with;
use super::reader::Reader;
use crate::http::error::Answer;
use crate::http::pages::form::Form;
use crate::http::votes::find_receipt;
use crate::http::{Service, Uvote};
use crate::store::elections::{self, Election};

/// The digits of a receipt.
const LENGTH: usize = 64;

#[derive(Template)]
#[template(path = "pages/receipt.html")]
struct ReceiptPage {
    reader: Reader,
    action: String,
    title: String,
    contact: Option<String>,
    results: Option<String>,
    given: String,
    finding: Finding,
}

/// What is known of the receipt that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    /// None was given yet.
    Nothing,
    /// It can't be one, having this many digits, or others than receipts have.
    NoReceipt(usize),
    /// No ballot has it.
    Missing,
    /// The ballot at this place has it.
    Included(i64),
}

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/elections/{id}/receipt", web::get().to(ask))
        .route("/elections/{id}/receipt", web::post().to(check));
}

async fn ask(service: Uvote, id: web::Path<Uuid>, reader: Reader) -> Answer {
    show(&service, *id, reader, String::new(), Finding::Nothing).await
}

async fn check(service: Uvote, id: web::Path<Uuid>, reader: Reader, form: Form) -> Answer {
    let given = form.value("receipt");
    let receipt = normal(given);
    let finding = if receipt.len() != LENGTH || !receipt.chars().all(|digit| digit.is_ascii_hexdigit()) {
        Finding::NoReceipt(receipt.chars().count())
    } else {
        find_receipt(&service, *id, &receipt).await?.map_or(Finding::Missing, Finding::Included)
    };
    show(&service, *id, reader, given.to_owned(), finding).await
}

/// A receipt as printed in groups, or at the end of a whole link, without what stands between.
fn normal(given: &str) -> String {
    let receipt = given.rsplit('#').next().unwrap_or(given);
    let digits = receipt.chars().filter(|digit| !digit.is_whitespace() && !matches!(digit, '-' | '·' | '.'));
    digits.collect::<String>().to_ascii_lowercase()
}

/// A receipt in groups that people can read to each other.
pub fn in_groups(receipt: &str) -> Vec<String> {
    receipt.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect()
}

async fn show(service: &Service, id: Uuid, reader: Reader, given: String, finding: Finding) -> Answer {
    let election = activated(service, id).await?;
    let status = match finding {
        Finding::Nothing | Finding::Included(_) => StatusCode::OK,
        Finding::NoReceipt(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Finding::Missing => StatusCode::NOT_FOUND,
    };
    let page = ReceiptPage {
        action: reader.to(&format!("/elections/{id}/receipt")),
        results: election.published_at.map(|_| reader.to(&format!("/elections/{id}/results"))),
        title: election.title,
        contact: election.contact_email,
        reader,
        given,
        finding,
    };
    Ok(page_with(status, &page))
}

/// A draft has no receipts, and is nobody's business but its organisers'.
async fn activated(service: &Service, id: Uuid) -> Answer<Election> {
    let client = service.database.client().await?;
    let election = elections::get(&client, id).await?;
    if election.activated_at.is_none() {
        return Err(Refusal::NotFound.into());
    }
    Ok(election)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_read_as_it_was_printed() {
        for given in ["abcd 0123", "ABCD-0123\n", "https://vote.example.org/elections/1/receipt#abcd0123"] {
            assert_eq!(normal(given), "abcd0123");
        }
        assert_eq!(in_groups("abcd0123ef").join(" "), "abcd 0123 ef");
    }
}
