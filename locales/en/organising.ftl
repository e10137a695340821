# The dashboard, setting an election up, running it, and its steps.

status-draft = Draft
status-scheduled = Scheduled
status-active = Open
status-closed = Closed
status-archived = Archived

sections-label = This election
section-overview = Overview
section-ballot = Ballot
section-voters = Voters
section-settings = Settings
section-mails = E-mails
section-audit = Audit log

dashboard-title = Your elections
dashboard-new = New election
dashboard-search = Search by title
dashboard-find = Search
dashboard-empty = Your first election takes three steps
dashboard-empty-text = Nothing is sent to anybody before you open it.
dashboard-plan-ballot = Write the ballot: what is decided, and who stands.
dashboard-plan-voters = Add the voters: paste addresses, or bring a CSV file.
dashboard-plan-open = Look at the preview, open the election, and watch the turnout.
dashboard-nothing-found = No election with “{ $search }” in its title.
dashboard-all = Show all
dashboard-older = Older elections
dashboard-created = Begun on { $at }
dashboard-opens = Opens on { $at }
dashboard-closes = Open until { $at }
dashboard-closed = Closed on { $at }
dashboard-turnout = turnout, { NUMBER($cast) } of { NUMBER($eligible) }
dashboard-draft = { $contests ->
    [0] No contest yet
    [one] 1 contest
   *[other] { NUMBER($contests) } contests
}, { $voters ->
    [0] no voters yet
    [one] 1 voter
   *[other] { NUMBER($voters) } voters
}

new-title = New election
new-lead = Begin with a name. Everything can be changed until you open the election.
new-button = Create and write the ballot
election-title = Title
election-title-hint = As voters will read it, such as “Student council 2026”.
election-description = Description
election-description-hint = What it is about, for voters. May stay empty.
done-created = The election is created. Now its ballot.
done-saved = Saved.

settings-words = What voters read
settings-contact = Contact address
settings-contact-hint = Voters see it when something does not work; replies to our mails go there.
settings-message = Your own words in the invitation
settings-message-hint = A few lines that stand above the voting link. May stay empty.
settings-language = Language of the e-mails
settings-times = When
settings-zone = Time zone
settings-zone-hint = All times of this election are told in this zone.
settings-opens = Opens
settings-opens-hint = Leave it empty to open the election yourself, by a button.
settings-opened = Opened on { $at }.
settings-closes = Closes
settings-closes-hint = Leave it empty to close it yourself. It can be moved later, never earlier.
settings-extend-hint = Can be moved to a later time. The clock is that of { $zone }.
settings-lifetime = Hours that a voting link works
settings-lifetime-hint = From its sending or the opening, whichever is later; 168 hours are a week. Shorter is safer, longer is kinder.
settings-visibility = Who may see how the votes stand while voting goes on
settings-visibility-hint = Turnout is always visible to you. This is about the votes themselves, and is fixed when the election opens.
visibility-after_close = Nobody
visibility-after_close-meaning = The safest: no vote can be influenced or guessed from intermediate counts, and you may see who has voted and remind the others.
visibility-organisers = Organisers only
visibility-organisers-meaning = You see counts in steps of ten ballots. In return you do not see who has voted, since the two together would give votes away.
visibility-everyone = Everyone
visibility-everyone-meaning = Exciting to watch, but it sways those who vote late. Counts move in steps of ten ballots, and nobody sees who has voted.
settings-publication = When results become public
publication-at_close = At the close, by themselves
publication-at_close-meaning = As soon as the recount agrees. Nobody has to be there, and nobody can hold them back.
publication-manual = When you publish them
publication-manual-meaning = You see them first, for an announcement in a meeting, say. Voters have to trust that you will publish.
settings-frozen = Fixed since the election opened
settings-over = This election is over, so its settings are fixed.
settings-observer = You may look, and not change anything here.
settings-next = To the checklist

checklist-lead = Three things make an election. The order does not matter.
checklist-ready = Everything is there. Look at the previews once more, then open it.
checklist-done = Done:
checklist-missing = Still missing:
checklist-do = Do it
checklist-change = Change
checklist-ballot = { $contests ->
    [0] What is decided, and who stands.
    [one] 1 contest, { $candidates ->
        [one] 1 candidate
       *[other] { NUMBER($candidates) } candidates
    }.
   *[other] { NUMBER($contests) } contests, { NUMBER($candidates) } candidates.
}
checklist-voters = { $voters ->
    [0] Who may vote.
    [one] 1 voter on the roll.
   *[other] { NUMBER($voters) } voters on the roll.
}
checklist-many-seats = “{ $title }” has more seats than candidates, so some stay empty.
checklist-same-name = In “{ $title }” two candidates have the same name. Voters can't tell them apart.
checklist-opens-now = Opens when you say so.
checklist-opens-at = Opens on { $at }.
checklist-closes-by-hand = Closes when you say so.
checklist-closes-at = Closes on { $at }.
open-heading = Open the election
open-text = From then on voters can vote, and the ballot is frozen. Voters can still be added.
open-later-text = Voting begins on { $at }. From now on the ballot is frozen; voters can still be added.
open-preview-ballot = Preview of the ballot
open-preview-mail = Preview of the e-mail
open-observer = Whoever manages this election opens it.
open-invite = Send the invitations at once
open-invite-meaning = { $voters ->
    [one] One e-mail with a personal link goes out.
   *[other] { NUMBER($voters) } e-mails, each with a personal link, go out.
}
open-now = Open the election
open-schedule = Schedule the election
open-not-yet = The button appears here once nothing is missing.
done-opened = The election is set. Invitations can be sent under “E-mails”.
done-opened-and-invited = The election is set, and the invitations are on their way.

step-duplicate = Copy as a new draft
step-delete = Delete
step-archive = Put away
close-link = Close the election
close-heading = Close “{ $title }”?
close-text = { NUMBER($cast) } of { NUMBER($eligible) } have voted. After the close nobody can vote any more, and it can't be opened again. The ballots are counted at once.
close-button = Close “{ $title }”
publish-link = Publish the results
publish-heading = Publish the results of “{ $title }”?
publish-text = Everybody with the address of the results page will see them, and it can't be taken back. { NUMBER($cast) } of { NUMBER($eligible) } have voted.
publish-button = Publish the results
delete-heading = Delete “{ $title }”?
delete-text = No ballot has been cast. The election disappears from your list, and links that were sent stop working.
delete-button = Delete “{ $title }”
deleted-heading = “{ $title }” is deleted
deleted-text = If that was a slip, bring it back now.
deleted-restore = Bring it back
deleted-on = To your elections
done-closed = The election is closed, and the recount agrees with the running count.
done-published = The results are public.
done-archived = The election is put away. Everything in it stays as it is.
done-duplicated = This is a copy, with the ballot of the original and an empty roll.
done-restored = The election is back.

live-turnout = Turnout
live-of = of
live-voters = voters have voted
live-minutes = Votes over time
live-minutes-empty = The first bar appears when five have voted.
live-minutes-hint = Votes per minute. Minutes with fewer than five votes are added to their neighbours, so that no single vote shows.
live-minute = votes from
live-as-table = As a table
live-from = From
live-ballots = Votes
live-connected = Live
live-lost = Connection lost, trying again
live-moved = This election has moved on.
live-show = Show it as it is now
live-closes = Closes on { $at }
live-closed = Closed on { $at }
live-opens = Voting begins on { $at }.
live-queued = Waiting
live-sent = Sent
live-failed = Failed
live-failures = Latest failures
live-mend = Mend failed addresses
live-remind = Invite and remind
live-mails = E-mails and result notices
live-next = What you can do
live-running = The election is open. Everything on this page moves by itself.
live-late-voter = Add a late voter
live-extend = Extend the closing
live-results = Results
live-tally = How the votes stand
live-published = The results are public.
live-unpublished = The ballots are counted. The results are not public yet.
live-disputed = The recount does not agree with the running count.
live-disputed-text = Nothing is published, and every ballot is kept as it is. Please tell whoever runs this service.
live-new-failures = See what has failed just now
