# What was done with one's account, for its owner.

activity-title = Activity
activity-text = Sign-ins, failed attempts and changes.
activity-show = Look through
activity-lead = Sign-ins to your account, attempts that failed, and what was changed. Only you see this.
activity-doubt = Was that you?
activity-doubt-text = Whoever knows your password appears here as you. If there is a sign-in at a time when you did not sign in, or a change that you did not make:
activity-doubt-password = Change your password now. That ends all other sessions, too.
activity-doubt-sessions = Look through your sessions, and end what you do not know.
activity-doubt-second-factor = Switch the second factor on, so that a password alone lets nobody in:
activity-sessions = Your sessions
activity-hint = { $total ->
    [one] 1 record.
   *[other] { NUMBER($total) } records, the newest first.
} Times are those of { $zone }. We do not keep from where somebody signed in.
