# What every page shares, and how numbers and times are written.

language-name = English
number-group = ,
number-decimal = .
number-percent = { $number }%
date = { $weekday } { $day } { $month } { $year }
date-time = { $weekday } { $day } { $month } { $year }, { $time } ({ $zone })
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

skip-to-content = Skip to the content
footer-words = uvote: secret ballots, and results that anyone can check.
nav-label = Main
nav-elections = Elections
nav-sign-in = Sign in
nav-sign-out = Sign out
nav-register = Create an account
nav-inbox = Development inbox
language-label = Language
signed-in-as = Signed in as { $email }
save = Save
cancel = Cancel
back = Back
optional = optional
error-prefix = Error:
error-summary = { $count ->
    [one] One thing needs your attention
   *[other] { NUMBER($count) } things need your attention
}

problem-heading = That did not work
problem-request-id = Quote this when you ask for help:
problem-not-found = There is nothing here
problem-not-found-text = The address may be mistyped, or what was here is not for you to see.
problem-home = To the start page
problem-other-site = This form came from another page
problem-other-site-text = For your safety, forms are taken only from our own pages. Open the page anew and try again.
