//! Who is asking: the signed-in account of a request, and the paging of its lists.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use uuid::Uuid;
use uvote_domain::fault::Fault;

use super::error::{Answer, Problem};
use super::{Service, Uvote};
use crate::store::audit::Actor;
use crate::store::{Page, sessions};

/// A signed-in account.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account.
    pub account: Uuid,
    /// Its session.
    pub session: Uuid,
    /// Its address.
    pub email: String,
    /// Seconds since 1970 when the access token expires.
    pub expires_at: i64,
}

impl SignedIn {
    /// The account as the doer of something.
    pub const fn actor(&self) -> Actor {
        Actor::Account(self.account)
    }
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let service =
                request.app_data::<Uvote>().ok_or_else(|| Problem::internal(&"the service is not set up"))?;
            sign_in(service, bearer(&request).ok_or_else(Problem::unauthenticated)?).await
        })
    }
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

async fn sign_in(service: &Service, token: &str) -> Result<SignedIn, Problem> {
    let claims = service.access_tokens.read(token).map_err(|_| Problem::unauthenticated())?;
    let client = service.database.client().await?;
    let email =
        sessions::living(&client, claims.sid, claims.sub).await?.ok_or_else(Problem::unauthenticated)?;
    Ok(SignedIn { account: claims.sub, session: claims.sid, email, expires_at: claims.exp })
}

/// Where a list begins and how long its page is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// 1 to 100; 20 when missing.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Paging {
    /// The length of the page.
    ///
    /// # Errors
    /// 422 outside of 1 to 100.
    pub fn limit(&self) -> Answer<i64> {
        match self.limit.unwrap_or(20) {
            limit @ 1..=100 => Ok(limit),
            _ => Err(Problem::invalid("limit", Fault::OutOfRange(1..=100))),
        }
    }

    /// The key of the last item of the page before, where that is a number.
    ///
    /// # Errors
    /// 422 for a cursor that was not handed out.
    pub fn number(&self) -> Answer<Option<i64>> {
        self.key()?.map(|key| key.parse().map_err(|_| bad_cursor())).transpose()
    }

    /// The id of the last item of the page before, where that is the key.
    ///
    /// # Errors
    /// 422 for a cursor that was not handed out.
    pub fn id(&self) -> Answer<Option<Uuid>> {
        self.key()?.map(|key| key.parse().map_err(|_| bad_cursor())).transpose()
    }

    /// The key of the last item of the page before.
    ///
    /// # Errors
    /// 422 for a cursor that was not handed out.
    pub fn key(&self) -> Answer<Option<String>> {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad_cursor())?;
        let key = String::from_utf8(bytes).ok().filter(|key| !key.contains('\0'));
        key.ok_or_else(bad_cursor).map(Some)
    }
}

/// 422 for a cursor that was not handed out.
pub fn bad_cursor() -> Problem {
    Problem::invalid("cursor", Fault::BadCursor)
}

/// The cursor that stands for the key of a page's last item.
pub fn cursor(key: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(key)
}

/// Answers a page of a list.
pub fn page<T: Serialize>(page: Page<T>) -> HttpResponse {
    let next_cursor = page.next.map(|key| cursor(&key));
    HttpResponse::Ok()
        .insert_header(("X-Total-Count", page.total))
        .json(serde_json::json!({"items": page.items, "next_cursor": next_cursor}))
}

/// The signed-in account of a request that may also come from anybody. Whoever sends a token means
/// to be somebody, so a bad one is refused.
#[derive(Debug, Clone)]
pub struct Anybody(pub Option<SignedIn>);

impl FromRequest for Anybody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !request.headers().contains_key(AUTHORIZATION) {
            return Box::pin(std::future::ready(Ok(Self(None))));
        }
        let signed_in = SignedIn::from_request(request, payload);
        Box::pin(async { Ok(Self(Some(signed_in.await?))) })
    }
}

/// The id in a path.
pub type Id = web::Path<Uuid>;

/// A page of a list, as the OpenAPI document describes it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ListOf<T> {
    /// What is on the page.
    pub items: Vec<T>,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
}
