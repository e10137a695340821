# Was alle Seiten gemeinsam haben, und wie Zahlen und Zeiten geschrieben werden.

language-name = Deutsch
number-group = .
number-decimal = ,
number-percent = { $number } %
date = { $weekday }, { $day }. { $month } { $year }
date-time = { $weekday }, { $day }. { $month } { $year }, { $time } Uhr ({ $zone })
weekday-1 = Montag
weekday-2 = Dienstag
weekday-3 = Mittwoch
weekday-4 = Donnerstag
weekday-5 = Freitag
weekday-6 = Samstag
weekday-7 = Sonntag
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember

skip-to-content = Zum Inhalt springen
footer-words = uvote: geheime Wahlen mit Ergebnissen, die alle nachprüfen können.
nav-label = Hauptmenü
nav-elections = Wahlen
nav-sign-in = Anmelden
nav-sign-out = Abmelden
nav-register = Konto anlegen
nav-inbox = Entwicklungs-Postfach
language-label = Sprache
signed-in-as = Angemeldet als { $email }
save = Speichern
cancel = Abbrechen
back = Zurück
optional = freiwillig
error-prefix = Fehler:
error-summary = { $count ->
    [one] Eine Angabe braucht Ihre Aufmerksamkeit
   *[other] { NUMBER($count) } Angaben brauchen Ihre Aufmerksamkeit
}

problem-heading = Das hat nicht geklappt
problem-request-id = Nennen Sie dies, wenn Sie um Hilfe bitten:
problem-not-found = Hier ist nichts
problem-not-found-text = Die Adresse ist vielleicht falsch geschrieben, oder was hier war, ist nicht für Sie bestimmt.
problem-home = Zur Startseite
problem-other-site = Dieses Formular kam von einer anderen Seite
problem-other-site-text = Zu Ihrer Sicherheit nehmen wir Formulare nur von unseren eigenen Seiten an. Öffnen Sie die Seite neu und versuchen Sie es noch einmal.
