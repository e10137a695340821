//! What all pages of one election share: its title, where it stands, and the way to its sections.

use uuid::Uuid;
use uvote_domain::election::Status;
use uvote_domain::role::{Action, Role};

use super::reader::Organiser;
use crate::http::Service;
use crate::http::error::Answer;
use crate::store::elections::{self, Election};

/// A section of an election's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Where it stands: what is missing, or how it runs.
    Overview,
    /// What is voted on.
    Ballot,
    /// Who may vote.
    Voters,
    /// Words, times, and who may see what.
    Settings,
    /// Invitations and reminders.
    Mails,
    /// What was done.
    Audit,
}

impl Section {
    const ALL: [Self; 6] =
        [Self::Overview, Self::Ballot, Self::Voters, Self::Settings, Self::Mails, Self::Audit];

    /// Its last step in the address, and its name in the catalogue after `section-`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Ballot => "ballot",
            Self::Voters => "voters",
            Self::Settings => "settings",
            Self::Mails => "mails",
            Self::Audit => "audit",
        }
    }

    const fn needs(self) -> Action {
        match self {
            Self::Overview | Self::Ballot | Self::Settings => Action::ViewElections,
            Self::Voters | Self::Mails => Action::ManageRoll,
            Self::Audit => Action::ViewAudit,
        }
    }

    /// The address of an election's section.
    pub fn of(self, election: Uuid) -> String {
        match self {
            Self::Overview => format!("/elections/{election}"),
            section => format!("/elections/{election}/{}", section.word()),
        }
    }
}

/// The frame around the pages of one election.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The election.
    pub id: Uuid,
    /// What it is called.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// The section that is shown.
    pub section: Section,
    /// What the reader is in the organisation.
    pub role: Role,
}

impl Frame {
    /// The frame of a section and the election itself, for whoever may see it.
    ///
    /// # Errors
    /// 404 for strangers, 403 for a role that may not see this section.
    pub async fn read(
        service: &Service,
        organiser: &Organiser,
        id: Uuid,
        section: Section,
    ) -> Answer<(Self, Election)> {
        let client = service.database.client().await?;
        let role = elections::allow(&client, organiser.who.account, id, section.needs()).await?;
        let election = elections::get(&client, id).await?;
        let title = election.title.clone();
        Ok((Self { id, title, status: election.status, section, role }, election))
    }

    /// Whether the reader may change the election.
    pub const fn may_manage(&self) -> bool {
        self.role.may(Action::ManageElections)
    }

    /// Whether the election is still being set up.
    pub fn is_draft(&self) -> bool {
        self.status == Status::Draft
    }

    /// The sections that the reader may see, with their addresses.
    pub fn sections(&self) -> Vec<(Section, String)> {
        let seen = Section::ALL.into_iter().filter(|section| self.role.may(section.needs()));
        seen.map(|section| (section, section.of(self.id))).collect()
    }

    /// How the state looks.
    pub const fn badge(&self) -> &'static str {
        match self.status {
            Status::Draft => "note",
            Status::Scheduled => "",
            Status::Active => "good",
            Status::Closed | Status::Archived => "",
        }
    }
}
