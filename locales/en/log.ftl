# The log of an organisation: what was done to it, apart from its elections.

log-link = Log of the organisation
log-title = Log
log-lead = Who was invited, joined, left or got another role, and what else was done to the organisation. Each election has a log of its own.
log-check-heading = Check
log-elections = Elections
log-elections-text = The log of each election:
log-elections-none = There is no election yet. Each has a log of its own.
log-elections-more = Further elections
log-nothing = There are no records of the organisation itself yet.
log-hint = { $total ->
    [one] 1 record of the organisation itself.
   *[other] { NUMBER($total) } records of the organisation itself, the newest first.
} Times are those of { $zone }. Numbers are missing where the log holds something else, such as a change of an election.
log-own = Your sign-ins and changes of your password are seen by you alone:
log-own-link = Your account's activity
