//! Role x action: the only permission table.

use crate::election::words;

words! {
    /// What an account is in an organisation.
    Role {
        /// Runs the organisation and everything in it.
        Owner = "owner",
        /// Runs elections.
        Manager = "manager",
        /// Sees elections, turnout, audit and results.
        Observer = "observer",
    }
}

words! {
    /// What somebody wants to do in an organisation.
    Action {
        /// Rename or delete the organisation.
        ManageOrganisation = "manage_organisation",
        /// Invite, change and remove members.
        ManageMembers = "manage_members",
        /// See who belongs to it.
        ViewMembers = "view_members",
        /// Create, change, open, close, publish and archive elections.
        ManageElections = "manage_elections",
        /// See elections and their turnout.
        ViewElections = "view_elections",
        /// See and change the roll, and mail voters.
        ManageRoll = "manage_roll",
        /// See results before they are public, where the election allows it.
        ViewResults = "view_results",
        /// Read and verify the audit log.
        ViewAudit = "view_audit",
    }
}

impl Role {
    /// Whether the role may do it.
    pub const fn may(self, action: Action) -> bool {
        use Action::{
            ManageElections, ManageMembers, ManageOrganisation, ManageRoll, ViewAudit, ViewElections,
            ViewMembers, ViewResults,
        };
        match action {
            ManageOrganisation | ManageMembers => matches!(self, Self::Owner),
            ManageElections | ManageRoll => matches!(self, Self::Owner | Self::Manager),
            ViewMembers | ViewElections | ViewResults | ViewAudit => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_may_do_everything() {
        assert!(Action::ALL.iter().all(|action| Role::Owner.may(*action)));
    }

    #[test]
    fn a_manager_runs_elections_but_not_the_organisation() {
        assert!(Role::Manager.may(Action::ManageElections));
        assert!(Role::Manager.may(Action::ManageRoll));
        assert!(!Role::Manager.may(Action::ManageMembers));
        assert!(!Role::Manager.may(Action::ManageOrganisation));
    }

    #[test]
    fn an_observer_changes_nothing_and_sees_no_addresses() {
        assert!(Role::Observer.may(Action::ViewElections));
        assert!(Role::Observer.may(Action::ViewAudit));
        assert!(!Role::Observer.may(Action::ManageElections));
        assert!(!Role::Observer.may(Action::ManageRoll));
    }
}
