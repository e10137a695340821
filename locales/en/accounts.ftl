# Registering, signing in, a forgotten password.

email = E-mail address
password = Password
new-password = New password
password-hint = Several words are easier to remember and harder to guess than a short puzzle. At most 256 characters.
mailed-code = Code from the e-mail
mailed-code-hint = Everything that follows the # in the link.

register-title = Create an account
register-lead = For those who organise elections. Voters need no account.
register-name = Your name
register-button = Create the account
register-have-account = You already have an account?
register-mailed = We have sent an e-mail to { $email }. Follow its link to confirm the address, then sign in.
mailed-title = Look into your mailbox
mailed-nothing = Nothing there after a few minutes? Look into the spam folder, or try once more.
mailed-demo = This is a demo, which sends nothing: its mails are in the

verify-title = Confirm your address
verify-lead = One press of the button, and the account is yours.
verify-button = Confirm my address
done-verified = Your address is confirmed. You can sign in now.

login-title = Sign in
login-button = Sign in
login-code = Code (optional)
login-code-hint = Only if you have switched on the second factor: the code your app shows, or a recovery code.
login-forgot = Forgotten your password?
login-no-account = No account yet?
login-refused = Signing in did not work.
login-refused-text = Check the address and the password. If the account is new, follow the link in our e-mail first. After several failures an account rests for a quarter of an hour.
done-signed-out = You are signed out.

forgot-title = Forgotten password
forgot-lead = Tell us your address, and we send you a link with which you choose a new password.
forgot-button = Send me the link
forgot-mailed = If { $email } belongs to an account, a link to choose a new password is on its way. It works for one hour.
reset-title = Choose a new password
reset-button = Save the new password
reset-again = Send me another link
done-password-reset = Your password is changed, and you are signed out everywhere. Sign in with the new one.
