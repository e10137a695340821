# Results, for everyone.

results-title = Results
results-title-of = Results: { $title }
results-running = These figures are not final.
results-running-text = Voting goes on, and they move in steps of at least ten ballots.
results-private = Only members of the organisation see this page.
results-private-text = The results are not public yet.
results-turnout = Turnout
results-ballots = Ballots cast
results-eligible = Voters on the roll
results-won = { $count ->
    [one] { $names } has won.
   *[other] { $names } have won.
}
results-ahead = { $count ->
    [one] { $names } is ahead at the moment.
   *[other] { $names } are ahead at the moment.
}
results-tie = { $seats ->
    [one] There is a tie for the last seat
   *[other] There is a tie for the last { NUMBER($seats) } seats
}: { $names } have { $votes ->
    [one] one vote
   *[other] { NUMBER($votes) } votes
} each, so none of them is named a winner.
results-nobody = Nobody has won: there is no vote for anyone.
results-nobody-ahead = Nobody is ahead at the moment.
results-seats-left = { $seats ->
    [one] One seat stays empty, since nobody else has a vote.
   *[other] { NUMBER($seats) } seats stay empty, since nobody else has a vote.
}
results-list = { $first } and { $last }
results-seats = { $seats ->
    [one] One seat
   *[other] { NUMBER($seats) } seats
}
results-blank = { $blank ->
    [0] no blank votes
    [one] one blank vote
   *[other] { NUMBER($blank) } blank votes
}
results-caption = Votes by candidate: { $title }
results-candidate = Candidate
results-votes = Votes
results-share = Share
results-count = { NUMBER($count) }
results-badge-won = Winner
results-badge-ahead = Ahead
results-share-note = Shares are of the ballots that are not blank in the contest. Where several may be marked, they can add up to more than the whole.
results-csv = Download the results as CSV

results-check = How to check
results-check-receipt = With the receipt that you got for your vote you see whether it is among those counted:
results-check-head = { $ballots ->
    [0] No ballot was cast, and the chain begins with
   *[other] All ballots form a chain, and whoever notes its last link can tell later that none was changed, removed or added. It is
}
results-check-verify = Members of the organisation can have the whole chain followed and all ballots counted anew, with “Check the ballots” above the audit log.

results-hidden = The results are not public yet
results-hidden-until = Voting goes on. Come back after it ends: { $when }.
results-hidden-until-by-hand = Voting ends { $when }. After that the organisers publish the results.
results-hidden-open = Voting goes on. Come back when the organisers have closed it.
results-hidden-open-by-hand = The organisers publish the results after they have closed the election. Come back then.
results-hidden-over = Voting is over, and the organisers have not published the results yet. Come back later.
results-counting = The ballots are being counted
results-counting-text = Voting is over. Look again in a moment.
