//! The queries of lists.
#![no_main]

use actix_web::test::TestRequest;
use actix_web::{HttpResponse, web};
use libfuzzer_sys::fuzz_target;
use uvote::http::admin::AccountQuery;
use uvote::http::elections::ElectionQuery;
use uvote::http::error::Problem;
use uvote::http::sign_in::{Paging, cursor};
use uvote::http::voters::{ImportQuery, VoterQuery};
use uvote::ws::handshake::Handshake;
use uvote_fuzz::answer;

const PATHS: [&str; 6] = ["/pages", "/voters", "/elections", "/accounts", "/imports", "/live"];

fuzz_target!(|input: &[u8]| {
    let Some((path, query)) = input.split_first() else { return };
    let path = PATHS[usize::from(*path) % PATHS.len()];
    let Ok(query) = str::from_utf8(query) else { return };
    let Ok(address) = format!("{path}?{query}").parse::<actix_web::http::Uri>() else { return };
    answer(routes, TestRequest::get().uri(&address.to_string()));
});

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/pages", web::get().to(pages))
        .route("/voters", web::get().to(async |_: web::Query<VoterQuery>| HttpResponse::Ok()))
        .route("/elections", web::get().to(async |_: web::Query<ElectionQuery>| HttpResponse::Ok()))
        .route("/accounts", web::get().to(async |_: web::Query<AccountQuery>| HttpResponse::Ok()))
        .route("/imports", web::get().to(async |_: web::Query<ImportQuery>| HttpResponse::Ok()))
        .route("/live", web::get().to(async |_: web::Query<Handshake>| HttpResponse::Ok()));
}

async fn pages(paging: web::Query<Paging>) -> Result<HttpResponse, Problem> {
    assert!((1..=100).contains(&paging.limit()?));
    if let Some(key) = paging.key()? {
        assert!(!key.contains('\0'), "PostgreSQL takes none");
        assert_eq!(paging.cursor, Some(cursor(&key)), "a cursor has one spelling");
        assert_eq!(paging.number().ok(), key.parse().ok().map(Some));
        assert_eq!(paging.id().ok(), key.parse().ok().map(Some));
    }
    Ok(HttpResponse::Ok().finish())
}
