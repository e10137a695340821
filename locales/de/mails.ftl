# Die E-Mails einer Wahl: Einladungen, Erinnerungen, Hinweise auf das Ergebnis, und wie es um sie steht.

mails-deliveries = Wie es um die E-Mails steht
mails-sending = Versand
mails-not-yet = Einladungen können hinausgehen, sobald die Wahl geöffnet oder geplant ist. { $count ->
    [0] Im Wahlverzeichnis steht noch niemand.
    [one] 1 Person wird eine bekommen.
   *[other] { NUMBER($count) } Personen werden eine bekommen.
}
mails-to-overview = Zur Übersicht, um sie zu öffnen
mails-invitations = Einladungen
mails-invitable = { $count ->
    [one] 1 Person ist noch nicht eingeladen.
   *[other] { NUMBER($count) } Stimmberechtigte sind noch nicht eingeladen.
}
mails-invitations-button = Einladungen senden
mails-all-invited = Alle im Wahlverzeichnis sind eingeladen.
mails-reminders = Erinnerungen
mails-remindable = { $count ->
    [one] 1 Person hat noch nicht gewählt. Eine Erinnerung enthält denselben Link wie die Einladung.
   *[other] { NUMBER($count) } Stimmberechtigte haben noch nicht gewählt. Eine Erinnerung enthält denselben Link wie die Einladung.
}
mails-remindable-hidden = Gehen mit demselben Link an alle, die noch nicht gewählt haben. Wie viele das sind, wird nicht gezeigt, solange Zwischenstände zu sehen sind.
mails-nobody-to-remind = Niemand ist zu erinnern: Alle haben gewählt, oder eine E-Mail ist noch unterwegs.
mails-reminders-button = Erinnerungen senden
mails-results = Hinweise auf das Ergebnis
mails-not-published = Sobald das Ergebnis öffentlich ist, können Sie allen im Wahlverzeichnis mitteilen, wo es steht.
mails-notifiable = { $count ->
    [one] 1 Person kann erfahren, wo das Ergebnis steht.
   *[other] { NUMBER($count) } Stimmberechtigte können erfahren, wo das Ergebnis steht.
}
mails-results-button = Hinweise senden
mails-all-notified = Alle im Wahlverzeichnis haben erfahren, wo das Ergebnis steht.
mails-queued-now = { $count ->
    [0] Es war niemand mehr anzuschreiben.
    [one] 1 E-Mail ist unterwegs.
   *[other] { NUMBER($count) } E-Mails sind unterwegs.
}
done-reminded = Die Erinnerungen sind unterwegs.

mails-ask-invitations = { $count ->
    [one] 1 E-Mail mit einem persönlichen Wahl-Link wird versandt.
   *[other] { NUMBER($count) } E-Mails, jede mit einem persönlichen Wahl-Link, werden versandt.
}
mails-ask-reminders = { $count ->
    [one] 1 Person, die noch nicht gewählt hat, wird erinnert.
   *[other] { NUMBER($count) } Stimmberechtigte, die noch nicht gewählt haben, werden erinnert.
}
mails-ask-results = { $count ->
    [one] 1 Person erfährt, wo das Ergebnis steht.
   *[other] { NUMBER($count) } Stimmberechtigte erfahren, wo das Ergebnis steht.
}
mails-ask-hidden = Alle, die noch nicht gewählt haben, werden erinnert.
mails-ask-again = Was noch wartet, lässt sich anhalten; was versandt ist, lässt sich nicht zurückholen.
mails-confirm-invitations = { $count ->
    [one] 1 Einladung senden
   *[other] { NUMBER($count) } Einladungen senden
}
mails-confirm-reminders = { $count ->
    [one] 1 Erinnerung senden
   *[other] { NUMBER($count) } Erinnerungen senden
}
mails-confirm-results = { $count ->
    [one] 1 Hinweis senden
   *[other] { NUMBER($count) } Hinweise senden
}
mails-nobody = Zurzeit ist niemand anzuschreiben.
mails-refused = Im jetzigen Zustand der Wahl lässt sich dies nicht senden. Es ging nichts hinaus.

mails-stop = Wartendes anhalten …
mails-stop-hint = E-Mails, die noch nicht hinausgegangen sind, werden zurückgenommen. Wer keine bekommt, gilt als nicht eingeladen und kann später eingeladen werden.
mails-stop-button = Versand anhalten
mails-stopped-now = { $count ->
    [0] Es wartete nichts mehr.
    [one] 1 E-Mail wurde angehalten.
   *[other] { NUMBER($count) } E-Mails wurden angehalten.
}

mails-links = Zu den Links
mails-days = { $count ->
    [one] einen Tag
   *[other] { NUMBER($count) } Tage
}
mails-hours = { $count ->
    [one] eine Stunde
   *[other] { NUMBER($count) } Stunden
}
mails-lifetime = Ein Link gilt { $lifetime } ab dem Versand oder ab dem Beginn der Wahl, je nachdem, was später ist.
mails-lifetime-close = Nach dem Ende am { $at } gilt keiner mehr.
mails-lifetime-again = Wer einen abgelaufenen oder verlorenen Link braucht, kann ihn auf der Wahlseite mit der Adresse aus dem Wahlverzeichnis noch einmal anfordern.
mails-test = Selbst ausprobieren
mails-test-hint = Sendet die Einladung als Muster an { $email }. Mit dem Link darin lässt sich nicht wählen.
mails-test-button = Muster an mich senden
done-test-sent = Das Muster ist zu Ihnen unterwegs.

mails-failures = Letzte Fehlschläge
mails-failures-hint = Diese E-Mails wurden aufgegeben. Berichtigen Sie die Adresse, oder senden Sie noch einmal, wenn der Fehler anderswo lag.
mails-when = Wann
mails-what-to-do = Was zu tun ist
mails-correct = Adresse berichtigen
mails-send-again = Noch einmal senden
mails-followed = Noch einmal versandt

mails-preview = Was Stimmberechtigte bekommen
mails-preview-hint = Name, Link und Code sind Beispiele. Ihre eigenen Worte darin ändern Sie unter:
mails-subject = Betreff
mails-preview-html = Die Einladung, wie Stimmberechtigte sie sehen
mails-preview-text = Als reiner Text
mails-example-name = Kim Beispiel
