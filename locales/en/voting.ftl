# What voters see: code, ballot, review, receipt.

voting-title = Vote
voting-title-of = Vote: { $title }
voting-code-lead = Enter the voting code from your invitation to see your ballot.
voting-code = Voting code
voting-code-hint = Paste the code or the whole link from your e-mail. Seeing the ballot spends nothing.
voting-code-unknown = This voting code does not belong to this election. Please copy the whole code, or the whole link, from your newest e-mail.
voting-show-ballot = Show my ballot
voting-link-lost = You can't find the e-mail?
voting-link-again = Send me my link again
voting-contact = A question? Write to
voting-contact-unknown = A question? Ask whoever has invited you to vote.

voting-step-choose = Step 1 of 2: choose
voting-step-confirm = Step 2 of 2: confirm
voting-ballot-title = Ballot: { $title }
voting-ends = Voting ends { $when }.
voting-link-works = Your link works until { $when }.
voting-limit = Mark up to { NUMBER($most) }.
voting-marked = { $marked } of { NUMBER($most) } marked
voting-blank = Blank vote
voting-blank-meaning = I choose nobody here.
voting-blank-beside = You marked the blank vote beside a candidate. Please leave one of the two.
voting-please-choose = Please choose.
voting-too-many = You marked { NUMBER($marked) }, but at most { NUMBER($most) } may be chosen here.
voting-not-cast = Nothing was cast, and your code is not spent.
voting-review = Review my choices
voting-nothing-cast = Nothing is cast yet: you confirm on the next page.

voting-review-title = Review: { $title }
voting-review-heading = Is this your vote?
voting-blank-chosen = Blank vote: nobody
voting-fewer = You marked { NUMBER($marked) } and may mark { NUMBER($most) }.
voting-final = Once cast, your vote can't be changed or taken back, not even by the organisers.
voting-cast = Cast my vote
voting-change = Change my choices
voting-change-heading = Change your choices
voting-keep = Back, and leave them as they are

voting-voted-title = You have voted
voting-voted-title-of = You have voted: { $title }
voting-voted-step = Your vote is in
voting-voted-heading = Thank you for voting
voting-receipt = Your receipt
voting-receipt-position = Your sealed ballot is number { NUMBER($position) } in the chain of this election. Keep the receipt if you want to check later that it is counted.
voting-copy = Copy the receipt
voting-copied = The receipt is copied.
voting-print = Print
voting-check = Check the receipt (in a new tab)
voting-qr = QR code that opens the page where this receipt is checked
voting-proves = What a receipt proves
voting-proves-text = That the sealed ballot with this receipt is in the chain of the election, unchanged. Whoever has the receipt can check that.
voting-proves-not = What it does not prove
voting-proves-not-text = How you voted, or that it was you. Nobody can read a choice from a receipt, so you can show it to anyone.
voting-done = Your voting code is spent now. You may close this page.

voting-replaced = There is a newer link for you
voting-replaced-text = A newer link was sent to you, and the one you have used no longer works.
voting-replaced-do = Use the link in your newest e-mail. If it is not there, look into the spam folder, or have it sent once more.
voting-expired = This link has expired
voting-expired-text = Voting links work for a limited time, and the time of this one is over. Your vote has not been cast.
voting-expired-do = Have a new link sent to the address with which you are on the roll.
voting-used = You have already voted
voting-used-text = A ballot was cast with this voting code. Each code counts once, so there is nothing left to do.
voting-used-do = The receipt was shown when the ballot was cast, in the tab where you voted. If it was not you who voted, tell the organisers now.
voting-kept-receipt = Check the receipt of this vote
voting-early = Voting has not begun yet
voting-early-text = This election is not open yet. It opens { $when }.
voting-early-do = Your link is good. Keep the e-mail, and come back then.
voting-over = Voting is over
voting-over-text = This election closed { $when }. No more votes can be cast.
voting-over-do = If you have voted, your vote is counted. If you have not, the organisers can tell you more.
voting-unknown = We can't tell yet whether your vote is in
voting-unknown-text = The connection broke while your vote was being recorded.
voting-unknown-do = Please send it again. It counts once, however often you send it, and you get the receipt.
voting-down = We can't answer at the moment
voting-down-text = The service is busy or out of order for a moment. Nothing is lost: this page holds what you have sent.
voting-down-do = Please wait a few seconds and send it again. Nothing counts twice.
voting-send-again = Send it again
voting-look-again = Look again
voting-see-results = See the results

voting-link-title = Send me my link again
voting-link-lead = Tell us the address with which you are on the roll, and your voting link goes there again.
voting-link-hint = The address that the invitation was sent to.
voting-link-send = Send my link
voting-have-code = I have my voting code
done-link-requested = If this address is on the roll and has not voted, its link is on the way. Look into your mailbox, and into the spam folder too.

receipt-title = Check a receipt
receipt-title-of = Check a receipt: { $title }
receipt-lead = Whoever has voted has a receipt. Here you see whether its ballot is among those that count.
receipt-field = Receipt
receipt-hint = 64 characters, the digits 0 to 9 and the letters a to f. Spaces do not matter.
receipt-unreadable = { $found ->
    [0] Please enter the receipt.
    [64] This is no receipt: there are characters in it other than 0 to 9 and a to f.
   *[other] This is no receipt: it has { NUMBER($found) } characters instead of 64.
}
receipt-check = Check
receipt-included = This ballot is included.
receipt-included-text = It is number { NUMBER($position) } in the chain of this election, and it counts.
receipt-missing = No ballot of this election has this receipt.
receipt-missing-text = That can mean one of these:
receipt-missing-typed = It was mistyped. Please compare it with yours, group by group.
receipt-missing-elsewhere = It belongs to another election. Check it on that election's page.
receipt-missing-tell = If neither is so, tell the organisers, and show them the receipt. It does not give your choice away.
