//! Results, turnout, and the check of a whole election.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, post};
use futures_util::future::try_join;
use serde_json::json;
use uuid::Uuid;
use uvote_domain::election::{CountState, Status, TallyVisibility};
use uvote_domain::refusal::Refusal;
use uvote_domain::role::Action;

use super::caching;
use super::error::{Answer, Problem};
use super::openapi::Problems;
use super::sign_in::{Anybody, Id, SignedIn};
use super::{Service, Uvote};
use crate::store::heads::{self, Head};
use crate::store::recount::Verification;
use crate::store::results::{self, Counts, Results, Turnout};
use crate::store::{Client, StoreError, audit, definition, elections, recount};

/// Results as one caller may see them now.
pub struct Visible {
    /// The results.
    pub results: Results,
    /// Whether they are published, so that everybody gets them alike.
    pub is_published: bool,
}

impl Visible {
    /// What is published may be cached, and the rest is for this caller alone.
    fn answer(&self, request: &HttpRequest, mut answer: HttpResponseBuilder, body: Vec<u8>) -> HttpResponse {
        if self.is_published { caching::public(request, answer, body) } else { answer.body(body) }
    }
}

/// Shows the results to whoever may see them. Once published they have an `ETag`.
#[utoipa::path(tag = "results",
    responses((status = 200, body = Results), (status = 304, description = "As in If-None-Match"), Problems),
    security((), ("bearer" = [])))]
#[get("/api/v1/elections/{id}/results")]
pub async fn show(service: Uvote, who: Anybody, id: Id, request: HttpRequest) -> Answer {
    let visible = visible(&service, who, *id).await?;
    let body = serde_json::to_vec(&visible.results).map_err(|error| Problem::internal(&error))?;
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/json");
    Ok(visible.answer(&request, answer, body))
}

/// The results as CSV. Once published they have an `ETag`.
#[utoipa::path(tag = "results",
    responses((status = 200, body = String, content_type = "text/csv"),
        (status = 304, description = "As in If-None-Match"), Problems),
    security((), ("bearer" = [])))]
#[get("/api/v1/elections/{id}/results.csv")]
pub async fn csv(service: Uvote, who: Anybody, id: Id, request: HttpRequest) -> Answer {
    let visible = visible(&service, who, *id).await?;
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"results.csv\""));
    Ok(visible.answer(&request, answer, table(&visible.results).into_bytes()))
}

/// The results, as far as this caller may see them now.
///
/// # Errors
/// 404 for a draft that is not the caller's, 403 `RESULTS_HIDDEN` before the publication.
pub async fn visible(service: &Service, Anybody(who): Anybody, id: Uuid) -> Result<Visible, Problem> {
    let client = service.database.client().await?;
    let (election, head) = try_join(elections::get(&client, id), heads::get(&client, id)).await?;
    if head.published_at.is_some() {
        let counts = results::counted(&client, id).await?;
        let results = results::results(election, &counts, head.position);
        return Ok(Visible { results, is_published: true });
    }
    let is_member = match &who {
        Some(who) => match elections::allow(&client, who.account, id, Action::ViewResults).await {
            Ok(_) => true,
            Err(StoreError::Refused(_)) => false,
            Err(error) => return Err(error.into()),
        },
        None => false,
    };
    if head.status == Status::Draft && !is_member {
        return Err(Refusal::NotFound.into());
    }
    let (counts, ballots) = early(service, &client, &head, election.tally_visibility, is_member).await?;
    if let Some(who) = who.filter(|_| is_member) {
        audit::note_election(&client, id, who.actor(), "results.viewed", json!({"ballots": ballots})).await?;
    }
    Ok(Visible { results: results::results(election, &counts, ballots), is_published: false })
}

/// Counts that may be seen before the publication. After the recount of an election with manual
/// publication its organisers see them, since they decide; before, the running tally in its steps.
async fn early(
    service: &Service,
    client: &Client,
    head: &Head,
    visibility: TallyVisibility,
    is_member: bool,
) -> Result<(Counts, i64), Problem> {
    if head.count_state == CountState::Disputed {
        return Err(if is_member { Refusal::CountDisputed } else { Refusal::ResultsHidden }.into());
    }
    if head.count_state == CountState::Matched && (is_member || visibility == TallyVisibility::Everyone) {
        return Ok((results::counted(client, head.election_id).await?, head.position));
    }
    let seen = match visibility {
        TallyVisibility::Everyone => true,
        TallyVisibility::Organisers => is_member,
        TallyVisibility::AfterClose => false,
    };
    let running = head.sealed_running.is_some() && matches!(head.status, Status::Active | Status::Scheduled);
    match head.count_state {
        CountState::Counting if seen || is_member => Err(Refusal::Counting.into()),
        CountState::None if seen && running => {
            let definition = definition::read(client, &service.keyring, head.election_id).await?;
            let tally = definition.open_running(head)?;
            Ok((Counts::of(&definition, &tally.shown), tally.shown_at))
        }
        _ => Err(Refusal::ResultsHidden.into()),
    }
}

fn table(results: &Results) -> String {
    let mut text = String::from("contest,candidate,votes,percent,winner\r\n");
    for contest in &results.contests {
        let title = csv_field(&contest.title);
        for candidate in &contest.candidates {
            let (name, winner) = (csv_field(&candidate.name), if candidate.winner { "yes" } else { "no" });
            text.push_str(&format!(
                "{title},{name},{},{:.2},{winner}\r\n",
                candidate.votes, candidate.percent
            ));
        }
        text.push_str(&format!("{title},(blank),{},,\r\n", contest.blank));
    }
    text
}

/// What a cell begins with that a spreadsheet takes for a formula; some take the wide forms for one too.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r'];
/// What some spreadsheets, set to another country, take for the end of a cell, quotes or not.
const BETWEEN_CELLS: [char; 6] = [',', ';', '"', '\t', '\r', '\n'];

/// A CSV field (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front.
pub fn csv_field(text: &str) -> String {
    let text = without_formulas(text);
    if text.contains([',', '"', '\n', '\r', '\t', ';', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn without_formulas(text: &str) -> String {
    let mut sound = String::with_capacity(text.len() + 1);
    let mut cell_begins = true;
    for character in text.chars() {
        if cell_begins && FORMULA.contains(&character) {
            sound.push('\'');
        }
        cell_begins = BETWEEN_CELLS.contains(&character) || cell_begins && character.is_whitespace();
        sound.push(character);
    }
    sound
}

/// How many have voted, for organisers.
#[utoipa::path(tag = "results", responses((status = 200, body = Turnout), Problems), security(("bearer" = [])))]
#[get("/api/v1/elections/{id}/turnout")]
pub async fn turnout(service: Uvote, who: SignedIn, id: Id) -> Answer {
    Ok(HttpResponse::Ok().json(read_turnout(&service, &who, *id).await?))
}

/// How many have voted, for organisers.
///
/// # Errors
/// 404 for strangers.
pub async fn read_turnout(service: &Service, who: &SignedIn, id: Uuid) -> Answer<Turnout> {
    let mut client = service.database.client().await?;
    elections::allow(&client, who.account, id, Action::ViewElections).await?;
    Ok(results::turnout_at_once(&mut client, &service.keyring, id).await?.1)
}

/// Follows the chain of ballots and, while the key lives, opens and counts them again.
#[utoipa::path(tag = "results", responses((status = 200, body = Verification), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/verify")]
pub async fn verify(service: Uvote, who: SignedIn, id: Id) -> Answer {
    Ok(HttpResponse::Ok().json(verify_ballots(&service, &who, *id).await?))
}

/// Follows the chain of ballots and, while the key lives, opens and counts them again.
///
/// # Errors
/// 404 for strangers.
pub async fn verify_ballots(service: &Service, who: &SignedIn, id: Uuid) -> Answer<Verification> {
    let mut client = service.database.client().await?;
    elections::allow(&client, who.account, id, Action::ViewAudit).await?;
    let definition = Arc::new(definition::read(&client, &service.keyring, id).await?);
    Ok(recount::verify(&mut client, &definition).await?)
}

#[cfg(test)]
mod tests {
    use super::csv_field;

    #[test]
    fn formulas_are_neutralised_and_quotes_doubled() {
        assert_eq!(csv_field("Anna"), "Anna");
        assert_eq!(csv_field("=1+1"), "\"'=1+1\"");
        assert_eq!(csv_field(" @x"), "\" '@x\"");
        assert_eq!(csv_field("＠x"), "\"'＠x\"");
        assert_eq!(csv_field("-Ada-Lou = 1"), "\"'-Ada-Lou = 1\"");
        assert_eq!(csv_field("x; =1+1"), "\"x; '=1+1\"");
        assert_eq!(csv_field("\"=1\""), "\"\"\"'=1\"\"\"");
        assert_eq!(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
