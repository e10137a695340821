//! `/organisations/{id}`: who belongs to an organisation, its name, and the start and end of one.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use uuid::Uuid;
use uvote_domain::role::{Action, Role};

use super::form::Form;
use super::reader::{Organiser, Reader, query};
use super::{go_on, page, page_with};
use crate::http::error::Answer;
use crate::http::sign_in::{Paging, cursor};
use crate::http::{Service, Uvote, organisations as calls};
use crate::store::members::{self, Member, PendingInvitation};
use crate::store::organisations::{self, Organisation};

/// Members on one page, and invitations beside them.
const PAGE: i64 = 100;

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/organisations/new", web::get().to(show_new))
        .route("/organisations/new", web::post().to(create))
        .route("/organisations/{id}", web::get().to(show))
        .route("/organisations/{id}", web::post().to(rename))
        .route("/organisations/{id}/delete", web::get().to(show_deletion))
        .route("/organisations/{id}/delete", web::post().to(delete));
}

#[derive(Template)]
#[template(path = "pages/organisations/new.html")]
struct NewOrganisationPage {
    reader: Reader,
    form: Form,
}

/// An organisation with its members.
#[derive(Template)]
#[template(path = "pages/organisations/show.html")]
pub struct OrganisationPage {
    reader: Reader,
    form: Form,
    /// The message that says why a form was refused, where no field is wrong.
    refused: Option<&'static str>,
    organisation: Organisation,
    own: Uuid,
    members: Vec<Member>,
    next: Option<String>,
    invitations: Vec<PendingInvitation>,
}

#[derive(Template)]
#[template(path = "pages/organisations/delete.html")]
struct DeletionPage {
    reader: Reader,
    organisation: Organisation,
    refused: bool,
}

impl OrganisationPage {
    /// Reads what the page shows. A form that is not filled in shows the organisation's name.
    ///
    /// # Errors
    /// 404 for strangers.
    pub async fn read(
        service: &Service,
        organiser: Organiser,
        id: Uuid,
        form: Form,
        refused: Option<&'static str>,
        paging: &Paging,
    ) -> Answer<Self> {
        let (client, own) = (service.database.client().await?, organiser.who.account);
        let organisation = organisations::get(&client, own, id).await?;
        let members = members::list(&client, id, paging.id()?, PAGE).await?;
        let invitations = if organisation.role.may(Action::ManageMembers) {
            members::invitations(&client, id, None, PAGE).await?.items
        } else {
            Vec::new()
        };
        let next = members.next.map(|key| cursor(&key));
        let (reader, members) = (organiser.reader, members.items);
        Ok(Self { reader, form, refused, organisation, own, members, next, invitations })
    }

    /// Answers the page with what is wrong with its form.
    pub fn refused(&self) -> HttpResponse {
        let conflict = self.refused.is_some();
        page_with(if conflict { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY }, self)
    }

    const fn may_manage(&self) -> bool {
        self.organisation.role.may(Action::ManageMembers)
    }

    /// What the name's field says.
    fn renamed(&self) -> Form {
        if self.form.values().iter().any(|(name, _)| name == "name") {
            return self.form.clone();
        }
        Form::filled([("name", self.organisation.name.clone())])
    }

    fn roles(&self) -> &'static [Role] {
        Role::ALL
    }
}

/// The first page of a list.
pub const fn first_page() -> Paging {
    Paging { limit: None, cursor: None }
}

/// The address of an organisation's page.
pub fn address(id: Uuid) -> String {
    format!("/organisations/{id}")
}

async fn show_new(organiser: Organiser) -> HttpResponse {
    page(&NewOrganisationPage { reader: organiser.reader, form: Form::default() })
}

async fn create(service: Uvote, organiser: Organiser, form: Form) -> Answer {
    match calls::found_organisation(&service, &organiser.who, form.value("name").to_owned()).await {
        Ok(id) => Ok(go_on(&address(id), "organisation-created")),
        Err(problem) => {
            let form = form.refused(problem)?;
            let page = NewOrganisationPage { reader: organiser.reader, form };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn show(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, request: HttpRequest) -> Answer {
    let paging = Paging { limit: None, cursor: query(&request, "cursor") };
    // Nobody gets more by an oversight than may look on.
    let form = Form::filled([("role", Role::Observer.to_string())]);
    Ok(page(&OrganisationPage::read(&service, organiser, *id, form, None, &paging).await?))
}

async fn rename(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, form: Form) -> Answer {
    let name = Some(form.value("name").to_owned());
    match calls::rename_organisation(&service, &organiser.who, *id, name).await {
        Ok(()) => Ok(go_on(&address(*id), "organisation-renamed")),
        Err(problem) => {
            let form = form.refused(problem)?;
            Ok(OrganisationPage::read(&service, organiser, *id, form, None, &first_page()).await?.refused())
        }
    }
}

async fn show_deletion(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    deletion(&service, organiser, *id, false).await.map(|shown| page(&shown))
}

async fn deletion(service: &Service, organiser: Organiser, id: Uuid, refused: bool) -> Answer<DeletionPage> {
    let (client, account) = (service.database.client().await?, organiser.who.account);
    organisations::allow(&client, account, id, Action::ManageOrganisation).await?;
    let organisation = organisations::get(&client, account, id).await?;
    Ok(DeletionPage { reader: organiser.reader, organisation, refused })
}

async fn delete(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    match calls::delete_organisation(&service, &organiser.who, *id).await {
        Ok(()) => Ok(go_on("/dashboard", "organisation-deleted")),
        Err(problem) if problem.code() == "CONFLICT" => {
            Ok(page_with(StatusCode::CONFLICT, &deletion(&service, organiser, *id, true).await?))
        }
        Err(problem) => Err(problem),
    }
}
