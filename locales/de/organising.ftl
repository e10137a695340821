# Übersicht, Vorbereitung und Durchführung einer Wahl.

status-draft = Entwurf
status-scheduled = Geplant
status-active = Offen
status-closed = Geschlossen
status-archived = Abgelegt

sections-label = Diese Wahl
section-overview = Übersicht
section-ballot = Stimmzettel
section-voters = Stimmberechtigte
section-settings = Einstellungen
section-mails = E-Mails
section-audit = Protokoll

dashboard-title = Ihre Wahlen
dashboard-new = Neue Wahl
dashboard-search = Nach Titel suchen
dashboard-find = Suchen
dashboard-empty = Ihre erste Wahl braucht drei Schritte
dashboard-empty-text = Bevor Sie sie öffnen, erfährt niemand davon.
dashboard-plan-ballot = Stimmzettel schreiben: worüber entschieden wird und wer zur Wahl steht.
dashboard-plan-voters = Stimmberechtigte eintragen: Adressen einfügen oder eine CSV-Datei mitbringen.
dashboard-plan-open = Vorschau ansehen, Wahl öffnen, Beteiligung verfolgen.
dashboard-nothing-found = Keine Wahl mit „{ $search }“ im Titel.
dashboard-all = Alle zeigen
dashboard-older = Ältere Wahlen
dashboard-created = Begonnen am { $at }
dashboard-opens = Öffnet am { $at }
dashboard-closes = Offen bis { $at }
dashboard-closed = Geschlossen am { $at }
dashboard-turnout = Beteiligung, { NUMBER($cast) } von { NUMBER($eligible) }
dashboard-draft = { $contests ->
    [0] Noch keine Abstimmung
    [one] 1 Abstimmung
   *[other] { NUMBER($contests) } Abstimmungen
}, { $voters ->
    [0] noch keine Stimmberechtigten
    [one] 1 stimmberechtigte Person
   *[other] { NUMBER($voters) } Stimmberechtigte
}

new-title = Neue Wahl
new-lead = Beginnen Sie mit einem Namen. Bis zur Öffnung lässt sich alles ändern.
new-button = Anlegen und Stimmzettel schreiben
election-title = Titel
election-title-hint = So, wie die Wählenden ihn lesen, zum Beispiel „Studierendenrat 2026“.
election-description = Beschreibung
election-description-hint = Worum es geht, für die Wählenden. Darf leer bleiben.
done-created = Die Wahl ist angelegt. Nun der Stimmzettel.
done-saved = Gespeichert.

settings-words = Was die Wählenden lesen
settings-contact = Kontaktadresse
settings-contact-hint = Die Wählenden sehen sie, wenn etwas nicht klappt; Antworten auf unsere E-Mails gehen dorthin.
settings-message = Ihre eigenen Worte in der Einladung
settings-message-hint = Ein paar Zeilen über dem Wahllink. Darf leer bleiben.
settings-language = Sprache der E-Mails
settings-times = Wann
settings-zone = Zeitzone
settings-zone-hint = Alle Zeiten dieser Wahl gelten in dieser Zone.
settings-opens = Öffnet
settings-opens-hint = Leer lassen, um die Wahl selbst mit einem Knopf zu öffnen.
settings-opened = Geöffnet am { $at }.
settings-closes = Schließt
settings-closes-hint = Leer lassen, um selbst zu schließen. Das Ende lässt sich später hinausschieben, nie vorziehen.
settings-extend-hint = Lässt sich hinausschieben. Es gilt die Uhr von { $zone }.
settings-lifetime = Stunden, die ein Wahllink gilt
settings-lifetime-hint = Ab Versand oder Öffnung, je nachdem, was später ist; 168 Stunden sind eine Woche. Kürzer ist sicherer, länger ist freundlicher.
settings-visibility = Wer sehen darf, wie die Stimmen stehen, solange gewählt wird
settings-visibility-hint = Die Beteiligung sehen Sie immer. Hier geht es um die Stimmen selbst; ab der Öffnung steht es fest.
visibility-after_close = Niemand
visibility-after_close-meaning = Am sichersten: Zwischenstände können keine Stimme beeinflussen oder verraten, und Sie sehen, wer gewählt hat, und können die anderen erinnern.
visibility-organisers = Nur die Organisierenden
visibility-organisers-meaning = Sie sehen Zwischenstände in Schritten von zehn Stimmzetteln. Dafür sehen Sie nicht, wer gewählt hat, denn beides zusammen würde Stimmen verraten.
visibility-everyone = Alle
visibility-everyone-meaning = Spannend zu verfolgen, beeinflusst aber alle, die spät wählen. Zwischenstände bewegen sich in Zehnerschritten, und niemand sieht, wer gewählt hat.
settings-publication = Wann die Ergebnisse öffentlich werden
publication-at_close = Mit dem Schließen, von selbst
publication-at_close-meaning = Sobald die Nachzählung übereinstimmt. Niemand muss da sein, und niemand kann sie zurückhalten.
publication-manual = Wenn Sie sie veröffentlichen
publication-manual-meaning = Sie sehen sie zuerst, etwa um sie in einer Sitzung zu verkünden. Die Wählenden müssen darauf vertrauen, dass Sie es tun.
settings-frozen = Steht seit der Öffnung fest
settings-over = Diese Wahl ist vorbei; ihre Einstellungen stehen fest.
settings-observer = Sie dürfen hier lesen, aber nichts ändern.
settings-next = Zur Checkliste

checklist-lead = Drei Dinge machen eine Wahl aus. Die Reihenfolge ist gleich.
checklist-ready = Alles ist da. Sehen Sie sich die Vorschau noch einmal an und öffnen Sie dann die Wahl.
checklist-done = Erledigt:
checklist-missing = Fehlt noch:
checklist-do = Erledigen
checklist-change = Ändern
checklist-ballot = { $contests ->
    [0] Worüber entschieden wird und wer zur Wahl steht.
    [one] 1 Abstimmung, { $candidates ->
        [one] 1 Kandidatur
       *[other] { NUMBER($candidates) } Kandidaturen
    }.
   *[other] { NUMBER($contests) } Abstimmungen, { NUMBER($candidates) } Kandidaturen.
}
checklist-voters = { $voters ->
    [0] Wer wählen darf.
    [one] 1 Person im Verzeichnis.
   *[other] { NUMBER($voters) } Personen im Verzeichnis.
}
checklist-many-seats = „{ $title }“ hat mehr Sitze als Kandidaturen; einige bleiben leer.
checklist-same-name = In „{ $title }“ tragen zwei Kandidaturen denselben Namen. So lassen sie sich nicht unterscheiden.
checklist-opens-now = Öffnet, wenn Sie es sagen.
checklist-opens-at = Öffnet am { $at }.
checklist-closes-by-hand = Schließt, wenn Sie es sagen.
checklist-closes-at = Schließt am { $at }.
open-heading = Wahl öffnen
open-text = Von da an kann gewählt werden, und der Stimmzettel steht fest. Stimmberechtigte lassen sich noch nachtragen.
open-later-text = Die Wahl beginnt am { $at }. Ab jetzt steht der Stimmzettel fest; Stimmberechtigte lassen sich noch nachtragen.
open-preview-ballot = Vorschau des Stimmzettels
open-preview-mail = Vorschau der E-Mail
open-observer = Wer diese Wahl verwaltet, öffnet sie.
open-invite = Einladungen sofort verschicken
open-invite-meaning = { $voters ->
    [one] Eine E-Mail mit persönlichem Link geht hinaus.
   *[other] { NUMBER($voters) } E-Mails mit je einem persönlichen Link gehen hinaus.
}
open-now = Wahl öffnen
open-schedule = Wahl planen
open-not-yet = Der Knopf erscheint hier, sobald nichts mehr fehlt.
done-opened = Die Wahl steht. Einladungen verschicken Sie unter „E-Mails“.
done-opened-and-invited = Die Wahl steht, und die Einladungen sind unterwegs.

step-duplicate = Als neuen Entwurf kopieren
step-delete = Löschen
step-archive = Ablegen
close-link = Wahl schließen
close-heading = „{ $title }“ schließen?
close-text = { NUMBER($cast) } von { NUMBER($eligible) } haben gewählt. Nach dem Schließen kann niemand mehr wählen, und die Wahl lässt sich nicht wieder öffnen. Die Stimmzettel werden sofort ausgezählt.
close-button = „{ $title }“ schließen
publish-link = Ergebnisse veröffentlichen
publish-heading = Ergebnisse von „{ $title }“ veröffentlichen?
publish-text = Alle, die die Adresse der Ergebnisseite haben, werden sie sehen; das lässt sich nicht zurücknehmen. { NUMBER($cast) } von { NUMBER($eligible) } haben gewählt.
publish-button = Ergebnisse veröffentlichen
delete-heading = „{ $title }“ löschen?
delete-text = Es ist noch keine Stimme abgegeben. Die Wahl verschwindet aus Ihrer Liste, und verschickte Links gelten nicht mehr.
delete-button = „{ $title }“ löschen
deleted-heading = „{ $title }“ ist gelöscht
deleted-text = War das ein Versehen, holen Sie die Wahl jetzt zurück.
deleted-restore = Zurückholen
deleted-on = Zu Ihren Wahlen
done-closed = Die Wahl ist geschlossen, und die Nachzählung stimmt mit der laufenden Zählung überein.
done-published = Die Ergebnisse sind öffentlich.
done-archived = Die Wahl ist abgelegt. Alles darin bleibt, wie es ist.
done-duplicated = Dies ist eine Kopie mit dem Stimmzettel des Originals und leerem Verzeichnis.
done-restored = Die Wahl ist wieder da.

live-turnout = Beteiligung
live-of = von
live-voters = Stimmberechtigten haben gewählt
live-minutes = Stimmen im Verlauf
live-minutes-empty = Der erste Balken erscheint, wenn fünf gewählt haben.
live-minutes-hint = Stimmen je Minute. Minuten mit weniger als fünf Stimmen werden mit ihren Nachbarn zusammengefasst, damit keine einzelne Stimme sichtbar wird.
live-minute = Stimmen ab
live-as-table = Als Tabelle
live-from = Ab
live-ballots = Stimmen
live-connected = Live
live-lost = Verbindung verloren, neuer Versuch läuft
live-moved = Diese Wahl ist einen Schritt weiter.
live-show = Neuen Stand zeigen
live-closes = Schließt am { $at }
live-closed = Geschlossen am { $at }
live-opens = Die Wahl beginnt am { $at }.
live-queued = Wartend
live-sent = Verschickt
live-failed = Gescheitert
live-failures = Zuletzt gescheitert
live-mend = Adressen berichtigen
live-remind = Einladen und erinnern
live-mails = E-Mails und Ergebnismitteilung
live-next = Was Sie tun können
live-running = Die Wahl ist offen. Alles auf dieser Seite bewegt sich von selbst.
live-late-voter = Stimmberechtigte nachtragen
live-extend = Ende hinausschieben
live-results = Ergebnisse
live-tally = Wie die Stimmen stehen
live-published = Die Ergebnisse sind öffentlich.
live-unpublished = Die Stimmzettel sind ausgezählt. Die Ergebnisse sind noch nicht öffentlich.
live-disputed = Die Nachzählung stimmt nicht mit der laufenden Zählung überein.
live-disputed-text = Nichts wird veröffentlicht, und jeder Stimmzettel bleibt erhalten. Bitte sagen Sie es denen, die diesen Dienst betreiben.
live-new-failures = Sehen, was gerade gescheitert ist
