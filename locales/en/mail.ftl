# E-mails: to voters their invitation, reminders and the results, and to account holders their links.

mail-dear = Dear { $name },
mail-hello = Hello,
mail-link = { $label }:

mail-subject-invitation = Your vote in { $title }
mail-subject-reminder = Reminder: your vote in { $title }
mail-subject-specimen = [Specimen] { $subject }
mail-specimen = Specimen.
mail-specimen-means = This shows what your voters will get. Its link and code are examples and cannot vote.
mail-invites = { $organisation } invites you to vote in:
mail-reminds = { $organisation } reminds you that you can still vote in:
mail-no-vote-yet = The roll shows no vote from you yet. If you have just voted, there is nothing left to do.
mail-open-ballot = Open my ballot
mail-vote-now = Vote now
mail-link-expires = Your link works until { $at }.
mail-voting-ends = Voting ends { $at }.
mail-yours-alone = The link is yours alone and casts one vote. Opening it spends nothing: your vote counts only once you confirm it. Whoever has the link can vote in your place, so do not forward this mail.
mail-link-fails = If the link does not work, open { $page } and paste this code:
mail-invitation-contact = If that does not work either, or you have a question, write to { $contact }.
mail-invitation-ask = If that does not work either, or you have a question, ask { $organisation }.
mail-why = You get this mail because { $organisation } has put you on the roll of this election.

mail-subject-results = Results: { $title }
mail-results-out = The results are out for:
mail-see-results = See the results
mail-check-receipt = With the receipt you got when you voted you can check on the service that your vote is among those counted.
mail-question-contact = If you have a question, write to { $contact }.
mail-question-ask = If you have a question, ask { $organisation }.

mail-subject-verify = Confirm your e-mail address
mail-verify = An account was registered with this e-mail address. Confirm that the address is yours, and you can sign in.
mail-verify-button = Confirm my address
mail-verify-otherwise = If you did not register, do nothing: without your confirmation the account stays closed.

mail-subject-known = You already have an account
mail-known = Someone wants to use this e-mail address for an account, but you have one with it already. If it was you, sign in with it.
mail-sign-in = Sign in
mail-forgotten = Have you forgotten your password?
mail-known-otherwise = If it was not you, do nothing: your account is unchanged.

mail-reset = A new password was asked for your account.
mail-new-password = Choose a new password
mail-reset-otherwise = If you did not ask for it, do nothing: your password stays as it is.

mail-subject-new-address = Confirm your new e-mail address
mail-new-address = This e-mail address was entered as the new one of an account. Confirm that it is yours.
mail-new-address-button = Confirm my new address
mail-new-address-otherwise = If you did not ask for the change, do nothing: the account keeps its old address.

mail-subject-join = Invitation to { $organisation }
mail-join = You are invited to join { $organisation } as { $role }.
mail-join-by = { $inviter } invites you to join { $organisation } as { $role }.
mail-role = { $role ->
    [owner] owner
    [manager] manager
   *[observer] observer
}
mail-join-button = Take up the invitation
mail-join-otherwise = If you do not know the organisation, do nothing.

mail-notice-otherwise = If this was not you, somebody may know your password. Choose a new one, which also signs everybody out.
mail-subject-locked = Your account is locked for 15 minutes
mail-locked = After five failed attempts to sign in, your account is locked for 15 minutes. Nobody can sign in during that time, not even with the right password. A new password lifts the lock at once.
mail-subject-password-changed = Your password has been changed
mail-password-changed = The password of your account has been changed.
mail-subject-address-changing = Your account is to get another e-mail address
mail-address-changing = Somebody who knows your password has asked for another e-mail address for your account. The change takes effect once the new address is confirmed.
mail-subject-address-changed = Your account has another e-mail address
mail-address-changed = Your account now has another e-mail address. You no longer sign in with this one. If you did not want this, turn to whoever runs this service at once.
mail-subject-totp-enabled = Signing in now takes a code
mail-totp-enabled = The second factor of your account has been switched on. Signing in now takes a code from your app as well as the password. Keep the recovery codes in a safe place.
mail-subject-totp-disabled = Signing in no longer takes a code
mail-totp-disabled = The second factor of your account has been switched off. Signing in takes the password alone.
mail-subject-recovery-code = A recovery code has been used
mail-recovery-code = One of your recovery codes has been used instead of a code from your app. Each of them works once.
