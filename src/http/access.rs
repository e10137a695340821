//! Who may make each call, as the OpenAPI document says it. The handlers ask the permission table
//! of `domain::role` themselves; a test tries every call as everybody and holds it against this.

use serde_json::json;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{HttpMethod, OpenApi};
use uvote_domain::role::{Action, Role};

use Action::{
    ManageElections, ManageMembers, ManageOrganisation, ManageRoll, ViewAudit, ViewElections, ViewMembers,
};
use HttpMethod::{Delete, Get, Patch, Post, Put};

/// Who may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Whoever likes.
    Anyone,
    /// Whoever holds a voting code of the election.
    Voter,
    /// Every account.
    Account,
    /// Members whose role may do this in the organisation.
    Member(Action),
    /// Administrators of the site.
    Administrator,
}

/// Calls that ask for more than an account, by the end of their path under its noun.
const ELECTIONS: &[(HttpMethod, &str, Action)] = &[
    (Get, "", ViewElections),
    (Patch, "", ManageElections),
    (Delete, "", ManageElections),
    (Post, "/restore", ManageElections),
    (Post, "/activate", ManageElections),
    (Post, "/close", ManageElections),
    (Post, "/publish", ManageElections),
    (Post, "/archive", ManageElections),
    (Post, "/duplicate", ManageElections),
    (Post, "/contests", ManageElections),
    (Patch, "/contests/{contest_id}", ManageElections),
    (Delete, "/contests/{contest_id}", ManageElections),
    (Post, "/contests/{contest_id}/candidates", ManageElections),
    (Patch, "/contests/{contest_id}/candidates/{candidate_id}", ManageElections),
    (Delete, "/contests/{contest_id}/candidates/{candidate_id}", ManageElections),
    (Put, "/contests/{contest_id}/candidates/{candidate_id}/photo", ManageElections),
    (Delete, "/contests/{contest_id}/candidates/{candidate_id}/photo", ManageElections),
    (Get, "/voters", ManageRoll),
    (Post, "/voters", ManageRoll),
    (Get, "/voters.csv", ManageRoll),
    (Post, "/voters/import", ManageRoll),
    (Patch, "/voters/{voter_id}", ManageRoll),
    (Delete, "/voters/{voter_id}", ManageRoll),
    (Post, "/voters/{voter_id}/invitation", ManageRoll),
    (Post, "/invitations", ManageRoll),
    (Delete, "/invitations", ManageRoll),
    (Post, "/invitations/test", ManageRoll),
    (Post, "/result-notices", ManageRoll),
    (Get, "/deliveries", ManageRoll),
    (Get, "/turnout", ViewElections),
    (Post, "/verify", ViewAudit),
    (Get, "/audit", ViewAudit),
];

const ORGANISATIONS: &[(HttpMethod, &str, Action)] = &[
    (Get, "", ViewMembers),
    (Patch, "", ManageOrganisation),
    (Delete, "", ManageOrganisation),
    (Get, "/members", ViewMembers),
    (Post, "/members", ManageMembers),
    (Patch, "/members/{account_id}", ManageMembers),
    (Delete, "/members/{account_id}", ManageMembers),
    (Get, "/invitations", ManageMembers),
    (Delete, "/invitations/{invitation_id}", ManageMembers),
    (Get, "/audit", ViewAudit),
    (Post, "/audit/verify", ViewAudit),
];

/// What the calls of voters end with.
const VOTERS: [&str; 2] = ["/api/v1/elections/{id}/ballot", "/api/v1/elections/{id}/votes"];

impl Access {
    fn of(method: &HttpMethod, path: &str, operation: &Operation) -> Self {
        let listed = |start: &str, calls: &[(HttpMethod, &str, Action)]| {
            let end = path.strip_prefix(start)?;
            calls.iter().find(|call| call.0 == *method && call.1 == end).map(|call| Self::Member(call.2))
        };
        let of_members = listed("/api/v1/elections/{id}", ELECTIONS)
            .or_else(|| listed("/api/v1/organisations/{id}", ORGANISATIONS));
        match of_members {
            Some(access) => access,
            None if VOTERS.contains(&path) => Self::Voter,
            None if path.starts_with("/api/v1/admin/") => Self::Administrator,
            None if needs_account(operation) => Self::Account,
            None => Self::Anyone,
        }
    }

    /// For programs.
    fn words(self) -> Vec<&'static str> {
        match self {
            Self::Anyone => vec!["anyone"],
            Self::Voter => vec!["voter"],
            Self::Account => vec!["account"],
            Self::Member(action) => {
                Role::ALL.iter().filter(|role| role.may(action)).map(|role| role.as_str()).collect()
            }
            Self::Administrator => vec!["administrator"],
        }
    }

    /// For people.
    fn sentence(self) -> String {
        let who = match self {
            Self::Anyone => "anyone".to_owned(),
            Self::Voter => "whoever holds a voting code of the election".to_owned(),
            Self::Account => "every account".to_owned(),
            Self::Member(_) => {
                format!("{} of the organisation; 404 to everybody else", self.words().join(", "))
            }
            Self::Administrator => "administrators of the site; 404 to everybody else".to_owned(),
        };
        format!("**Who may call it:** {who}.")
    }
}

fn needs_account(operation: &Operation) -> bool {
    operation.security.as_ref().is_some_and(|ways| {
        let bearer = |way| serde_json::to_value(way).is_ok_and(|way| way.get("bearer").is_some());
        !ways.is_empty() && ways.iter().all(bearer)
    })
}

/// Says of each call who may make it: `x-roles` for programs, and the end of the description.
pub fn declare(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let access = Access::of(&method, path, operation);
            let before = operation.description.take().map(|text| format!("{text}\n\n")).unwrap_or_default();
            operation.description = Some(format!("{before}{}", access.sentence()));
            operation.extensions.get_or_insert_default().insert("x-roles".to_owned(), json!(access.words()));
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    let all = [
        (Get, &mut item.get),
        (Put, &mut item.put),
        (Post, &mut item.post),
        (Patch, &mut item.patch),
        (Delete, &mut item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
