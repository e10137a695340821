//! The site's administrators: they look after accounts, and see nothing of any election.

use actix_web::{delete, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use uvote_domain::refusal::Refusal;

use super::error::Answer;
use super::openapi::Problems;
use super::sign_in::{Id, ListOf, Paging, SignedIn, page};
use super::{Uvote, done};
use crate::auth::SessionsEnded;
use crate::store::Client;
use crate::store::admin::{self, KeptAccount};

/// What a list of accounts is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AccountQuery {
    /// Part of the address or of the name.
    q: Option<String>,
}

/// Lists and searches the accounts of the site, newest first.
#[utoipa::path(tag = "administration", params(AccountQuery, Paging), responses((status = 200, body = ListOf<KeptAccount>), Problems), security(("bearer" = [])))]
#[get("/api/v1/admin/accounts")]
pub async fn list(
    service: Uvote,
    who: SignedIn,
    query: web::Query<AccountQuery>,
    paging: web::Query<Paging>,
) -> Answer {
    let client = service.database.client().await?;
    admin::allow(&client, who.account).await?;
    let text = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty() && !text.contains('\0'));
    Ok(page(admin::list(&client, text, paging.id()?, paging.limit()?).await?))
}

/// Locks an account, and ends its sessions at once.
#[utoipa::path(tag = "administration", responses((status = 204), Problems), security(("bearer" = [])))]
#[post("/api/v1/admin/accounts/{id}/lock")]
pub async fn lock(service: Uvote, who: SignedIn, id: Id) -> Answer {
    let mut client = service.database.client().await?;
    allow_over(&client, &who, *id).await?;
    let ended = admin::lock(&mut client, who.account, *id).await?;
    (service.sessions_ended)(SessionsEnded(ended));
    Ok(done())
}

/// Unlocks an account, also one that failed sign-ins have locked for a while.
#[utoipa::path(tag = "administration", responses((status = 204), Problems), security(("bearer" = [])))]
#[post("/api/v1/admin/accounts/{id}/unlock")]
pub async fn unlock(service: Uvote, who: SignedIn, id: Id) -> Answer {
    let mut client = service.database.client().await?;
    allow_over(&client, &who, *id).await?;
    admin::unlock(&mut client, who.account, *id).await?;
    Ok(done())
}

/// Deletes an account by the rules that hold for its owner: none that an organisation still needs.
#[utoipa::path(tag = "administration", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/admin/accounts/{id}")]
pub async fn delete(service: Uvote, who: SignedIn, id: Id) -> Answer {
    let mut client = service.database.client().await?;
    allow_over(&client, &who, *id).await?;
    let ended = admin::delete(&mut client, who.account, *id).await?;
    (service.sessions_ended)(SessionsEnded(ended));
    Ok(done())
}

/// Whether an account may decide over another, which can't be itself: nobody would be left to undo it.
async fn allow_over(client: &Client, who: &SignedIn, account: Uuid) -> Answer<()> {
    admin::allow(client, who.account).await?;
    if who.account == account {
        return Err(
            Refusal::Conflict("Ask another administrator to do this to your own account.".into()).into()
        );
    }
    Ok(())
}
