# The audit log: sentences for what was done, and the checks.

audit-checks = Checks
audit-log-heading = The log
audit-log-proves = Shows that no record was changed, removed or slipped in after it was written.
audit-log-limits = It can't show what was never written down, or whether somebody in control of the whole server wrote the log anew. A fingerprint that you noted earlier would give that away.
audit-log-check = Check the log
audit-log-intact = { $records ->
    [one] The log is unbroken: 1 record, everything in your organisation counted.
   *[other] The log is unbroken: { NUMBER($records) } records, everything in your organisation counted.
}
audit-log-broken = The log is broken. The first record that does not fit is number { NUMBER($position) }: it, or what stood there, was changed or removed. Please keep a copy of the database as it is, and tell whoever runs this service.

audit-ballots-heading = The ballots
audit-ballots-proves = Shows that no ballot was changed, exchanged or removed, and that all of them, opened again, add up to the count.
audit-ballots-limits = It can't show that the right people voted: that rests on the roll and on mailboxes. Voters check by their receipt that their own ballot is among these.
audit-ballots-draft = There is nothing to check yet. Once the election is open, you can have the chain of ballots checked here at any time.
audit-ballots-check = Check the ballots
audit-ballots-intact = { $ballots ->
    [0] No ballot has been cast yet, and the chain stands at its beginning.
    [one] 1 ballot, and the chain is intact.
   *[other] { NUMBER($ballots) } ballots, and the chain is intact.
}
audit-ballots-broken = { $ballots ->
    [one] 1 ballot was read, and the chain is broken: a ballot was changed, exchanged or removed.
   *[other] { NUMBER($ballots) } ballots were read, and the chain is broken: a ballot was changed, exchanged or removed.
} Please keep a copy of the database as it is, and tell whoever runs this service.
audit-recount-matches = Opened and counted again, they agree with the count.
audit-recount-running = Opened and counted again, they agree with the running count. The final count comes with the close.
audit-recount-differs = Opened and counted again, they do not agree with the count.
audit-recount-impossible = They can't be opened any more, because the key has been destroyed; the chain can still be followed.
audit-ballots-head = Fingerprint of the last ballot:

audit-records = What was done
audit-records-hint = { $total ->
    [one] 1 record about this election.
   *[other] { NUMBER($total) } records about this election, the newest first.
} Times are those of { $zone }. Numbers are missing where the organisation's log holds something else, such as a sign-in. Nothing here tells who voted, or when.
audit-newest = Back to the newest records
audit-older = Older records
audit-record = Record { NUMBER($position) }
audit-record-action = Action
audit-record-actor = Done by
audit-record-details = Details
audit-record-hash = Fingerprint
audit-record-previous = Of the one before

audit-who-system = The system
audit-who-former = Somebody who is no longer here
audit-member-former = a former member

audit-did-election-created = { $duplicate_of ->
    [none] { $contests ->
        [0] { $who } created the election.
        [one] { $who } created the election with one contest.
       *[other] { $who } created the election with { NUMBER($contests) } contests.
    }
   *[other] { $who } created the election as a copy of another one.
}
audit-did-election-updated = { $who } changed { $fields }.
audit-did-election-activated = { $eligible ->
    [one] { $who } set the election up for voting: the ballot is fixed, and 1 voter is on the roll.
   *[other] { $who } set the election up for voting: the ballot is fixed, and { NUMBER($eligible) } voters are on the roll.
}
audit-did-election-opened = { $who } opened the election for voting.
audit-did-election-closed = { $ballots_cast ->
    [one] { $who } closed the election, with 1 ballot of { NUMBER($eligible) }.
   *[other] { $who } closed the election, with { NUMBER($ballots_cast) } ballots of { NUMBER($eligible) }.
}
audit-did-election-counted = { $actor ->
    [system] { $who } opened and counted all ballots; they agree with the running count.
   *[account] { $who } had all ballots opened and counted; they agree with the running count.
}
audit-did-election-count_disputed = { $chain_intact ->
    [false] { $who } found that the chain of ballots is broken; nothing was published.
   *[other] { $who } found that the ballots do not agree with the running count; nothing was published.
} { $unreadable ->
    [0] All { NUMBER($ballots) } could be read.
   *[other] { NUMBER($unreadable) } of { NUMBER($ballots) } could not be read.
}
audit-did-election-published = { $who } made the results public.
audit-did-election-archived = { $who } put the election away.
audit-did-election-deleted = { $who } deleted the election.
audit-did-election-restored = { $who } brought the deleted election back.
audit-did-voters-imported = { $imported ->
    [0] { $who } brought in a list that added no voter
    [one] { $who } added 1 voter from a list
   *[other] { $who } added { NUMBER($imported) } voters from a list
}{ $updated ->
    [0] .
    [one] ; the name of 1 voter who was there already was changed.
   *[other] ; the names of { NUMBER($updated) } voters who were there already were changed.
}
audit-did-voter-added = { $who } added a voter.
audit-did-voter-updated = { $address_changed ->
    [true] { $who } corrected a voter's address.
   *[other] { $who } corrected a voter's name.
}
audit-did-voter-removed = { $who } took a voter off the roll.
audit-did-invitations-sent = { $to ->
    [not_voted] { $voters ->
        [one] { $who } sent a reminder to 1 voter who had not voted.
       *[other] { $who } sent a reminder to { NUMBER($voters) } voters who had not voted.
    }
   *[other] { $voters ->
        [one] { $who } sent the invitation to 1 voter.
       *[other] { $who } sent the invitations to { NUMBER($voters) } voters.
    }
}
audit-did-invitations-stopped = { $who } stopped the sending of e-mails.
audit-did-invitation-resent = { $who } sent a voter a link; any older one no longer works.
audit-did-results-viewed = { $ballots ->
    [one] { $who } looked at the results before they were public, at 1 ballot.
   *[other] { $who } looked at the results before they were public, at { NUMBER($ballots) } ballots.
}
audit-did-result_notices-sent = { $voters ->
    [one] { $who } sent 1 voter the way to the results.
   *[other] { $who } sent { NUMBER($voters) } voters the way to the results.
}
audit-did-organisation-created = { $who } founded the organisation.
audit-did-organisation-renamed = { $who } gave the organisation another name.
audit-did-organisation-deleted = { $who } deleted the organisation.
audit-did-member-invited = { $role ->
    [owner] { $who } invited somebody as an owner.
    [manager] { $who } invited somebody as a manager.
   *[observer] { $who } invited somebody as an observer.
}
audit-did-member-invitation_taken_back = { $who } took an invitation back.
audit-did-member-joined = { $role ->
    [owner] { $who } joined as an owner.
    [manager] { $who } joined as a manager.
   *[observer] { $who } joined as an observer.
}
audit-did-member-role_changed = { $actor ->
    [self] { $who } took on another role
   *[account] { $who } gave { $member } another role
}: { $role ->
    [owner] owner
    [manager] manager
   *[observer] observer
}, before that { $previous_role ->
    [owner] owner.
    [manager] manager.
   *[observer] observer.
}
audit-did-member-removed = { $actor ->
    [self] { $who } left the organisation.
   *[account] { $role ->
        [owner] { $who } removed a member, an owner.
        [manager] { $who } removed a member, a manager.
        [observer] { $who } removed a member, an observer.
       *[none] { $who } removed a member, whose account was deleted.
    }
}

# Read by the owner of the account alone, who is addressed.
audit-did-account-verified = You confirmed your e-mail address.
audit-did-account-signed_in = You signed in.
audit-did-account-sign_in_failed = Somebody gave a wrong password or code for your account.
audit-did-account-locked = { $actor ->
    [system] Your account was locked for 15 minutes, after five wrong passwords or codes.
   *[account] { $sessions ->
        [0] An administrator of this site locked your account.
        [one] An administrator of this site locked your account, which ended 1 session.
       *[other] An administrator of this site locked your account, which ended { NUMBER($sessions) } sessions.
    }
}
audit-did-account-unlocked = An administrator of this site unlocked your account.
audit-did-account-signed_out = { $sessions ->
    [0] You signed out.
    [one] You signed out.
   *[other] You signed out everywhere: { NUMBER($sessions) } sessions ended.
}
audit-did-account-session_ended = { $sessions ->
    [one] You ended a session.
   *[other] You ended { NUMBER($sessions) } sessions.
}
audit-did-account-refresh_token_reused = A session was ended because its key was used twice, so somebody may have copied it.
audit-did-account-updated = You changed your name.
audit-did-account-password_changed = { $sessions ->
    [0] You changed your password.
    [one] You changed your password, which ended 1 other session.
   *[other] You changed your password, which ended { NUMBER($sessions) } other sessions.
}
audit-did-account-password_reset = { $sessions ->
    [0] You chose a new password by the link in an e-mail.
    [one] You chose a new password by the link in an e-mail, which ended 1 session.
   *[other] You chose a new password by the link in an e-mail, which ended { NUMBER($sessions) } sessions.
}
audit-did-account-email_change_asked = You asked to change your e-mail address.
audit-did-account-email_changed = You confirmed your new e-mail address.
audit-did-account-totp_enabled = You switched the second factor on.
audit-did-account-totp_disabled = You switched the second factor off.
audit-did-account-recovery_code_used = You used a recovery code.
audit-did-account-admin_granted = Your account became an administrator of this site.
audit-did-account-admin_revoked = Your account is no longer an administrator of this site.
audit-did-account-deleted = { $actor ->
    [self] You deleted your account.
   *[account] An administrator of this site deleted your account.
}
audit-did-other = { $who }: { $action }

audit-field-none = nothing
audit-field-list = { $others } and { $last }
audit-field-title = the title
audit-field-description = the description
audit-field-contact_email = the contact address
audit-field-opens_at = the opening time
audit-field-closes_at = the closing time
audit-field-time_zone = the time zone
audit-field-language = the language of the e-mails
audit-field-link_lifetime_hours = how long links work
audit-field-invitation_message = the words of the invitation
audit-field-tally_visibility = who may see the running count
audit-field-publication = how results become public
audit-field-contests = the contests
audit-field-candidates = the candidates
