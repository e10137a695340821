# What is wrong with a field, said beside it, and why a request was not done.

fault-empty = Please fill this in.
fault-not-one-line = Please write this in one line, without line breaks or invisible characters.
fault-control-character = This text has invisible characters in it. Please type it instead of pasting it.
fault-too-long = Please shorten this to { NUMBER($most) } characters or fewer.
fault-out-of-range = Please give a number from { NUMBER($least) } to { NUMBER($most) }.
fault-link-lifetime = Please give from { NUMBER($least) } to { NUMBER($most) } hours. The longest is one year.

fault-email-missing = Please give an e-mail address.
fault-email-too-long = This e-mail address is too long: mail servers take at most 254 bytes.
fault-email-not-one-at = An e-mail address has exactly one @, like name@example.org.
fault-email-blank = An e-mail address has no spaces in it. Please check it for one.
fault-email-local = Please check the part before the @. It can have letters, digits and marks such as . _ + -, but no dot at either end and no two dots in a row.
fault-email-domain = Please check the part after the @. It should be like example.org, with at least one dot.

fault-password-too-long = This password has more than 256 characters. Please choose a shorter one.
fault-password-too-short = This password is too short. With the kinds of characters it uses it needs at least { NUMBER($needed) } of them. A few uncommon words make a good password.
fault-password-guessable = This password is easy to guess.{ $warning ->
    [key-rows]{" "}Straight rows of keys are tried first.
    [key-patterns]{" "}Short patterns on the keyboard are tried first.
    [repeats]{" "}Repeats like “aaa” add nothing.
    [repeated-words]{" "}Repeats like “abcabcabc” are hardly better than “abc”.
    [top-10]{" "}It is one of the ten most common passwords.
    [top-100]{" "}It is one of the hundred most common passwords.
    [common]{" "}It is a very common password.
    [similar-to-common]{" "}It is close to a very common password.
    [sequences]{" "}Sequences like “abc” or “6543” are tried first.
    [recent-years]{" "}Recent years are tried first.
    [one-word]{" "}It is a single word.
    [dates]{" "}Dates are tried first.
    [a-name]{" "}It is a name.
    [common-names]{" "}Common names are tried first.
   *[none] {""}
}{ $hint ->
    [capitals]{" "}Capital letters hardly help.
    [all-capitals]{" "}All capitals are as easy to guess as all small letters.
    [reversed]{" "}Words written backwards hardly help.
    [substitutions]{" "}Replacing “a” by “@” and the like hardly helps.
    [longer-pattern]{" "}A pattern on the keyboard has to be longer and turn more often.
    [no-repeats]{" "}Please leave repeated words and characters out.
    [no-sequences]{" "}Please leave sequences out.
    [no-recent-years]{" "}Please leave recent years out.
    [no-own-years]{" "}Please leave years out that have to do with you.
    [no-own-dates]{" "}Please leave dates and years out that have to do with you.
   *[none] {""}
}{" "}A few uncommon words in a row make a good password.
fault-mailed-token-spent = This link has been used already or has expired. Please register again to get a new one.
fault-reset-token-spent = This link has been used already or has expired. Please ask for a new one.
fault-wrong-password = This is not your password. After several failures an account rests for a quarter of an hour.
fault-wrong-password-or-code = The password or the code is wrong. After several failures an account rests for a quarter of an hour.
fault-wrong-code = This is not the code that the app shows now. Wait for the next one, and check the clock of the device.

fault-invitation-spent = This invitation has been used, replaced or taken back, or has expired. Please ask for a new one.
fault-invited-elsewhere = This invitation went to another address than that of your account. Please sign in with the account of that address, or ask to be invited under yours.

fault-not-a-zone = Please choose a time zone, such as Europe/Berlin.
fault-unknown-language = Please choose one of the languages that mails can be written in: { $known }.
fault-not-a-time = Give a day and a time, such as 2026-11-21T18:00.
fault-year-out-of-range = Please choose a year from { $first } to { $last }.
fault-closes-before-opening = The close has to be later than the opening.
fault-closes-earlier = While the election is open, its close can only move to a later time. To end sooner, close the election.
fault-closes-in-past = Please choose a time in the future.
fault-close-reached = The election has just reached its close, so the time can't be moved any more.
fault-close-passed = The closing time is over already. Please set a later one.

fault-too-many-contests = A ballot has room for { NUMBER($most) } contests.
fault-too-many-candidates = A contest has room for { NUMBER($most) } candidates.
fault-no-contest = Please add a contest with at least two candidates.
fault-too-few-candidates = Please add at least two candidates to the contest “{ $contest }”.
fault-no-voter = Please add at least one voter to the roll.

fault-bad-nonce = The form was damaged on its way. Please open your voting link again.
fault-unreadable-contest = This part of the form was damaged on its way. Please open your voting link again.
fault-unreadable-choice = This choice was damaged on its way. Please choose again.
fault-contest-twice = This contest came twice. Please open your voting link again.
fault-contest-missing = Please choose, or mark the blank vote.
fault-foreign-contest = This contest is not part of the election. Please open your voting link again.
fault-foreign-candidate = One of your choices does not stand in this contest. Please choose again.
fault-candidate-twice = You chose the same candidate twice. Please mark each candidate once at most.
fault-too-many-chosen = Please choose { NUMBER($most) } at most.
fault-blank-not-allowed = A blank vote is not possible here. Please choose.

fault-file-empty = The file is empty. Please choose another one.
fault-file-utf16 = This file is in UTF-16. Please save it again as “CSV UTF-8”.
fault-file-nul = This is not a plain text file. Please save your table again as “CSV UTF-8”.
fault-file-no-email = The first line has to name the columns, such as email,first_name,last_name. It names no column “email”.
fault-file-column-twice = The first line names the column “{ $column }” twice. Please keep one of the two.
fault-file-too-many-rows = The file has more than 1,000,000 rows. Please split the roll over several elections.
fault-file-no-voters = The file has a line with column names, but no voters below it.
fault-no-file = Please choose a file.
fault-row-too-long = This row is longer than 64 KiB. Most likely a quotation mark opens here and never closes.
fault-row-text-after-quote = A quotation mark closes in the middle of a field. Inside a quoted field, write it twice.
fault-row-unclosed-quote = A quotation mark opens in this row and never closes.
fault-row-too-many-fields = This row has { NUMBER($fields) } fields, but there are only { NUMBER($columns) } columns. Put a field that holds the separator in quotation marks.
fault-row-nul = This field is not plain text. Please save the file again as “CSV UTF-8”.
fault-row-duplicate = This address is on line { $line } already.
fault-row-long-name = This name has more than { NUMBER($most) } characters.
fault-row-control-in-name = This name has a line break or another invisible character in it.

fault-unknown-status = This is not a state that an election can be in.
fault-unknown-word = This value is not known here. Known are: { $known }.
fault-bad-cursor = This page of the list does not exist. Please start from the first one.
fault-other = This can't be read: { $text }

refusal-not-found = There is nothing here that you may see. The address may be mistyped, or you may need to sign in with another account.
refusal-forbidden = Your role in this organisation does not allow this. Ask somebody who manages it.
refusal-wrong-state = This is not possible in the election's present state. Reload the page to see where it stands.
refusal-not-ready = The election can't be opened yet. Please add what is still missing.
refusal-has-ballots = Ballots have been cast, so this election can't be deleted. Close it and put it away instead.
refusal-already-voted = A ballot has already been cast with this voting code; each code counts once. If that was not you, please tell the organisers now.
refusal-election-not-active = This election is not open for voting. Voting has not begun yet, or it is over; your invitation says when it is open.
refusal-conflict = This clashes with what is there already, such as an address that is on the roll. Please check it.
refusal-count-disputed = The recount does not agree with the running count. Nothing is published, and every ballot is kept as it is. Please tell whoever runs this service.
refusal-counting = The ballots are being counted. Please look again in a moment.
refusal-token-unknown = This voting code does not belong to this election. Please copy the whole code from your e-mail.
refusal-token-expired = This voting code has expired. You can ask for a new link.
refusal-token-replaced = A newer link was sent to you, and this one no longer works. Please use the link in your most recent e-mail.
refusal-invalid = This can't be taken as it is. Please change what is marked.
refusal-invalid-ballot = This ballot can't be counted as it is. Your voting code is not spent: please fill the ballot in once more.
refusal-results-hidden = The results of this election are not public yet.
refusal-import-rejected = Nothing was imported, because some rows can't be read. Please mend them and import the file again; voters who are on the roll already do no harm.
refusal-busy = We are very busy at the moment. Nothing was changed; please try again shortly.
refusal-rate-limited = That was too often in a short time. Nothing was changed; please wait a while and try again.
refusal-outcome-unknown = We can't tell whether this was recorded. Please send it again: nothing is ever counted twice.
refusal-unavailable = The service is not available at the moment. Please try again shortly.
refusal-unauthenticated = Please sign in to go on.
refusal-invalid-credentials = The address or the password is wrong, or the address has not been confirmed yet.
refusal-malformed = What was sent can't be read. Please reload the page and try again.
refusal-too-large = This is larger than what we can take. Please choose something smaller.
refusal-unsupported-media-type = We can't read this kind of file. Please choose another one.
refusal-method-not-allowed = This address can't be used in this way. Please go back and try again.
refusal-internal = Something went wrong on our side, and we have noted it. Please try again.
