//! Members of an organisation one by one: inviting, changing roles, leaving; and `/invitation`, where
//! a mailed link leads.

use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use uuid::Uuid;
use uvote_domain::role::{Action, Role};

use super::form::Form;
use super::organisations::{OrganisationPage, address, first_page};
use super::reader::{Organiser, Reader, signed_in};
use super::{go_on, host_cookie, page, page_with};
use crate::http::error::{Answer, Problem};
use crate::http::members::{self as calls, NewMember};
use crate::http::{Service, Uvote};
use crate::store::members::{self, Member};
use crate::store::organisations::{self, Organisation};

/// Keeps the code of an invitation while its reader signs in, which no form could carry through.
const INVITATION_COOKIE: &str = "__Host-uvote-invitation";

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/invitation", web::get().to(show_invitation))
        .route("/invitation", web::post().to(accept))
        .route("/organisations/{id}/members", web::post().to(invite))
        .route("/organisations/{id}/invitations/{invitation_id}/take-back", web::post().to(take_back))
        .route("/organisations/{id}/members/{account_id}", web::get().to(show))
        .route("/organisations/{id}/members/{account_id}", web::post().to(change))
        .route("/organisations/{id}/members/{account_id}/remove", web::post().to(remove));
}

#[derive(Template)]
#[template(path = "pages/organisations/member.html")]
struct MemberPage {
    reader: Reader,
    form: Form,
    refused: bool,
    organisation: Organisation,
    member: Member,
    /// Whether the reader is this member.
    own: bool,
}

#[derive(Template)]
#[template(path = "pages/organisations/invitation.html")]
struct InvitationPage {
    reader: Reader,
    form: Form,
    /// Whether the code was kept while the reader signed in.
    kept: bool,
}

impl MemberPage {
    async fn read(
        service: &Service,
        organiser: Organiser,
        (id, account): (Uuid, Uuid),
        refused: bool,
    ) -> Answer<Self> {
        let own = organiser.who.account == account;
        let client = service.database.client().await?;
        let needed = if own { Action::ViewMembers } else { Action::ManageMembers };
        organisations::allow(&client, organiser.who.account, id, needed).await?;
        let organisation = organisations::get(&client, organiser.who.account, id).await?;
        let member = members::get(&client, id, account).await?;
        let form = Form::filled([("role", member.role.to_string())]);
        Ok(Self { reader: organiser.reader, form, refused, organisation, member, own })
    }

    fn name(&self) -> &str {
        self.member.name.as_deref().unwrap_or(&self.member.email)
    }

    const fn may_manage(&self) -> bool {
        self.organisation.role.may(Action::ManageMembers)
    }

    fn roles(&self) -> &'static [Role] {
        Role::ALL
    }
}

async fn invite(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, form: Form) -> Answer {
    let new = NewMember { email: form.value("email").to_owned(), role: form.value("role").to_owned() };
    let problem = match calls::invite_member(&service, &organiser.who, *id, &new).await {
        Ok(()) => return Ok(go_on(&address(*id), "invited")),
        Err(problem) => problem,
    };
    let (form, refused) = match problem.code() {
        "CONFLICT" => (form, Some("member-already")),
        _ => (form.refused(problem)?, None),
    };
    Ok(OrganisationPage::read(&service, organiser, *id, form, refused, &first_page()).await?.refused())
}

async fn take_back(service: Uvote, organiser: Organiser, path: web::Path<(Uuid, Uuid)>) -> Answer {
    let (id, invitation) = *path;
    calls::take_back_invitation(&service, &organiser.who, id, invitation).await?;
    Ok(go_on(&address(id), "invitation-taken-back"))
}

async fn show(service: Uvote, organiser: Organiser, path: web::Path<(Uuid, Uuid)>) -> Answer {
    Ok(page(&MemberPage::read(&service, organiser, *path, false).await?))
}

async fn change(service: Uvote, organiser: Organiser, path: web::Path<(Uuid, Uuid)>, form: Form) -> Answer {
    let (id, account) = *path;
    let changed = calls::change_role(&service, &organiser.who, id, account, form.value("role")).await;
    changed_or_refused(&service, organiser, *path, changed, (&address(id), "role-changed")).await
}

async fn remove(service: Uvote, organiser: Organiser, path: web::Path<(Uuid, Uuid)>) -> Answer {
    let (id, account) = *path;
    let own = organiser.who.account == account;
    let removed = calls::remove_member(&service, &organiser.who, id, account).await;
    let next = address(id);
    let next = if own { ("/dashboard", "left") } else { (next.as_str(), "member-removed") };
    changed_or_refused(&service, organiser, *path, removed, next).await
}

/// Leads on after a change, or says why the last owner stays.
async fn changed_or_refused(
    service: &Service,
    organiser: Organiser,
    member: (Uuid, Uuid),
    changed: Answer<()>,
    (next, done): (&str, &str),
) -> Answer {
    match changed {
        Ok(()) => Ok(go_on(next, done)),
        Err(problem) if problem.code() == "CONFLICT" => {
            let shown = MemberPage::read(service, organiser, member, true).await?;
            Ok(page_with(StatusCode::CONFLICT, &shown))
        }
        Err(problem) => Err(problem),
    }
}

async fn show_invitation(request: HttpRequest, mut reader: Reader) -> Answer {
    let who = signed_in(&request).await?;
    let kept = request.cookie(INVITATION_COOKIE).filter(|cookie| who.is_some() && !cookie.value().is_empty());
    let token = kept.as_ref().map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    reader.email = who.map(|who| who.email);
    Ok(page(&InvitationPage { reader, form: Form::filled([("token", token)]), kept: kept.is_some() }))
}

/// Takes the invitation up; whoever is not signed in does that first.
async fn accept(service: Uvote, request: HttpRequest, mut reader: Reader, form: Form) -> Answer {
    let Some(who) = signed_in(&request).await? else { return Ok(keep(&reader, &form)) };
    let accepted: Result<Uuid, Problem> = calls::accept_invitation(&service, &who, form.value("token")).await;
    let mut response = match accepted {
        Ok(organisation) => go_on(&address(organisation), "joined"),
        Err(problem) => {
            let form = form.refused(problem)?;
            reader.email = Some(who.email);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &InvitationPage { reader, form, kept: false })
        }
    };
    set_cookie(&mut response, String::new(), Duration::ZERO);
    Ok(response)
}

fn keep(reader: &Reader, form: &Form) -> HttpResponse {
    let wants_account = form.has("way", "register");
    let way = if wants_account { "/register" } else { "/login?next=%2Finvitation" };
    let mut response = go_on(&if wants_account { reader.to(way) } else { way.to_owned() }, "");
    // Anything else in its place is no token, and might not be fit for a header.
    let token: String = form.value("token").trim().chars().filter(char::is_ascii_alphanumeric).collect();
    if token.len() <= 128 {
        set_cookie(&mut response, token, Duration::hours(1));
    }
    response
}

fn set_cookie(response: &mut HttpResponse, value: String, age: Duration) {
    let cookie = host_cookie(INVITATION_COOKIE, value, age);
    // Letters and digits fit into a header.
    drop(response.add_cookie(&cookie));
}
