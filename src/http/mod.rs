//! HTTP: every route in one list, and what all of them share.

pub mod access;
pub mod account;
pub mod admin;
pub mod arrival;
pub mod audit;
pub mod auth;
pub mod caching;
pub mod check;
pub mod clients;
pub mod compression;
pub mod contests;
pub mod docs;
pub mod elections;
pub mod error;
pub mod health;
pub mod invitations;
pub mod line;
pub mod live;
pub mod members;
pub mod openapi;
pub mod organisations;
pub mod pages;
pub mod passwords;
pub mod photos;
pub mod request;
pub mod results;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;
pub mod steps;
pub mod voters;
pub mod votes;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use tokio::sync::Semaphore;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::Standing;
use crate::actors::audit::Audit;
use crate::actors::clock::Clock;
use crate::actors::mailer::Mailer;
use crate::actors::registry::Registry;
use crate::actors::tokens::{MailQueued, Tokens};
use crate::auth::{AccessTokens, Passwords, SessionsEnded};
use crate::config::Networks;
use crate::embedded::inbox::Inbox;
use crate::keys::Keyring;
use crate::limits::Limits;
use crate::mail;
use crate::photos::Photos;
use crate::store::Database;
use clients::Hosts;
use error::{Answer, Problem};
use pages::uploads::Uploads;

/// What the handlers work with.
pub struct Service {
    /// Where everything is kept.
    pub database: Database,
    /// Opens election keys.
    pub keyring: Arc<Keyring>,
    /// Finds the actors of elections.
    pub registry: Arc<Registry>,
    /// Issues links in bulk.
    pub tokens: Standing<Tokens>,
    /// Sends what is queued.
    pub mailer: Arc<Standing<Mailer>>,
    /// Opens and closes elections on time.
    pub clock: Standing<Clock>,
    /// Chains the audit log.
    pub audit: Standing<Audit>,
    /// Hears which sessions have ended.
    pub sessions_ended: Box<dyn Fn(SessionsEnded) + Send + Sync>,
    /// Signs and reads access tokens.
    pub access_tokens: AccessTokens,
    /// Rolls that may be read at once; each holds a connection while its file arrives.
    pub imports: Semaphore,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Keeps the photos of candidates.
    pub photos: Photos,
    /// Keeps rolls between their dry run and their import.
    pub uploads: Uploads,
    /// Counts what is limited.
    pub limits: Arc<Limits>,
    /// Whether several processes share Redis, so that readiness hangs on it.
    pub shared: bool,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Networks,
    /// The hosts that are ours.
    pub hosts: Hosts,
    /// Hands mails over.
    pub post: Arc<mail::Mailer>,
    /// The address that voters see.
    pub origin: String,
    /// The development inbox; only the demo has one.
    pub inbox: Option<Inbox>,
    /// Whether `/docs` is shown.
    pub docs: bool,
}

impl Service {
    /// Tells the mailer that there is something to send. A full mailbox means that it is awake,
    /// and it looks at the outbox every second anyway.
    fn wake_mailer(&self) {
        self.mailer.try_send(MailQueued);
    }
}

/// The service, as handlers take it.
pub type Uvote = web::Data<Service>;

/// Every call of the interface. The router tries them in this order, one pattern after the other,
/// so voting comes first: behind the others it would cost a fifth more.
pub fn interface(routes: &mut ServiceConfig<'_>) {
    routes
        .service(votes::cast)
        .service(votes::ballot)
        .service(votes::check_receipt)
        .service(auth::register)
        .service(auth::verify_email)
        .service(auth::login)
        .service(auth::refresh)
        .service(auth::logout)
        .service(auth::logout_all)
        .service(auth::verify)
        .service(passwords::forgot)
        .service(passwords::reset)
        .service(passwords::change)
        .service(account::show)
        .service(account::change)
        .service(account::delete)
        .service(account::deletion)
        .service(account::change_email)
        .service(sessions::list)
        .service(sessions::end)
        .service(second_factor::prepare)
        .service(second_factor::confirm)
        .service(second_factor::remove)
        .service(organisations::list)
        .service(organisations::create)
        .service(organisations::show)
        .service(organisations::change)
        .service(organisations::delete)
        .service(members::accept)
        .service(members::list)
        .service(members::invite)
        .service(members::change)
        .service(members::remove)
        .service(members::invitations)
        .service(members::take_back)
        .service(elections::create)
        .service(elections::list)
        .service(elections::show)
        .service(elections::change)
        .service(steps::delete)
        .service(steps::restore)
        .service(steps::activate)
        .service(steps::close)
        .service(steps::publish)
        .service(steps::archive)
        .service(steps::duplicate)
        .service(contests::add)
        .service(contests::change)
        .service(contests::remove)
        .service(contests::add_candidate)
        .service(contests::change_candidate)
        .service(contests::remove_candidate)
        .service(photos::replace)
        .service(photos::remove)
        .service(photos::show)
        .service(voters::import)
        .service(voters::export)
        .service(voters::add)
        .service(voters::list)
        .service(voters::change)
        .service(voters::remove)
        .service(invitations::send)
        .service(invitations::stop)
        .service(invitations::specimen)
        .service(invitations::resend)
        .service(invitations::request_link)
        .service(invitations::notify_results)
        .service(invitations::deliveries)
        .service(results::show)
        .service(results::csv)
        .service(results::turnout)
        .service(results::verify)
        .service(audit::of_organisation)
        .service(audit::of_election)
        .service(audit::verify)
        .service(admin::list)
        .service(admin::lock)
        .service(admin::unlock)
        .service(admin::delete)
        .service(live::ticket)
        .service(health::live)
        .service(health::ready);
}

/// What answers when no route does: 405 where the path is known, 404 elsewhere.
pub async fn nowhere(request: HttpRequest) -> Answer {
    if request.resource_map().has_resource(request.path()) {
        let detail = format!("{} is not possible here.", request.method());
        return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", detail));
    }
    Err(Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing under this address."))
}

/// An answer without a body.
fn done() -> HttpResponse {
    HttpResponse::NoContent().finish()
}
