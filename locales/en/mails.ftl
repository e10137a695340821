# The e-mails of an election: invitations, reminders, result notices, and how they fare.

mails-deliveries = How the e-mails fare
mails-sending = Send
mails-not-yet = Invitations can go out once the election is open or scheduled. { $count ->
    [0] Nobody is on the roll yet.
    [one] 1 voter will get one.
   *[other] { NUMBER($count) } voters will get one.
}
mails-to-overview = To the overview, to open it
mails-invitations = Invitations
mails-invitable = { $count ->
    [one] 1 voter has not been invited yet.
   *[other] { NUMBER($count) } voters have not been invited yet.
}
mails-invitations-button = Send invitations
mails-all-invited = Everybody on the roll has been invited.
mails-reminders = Reminders
mails-remindable = { $count ->
    [one] 1 voter has not voted yet. A reminder carries the same link as the invitation.
   *[other] { NUMBER($count) } voters have not voted yet. A reminder carries the same link as the invitation.
}
mails-remindable-hidden = Goes to those who have not voted, with the same link. How many that are is not shown while a running tally can be seen.
mails-nobody-to-remind = There is nobody to remind: everybody has voted or has an e-mail on its way.
mails-reminders-button = Send reminders
mails-results = Result notices
mails-not-published = Once the results are public, you can tell everybody on the roll where they are.
mails-notifiable = { $count ->
    [one] 1 voter can be told where the results are.
   *[other] { NUMBER($count) } voters can be told where the results are.
}
mails-results-button = Send result notices
mails-all-notified = Everybody on the roll has been told where the results are.
mails-queued-now = { $count ->
    [0] There was nobody left to write to.
    [one] 1 e-mail is on its way.
   *[other] { NUMBER($count) } e-mails are on their way.
}
done-reminded = The reminders are on their way.

mails-ask-invitations = { $count ->
    [one] 1 e-mail with a personal voting link will go out.
   *[other] { NUMBER($count) } e-mails, each with a personal voting link, will go out.
}
mails-ask-reminders = { $count ->
    [one] 1 voter who has not voted yet will be reminded.
   *[other] { NUMBER($count) } voters who have not voted yet will be reminded.
}
mails-ask-results = { $count ->
    [one] 1 voter will be told where the results are.
   *[other] { NUMBER($count) } voters will be told where the results are.
}
mails-ask-hidden = Everybody who has not voted yet will be reminded.
mails-ask-again = What is still waiting can be stopped; what has been sent can't be called back.
mails-confirm-invitations = { $count ->
    [one] Send 1 invitation
   *[other] Send { NUMBER($count) } invitations
}
mails-confirm-reminders = { $count ->
    [one] Send 1 reminder
   *[other] Send { NUMBER($count) } reminders
}
mails-confirm-results = { $count ->
    [one] Send 1 result notice
   *[other] Send { NUMBER($count) } result notices
}
mails-nobody = There is nobody to write to now.
mails-refused = This can't be sent as the election stands now. Nothing went out.

mails-stop = Stop what is waiting …
mails-stop-hint = E-mails that have not left yet are taken back. Whoever gets none counts as not invited, and can be invited later.
mails-stop-button = Stop the sending
mails-stopped-now = { $count ->
    [0] Nothing was waiting any more.
    [one] 1 e-mail was stopped.
   *[other] { NUMBER($count) } e-mails were stopped.
}

mails-links = About the links
mails-days = { $count ->
    [one] one day
   *[other] { NUMBER($count) } days
}
mails-hours = { $count ->
    [one] one hour
   *[other] { NUMBER($count) } hours
}
mails-lifetime = A link works for { $lifetime } from its sending or from the opening, whichever is later.
mails-lifetime-close = After the close on { $at } none works.
mails-lifetime-again = Voters whose link has expired or got lost can ask for it again on the voting page, with the address on the roll.
mails-test = Try it yourself
mails-test-hint = Sends the invitation to { $email }, marked as a specimen. Its link does not vote.
mails-test-button = Send me a test
done-test-sent = The test is on its way to you.

mails-failures = Latest failures
mails-failures-hint = These e-mails were given up. Correct the address, or send again if the fault was elsewhere.
mails-when = When
mails-what-to-do = What to do
mails-correct = Correct the address
mails-send-again = Send again
mails-followed = Sent again

mails-preview = What voters get
mails-preview-hint = Name, link and code are examples. Your own words in it are changed under:
mails-subject = Subject
mails-preview-html = The invitation as voters see it
mails-preview-text = As plain text
mails-example-name = Alex Example
