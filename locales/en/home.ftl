# The home page.

home-title = Elections by secret ballot
home-heading = Elections that everyone can trust
home-lead = uvote runs secret ballots for student councils, boards, unions and associations: personal links by e-mail, turnout as it happens, and results that anyone can check.
home-dashboard = Go to my elections
home-voters = You want to vote? Use the link in your e-mail. You need no account.
home-docs = Programming interface
home-picture = A ballot with three choices, one of them marked, beside a ring that shows a turnout of 68 percent
home-picture-contest = Who shall lead the council?
home-picture-turnout = { NUMBER($cast) } of { NUMBER($eligible) } have voted
home-how = How it works
home-organisers = Set up
home-organisers-text = Write the ballot, paste the roll, and send the invitations. Then watch the turnout move, and remind those who have not voted.
home-voting = Vote
home-voting-text = Open your link, choose, confirm, and keep the receipt. It takes a minute on a phone, and nothing counts before you confirm.
home-everyone = Check
home-everyone-text = Each ballot is sealed, shuffled and linked into a chain. A receipt shows that a vote counts, and says nothing of the choice.
