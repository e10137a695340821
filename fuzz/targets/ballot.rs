//! The body of a cast ballot in JSON.
#![no_main]

use std::collections::BTreeSet;

use actix_web::test::TestRequest;
use actix_web::{HttpResponse, web};
use libfuzzer_sys::fuzz_target;
use uvote::http::votes::VoteRequest;
use uvote_domain::ballot::{Choices, Nonce};
use uvote_fuzz::{answer, paper};

fuzz_target!(|body: &[u8]| {
    let json = ("content-type", "application/json");
    answer(routes, TestRequest::post().insert_header(json).set_payload(body.to_vec()));
});

fn routes(config: &mut web::ServiceConfig) {
    config.route("/", web::post().to(cast));
}

async fn cast(body: web::Json<VoteRequest>) -> HttpResponse {
    let (_, nonce, choices) = body.into_inner().read();
    match choices {
        Ok(choices) => check(&nonce, &choices),
        Err(errors) => assert!(!errors.is_empty()),
    }
    HttpResponse::Ok().finish()
}

/// What is taken is counted as it was chosen, and nothing else.
fn check(nonce: &Nonce, choices: &Choices) {
    let paper = paper();
    let Ok(marks) = paper.mark(choices) else { return };
    let bytes = paper.encode(nonce, &marks);
    assert_eq!(paper.decode(&bytes), Some((*nonce, marks.clone())));
    assert_eq!(choices.len(), paper.contests().len());
    for opening in paper.openings(nonce, &marks) {
        let (counted, chosen) = (&opening.choices, &choices[&opening.contest]);
        assert_eq!(counted.len(), chosen.len());
        assert_eq!(counted.iter().collect::<BTreeSet<_>>(), chosen.iter().collect());
    }
}
