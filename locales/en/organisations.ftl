# Organisations, who belongs to them, and invitations.

organisations-heading = Organisations
organisations-text = Everyone in an organisation sees its elections.
organisation-choose = Organisation
organisation-choose-hint = Its owners and managers run the election with you. This can't be changed later.
organisation-back = To the elections
organisation-new = New organisation
organisation-new-lead = For elections that you run together with others. You are its first owner.
organisation-new-button = Create the organisation
organisation-name = Name
organisation-name-hint = Voters read it in their invitation.
organisation-rename = Rename the organisation
organisation-you-owner = You are an owner: you run the organisation and its elections.
organisation-you-manager = You are a manager: you run elections here.
organisation-you-observer = You are an observer: you see elections, turnout, the log and results.
organisation-delete = Delete the organisation
organisation-delete-heading = Delete { $name }?
organisation-delete-text = Its elections disappear for all members, and drafts are deleted. Results that are public stay public, and the records are kept. This can't be undone.
organisation-delete-button = Delete { $name }
organisation-runs = An election of this organisation is running or waits for its opening. Close it first.
organisation-personal = Your personal organisation stays as long as your account.
done-organisation-created = The organisation is there. Invite those who work with you.
done-organisation-renamed = The organisation has its new name.
done-organisation-deleted = The organisation is deleted.

role-owner = Owner
role-owner-meaning = Everything, and who belongs to the organisation.
role-manager = Manager
role-manager-meaning = Runs elections: ballot, voters, mails, opening and closing.
role-observer = Observer
role-observer-meaning = Sees elections, turnout, the log and results, and changes nothing.

members-heading = { $count ->
    [one] One member
   *[other] { NUMBER($count) } members
}
members-more = Further members
member-role = Role
member-since = Since
member-standing = { $role }, since { $day }
member-you = you
member-leave = Leave the organisation
member-leave-text = You will no longer see { $organisation } or its elections. Only a new invitation brings you back.
member-leave-button = Leave { $organisation }
member-remove = Remove from the organisation
member-remove-text = { $name } will no longer see the organisation or its elections. What was done stays in the log.
member-remove-button = Remove { $name }
member-last-owner = An organisation keeps at least one owner. Make somebody else an owner first.
member-personal = This is the personal organisation of this account, which stays its owner.
member-already = This address belongs to a member already. To change the role, choose the member above.
done-role-changed = The role is changed.
done-member-removed = The member is removed.
done-left = You have left the organisation.

invite-heading = Invite somebody
invite-text = We send a link that works for seven days, for this address alone. Whoever has no account creates one first.
invite-button = Send the invitation
done-invited = The invitation is on its way.
pending-heading = { $count ->
    [one] One invitation waits to be taken up
   *[other] { NUMBER($count) } invitations wait to be taken up
}
pending-standing = { $role }, works until { $day }
pending-take-back = Take back
pending-take-back-of = Take back the invitation of { $email }
done-invitation-taken-back = The invitation is taken back, and its link no longer works.

invitation-title = Take up an invitation
invitation-lead = You are signed in as { $email }. The invitation has to be for this address.
invitation-sign-in = Sign in with the address that the invitation went to.
invitation-register = If you create an account now, confirm its address, sign in, and then follow the link of the invitation once more.
invitation-button = Join the organisation
done-joined = Welcome. You belong to this organisation now.
