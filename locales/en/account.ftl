# One's own account: profile, address, password, sessions, second factor, deletion.

account-link = Account
account-title = Your account
account-back = To your account
account-profile = Profile
account-name = Your name
account-name-hint = Members of your organisations see it. It may stay empty.
account-name-save = Save the name
account-access = Signing in
done-account-renamed = Your name is saved.

account-email-change = Change the address
account-email-title = Change the e-mail address
account-email-lead = Your account belongs to { $email }.
account-email-new = New e-mail address
account-email-hint = We send a link there. The address becomes yours once you follow it.
account-email-button = Send me the link
account-email-mailed = We have sent an e-mail to { $email }. Follow its link to confirm the change. Until then your present address stays, and we have told it of the change.

account-password-text = Known to you alone.
account-password-change = Change the password
account-password-lead = All other devices are signed out.
account-password-current = Current password
done-account-password-changed = Your password is changed, and all other devices are signed out.

account-sessions = { $count ->
    [one] One session
   *[other] { NUMBER($count) } sessions
}
account-sessions-text = Every browser and every program that is signed in to your account. End whatever you do not know or no longer use.
account-sessions-more = Older sessions
account-sessions-end = End all other sessions
account-session-browser = Browser
account-session-program = Program
account-session-this = this one
account-session-since = since { $moment }
account-session-end = End
done-account-session-ended = The session has ended.
done-account-sessions-ended = All other sessions have ended.

account-second-factor = Second factor
account-second-factor-text = A code from an app on your phone, beside the password.
account-on = on
account-off = off
account-second-factor-set-up = Set up
account-second-factor-switch-off = Switch off
account-second-factor-on-lead = Signing in takes a code from your app beside the password.
account-second-factor-off-lead = With it, a stolen password alone lets nobody in: signing in also takes a code from an app on your phone.
account-second-factor-steps = You need an app for such codes, also called an authenticator. First confirm that it is you.
account-second-factor-begin = Go on
account-code = Code
account-code-hint = Six digits that your app shows. They change every half minute.
account-code-or-recovery = The code your app shows, or a recovery code.
account-confirm-title = Set up the second factor
account-scan = Scan the code with your app
account-scan-text = Add an account in the app and point the camera at this picture.
account-qr = QR code that sets up the app
account-secret = No camera? Type this key into the app:
account-open-app = Open in an app on this device
account-confirm = Enter the first code
account-confirm-button = Switch on
account-start-over = Start over with another key
account-codes-step = The second factor is on
account-codes-title = Keep these codes safe
account-codes-lead = If you lose the phone, each of these codes signs you in once. They are shown only now: print them, or put them into your password manager.
account-codes = Recovery codes
account-codes-copy = Copy
account-codes-copied = The codes are copied.
account-codes-print = Print
account-codes-kept = I have kept the codes
done-account-second-factor-off = The second factor is switched off. Signing in takes the password alone.

account-delete = Delete the account
account-delete-text = Before you confirm, we tell you what happens to your elections.
account-delete-title = Delete your account?
account-delete-lead = This deletes the account of { $email }. It can't be undone.
account-delete-happens = What happens
account-delete-drafts = { $count ->
    [0] You have no drafts that would be deleted.
    [one] One draft is deleted.
   *[other] { NUMBER($count) } drafts are deleted.
}
account-delete-kept = { $count ->
    [0] You have no finished elections that would stay behind.
    [one] One finished election stays, and public results stay public.
   *[other] { NUMBER($count) } finished elections stay, and public results stay public.
}
account-delete-shared = Elections of organisations that others own with you go on without you.
account-delete-erased = Your name and address are erased, and you are signed out everywhere. The records of what was done are kept.
account-delete-hint = To be sure that it is you.
account-delete-button = Delete my account for good
account-delete-blocked = Your account can't be deleted yet: something would be left to nobody.
account-delete-blocking = What stands in the way
account-delete-open = { $count ->
    [one] One election runs or waits for its opening or its count. Close it first.
   *[other] { NUMBER($count) } elections run or wait for their opening or their count. Close them first.
}
account-delete-members = { $count ->
    [one] One other member would be left without an owner. Make somebody else an owner, or delete the organisation.
   *[other] { NUMBER($count) } other members would be left without an owner. Make one of them an owner, or delete the organisation.
}
done-account-deleted = Your account is deleted.
