//! What the targets share. Each of them takes bytes as they may come from outside and asserts what
//! must hold for any of them; `run` runs them.

use std::cell::RefCell;
use std::future::Future;

use actix_web::http::StatusCode;
use actix_web::test::{self, TestRequest};
use actix_web::{App, web};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;
use uvote_domain::ballot::BallotPaper;
use uvote_domain::contest::{Contest, Method};

thread_local! {
    static RUNTIME: RefCell<Runtime> =
        RefCell::new(Builder::new_current_thread().enable_all().build().expect("a runtime starts"));
}

/// Waits for a future.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with_borrow(|runtime| runtime.block_on(future))
}

/// Answers a request as the service would that reads bodies and queries by the service's own rules.
/// A refusal must be one that a client can read.
pub fn answer(routes: fn(&mut web::ServiceConfig), request: TestRequest) -> StatusCode {
    wait(async {
        let app = App::new().configure(uvote::http::request::reading).configure(routes);
        let answer = test::call_service(&test::init_service(app).await, request.to_request()).await;
        let status = answer.status();
        assert!(!status.is_server_error(), "{status}");
        if status.is_client_error() {
            let body: serde_json::Value = test::read_body_json(answer).await;
            assert_eq!(body["status"], status.as_u16());
            assert!(body["code"].is_string() && body["detail"].is_string(), "{body}");
        }
        status
    })
}

/// A chair, for whom nobody may be left out, of two candidates, and a board of two out of three.
pub fn paper() -> BallotPaper {
    let contest = |id: u128, seats, allow_blank, candidates: &[u128]| Contest {
        id: Uuid::from_u128(id),
        method: Method::Plurality,
        seats,
        allow_blank,
        candidates: candidates.iter().copied().map(Uuid::from_u128).collect(),
    };
    BallotPaper::new(vec![contest(0xc, 1, false, &[1, 2]), contest(0xb, 2, true, &[3, 1, 2])])
}
