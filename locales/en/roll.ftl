# The voter roll: listing, adding, importing and correcting voters.

delivery-none = Not sent
delivery-queued = Waiting
delivery-sent = Sent
delivery-failed = Failed

roll-total = { $count ->
    [one] 1 voter
   *[other] { NUMBER($count) } voters
}
roll-found = { $count ->
    [0] Nobody found
    [one] 1 voter found
   *[other] { NUMBER($count) } voters found
}
roll-who = Name and address
roll-name = Name
roll-nameless = no name
roll-email = E-mail address
roll-first-name = First name
roll-last-name = Last name
roll-delivery = Invitation
roll-voted = Voted
roll-voted-yes = Voted
roll-voted-no = Not yet
roll-voted-hidden = Who has voted is not shown while a running tally can be seen: the two together would give votes away.
roll-search = Name or address
roll-search-button = Search
roll-any = All
roll-show-all = Show everybody
roll-nobody-found = Nobody on the roll fits. Try a shorter part of the name or address.
roll-pages = Pages of the roll
roll-first-page = Back to the start
roll-next-page = Next voters
roll-download = Download the roll (CSV)
roll-back = Back to the roll

roll-add-many = Add many voters
roll-add-one = Add one voter
roll-add-late = Add a late voter
roll-add-late-hint = Voting goes on. Whoever you add now can vote as soon as the link has arrived.
roll-invite-at-once = Send the invitation at once
roll-invite-at-once-hint = Otherwise it goes out with the next invitations under “E-mails”.
roll-invite-later = The invitation goes out with the next ones, under:
roll-add-button = Add the voter
done-voter-added = The voter is on the roll. No invitation has been sent yet.
done-voter-invited = The voter is on the roll, and the invitation is on its way.

roll-first-title = Who may vote?
roll-import-title = Add many voters
roll-import-lead = Nothing is added yet: first you see what would happen, line by line.
roll-paste = Paste a list
roll-paste-hint = One address on each line, with names if you like, or a table copied with its line of column names.
roll-file = Choose a CSV file
roll-file-hint = As spreadsheets save it, with up to a million voters. The first line names the columns, and one of them is “email”; without such a line, addresses one on each line.
roll-file-drop = You can also drop the file here.
roll-check-button = Check the list
roll-example = What the list can look like
roll-example-text = With a line that names the columns, in any order and with others beside them, or simply one voter on each line.
roll-example-download = Download an example file
roll-nothing-sent = The list is empty. Paste some addresses, or choose a file.

roll-rejected = { $count ->
    [one] One line can't be read, so nothing was added.
   *[other] { NUMBER($count) } lines can't be read, so nothing was added.
}
roll-rejected-text = Mend what is listed here and check the list again. Voters who are on the roll already do no harm.
roll-bad-lines = Lines to mend
roll-line = Line
roll-field = Where
roll-reason = What is wrong
roll-field-email = Address
roll-field-first-name = First name
roll-field-last-name = Last name
roll-field-row = Whole line
roll-field-header = First line
roll-unlisted = { $count ->
    [one] One more line is bad and not listed here.
   *[other] { NUMBER($count) } more lines are bad and not listed here.
}
roll-read-as-list = The first line names no columns, so each line was read as one voter: the address, then first and last name, or a name with the <address> behind it.
roll-ignored = { $count ->
    [one] This column is not used: { $columns }
   *[other] These columns are not used: { $columns }
}

roll-check-title = Check before adding
roll-check-lead = Nothing has been changed yet. This is what will happen.
roll-check-new = New voters
roll-check-renamed = Names changed
roll-check-unchanged = On the roll already
roll-confirm-add = { $count ->
    [one] Add 1 voter
   *[other] Add { NUMBER($count) } voters
}
roll-confirm-rename = { $count ->
    [one] Change 1 name
   *[other] Change { NUMBER($count) } names
}
roll-other = Send another list instead
roll-nothing-new = Everybody on this list is on the roll already, with the same names. There is nothing to do.
roll-added-first = { $shown ->
    [one] The new voter
   *[other] { $count ->
        [one] The new voter
       *[other] The first { NUMBER($shown) } of { NUMBER($count) } new voters
    }
}
roll-renamed-first = The first { NUMBER($shown) } of { NUMBER($count) } changed names
roll-name-before = Name now
roll-name-after = Name afterwards
roll-imported = { $added ->
    [0] No voter was added.
    [one] 1 voter was added.
   *[other] { NUMBER($added) } voters were added.
}{ $renamed ->
    [0] {""}
    [one]{" "}1 name was changed.
   *[other]{" "}{ NUMBER($renamed) } names were changed.
}
done-roll-upload-gone = That list is no longer waiting: it was added already, replaced by another one, or left for over an hour. The roll below shows who is on it.

roll-correct = Correct address and name
roll-moving = A new address gets a new link by e-mail if one was sent before, and the old link stops working at once.
roll-link = Link
roll-link-hint = Makes a new link and mails it. The link that was sent before stops working.
roll-link-button = Send a new link
roll-link-first-hint = No link has been sent to this voter yet.
roll-link-first-button = Send the invitation
roll-remove = Remove from the roll …
roll-remove-hint = { $voter } will not be able to vote, and a link that was sent stops working.
roll-remove-button = Remove { $voter }
done-voter-changed = Saved.
done-voter-moved = The address is changed. No link had been sent yet.
done-voter-moved-with-link = The address is changed. A new link is on its way there, and the old one no longer works.
done-voter-removed = The voter is off the roll, and a link that was sent no longer works.
done-link-sent = The link is on its way. One that was sent before no longer works.

roll-taken = This address is on the roll already. Search for it to correct that entry.
roll-already-voted = This voter has voted, so nothing can be changed any more.
roll-over = Voting is over, so the roll stays as it is.
roll-hidden = While a running tally can be seen, addresses can't be changed, voters not removed, and links not sent one by one: the answer would tell who has voted. Voters can ask for their link again themselves.
roll-no-links = Links can be sent once the election is open or scheduled.
