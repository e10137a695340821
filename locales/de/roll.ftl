# Das Wahlverzeichnis: Stimmberechtigte auflisten, eintragen, übernehmen und berichtigen.

delivery-none = Nicht versandt
delivery-queued = Wartet
delivery-sent = Versandt
delivery-failed = Fehlgeschlagen

roll-total = { $count ->
    [one] 1 stimmberechtigte Person
   *[other] { NUMBER($count) } Stimmberechtigte
}
roll-found = { $count ->
    [0] Niemand gefunden
    [one] 1 stimmberechtigte Person gefunden
   *[other] { NUMBER($count) } Stimmberechtigte gefunden
}
roll-who = Name und Adresse
roll-name = Name
roll-nameless = ohne Namen
roll-email = E-Mail-Adresse
roll-first-name = Vorname
roll-last-name = Nachname
roll-delivery = Einladung
roll-voted = Gewählt
roll-voted-yes = Hat gewählt
roll-voted-no = Noch nicht
roll-voted-hidden = Wer gewählt hat, wird nicht gezeigt, solange Zwischenstände zu sehen sind: Beides zusammen würde Stimmen verraten.
roll-search = Name oder Adresse
roll-search-button = Suchen
roll-any = Alle
roll-show-all = Alle zeigen
roll-nobody-found = Niemand im Wahlverzeichnis passt dazu. Versuchen Sie es mit einem kürzeren Teil des Namens oder der Adresse.
roll-pages = Seiten des Wahlverzeichnisses
roll-first-page = Zurück zum Anfang
roll-next-page = Weitere Stimmberechtigte
roll-download = Wahlverzeichnis herunterladen (CSV)
roll-back = Zurück zum Wahlverzeichnis

roll-add-many = Viele Stimmberechtigte eintragen
roll-add-one = Eine Person eintragen
roll-add-late = Jemanden nachtragen
roll-add-late-hint = Die Wahl läuft. Wen Sie jetzt eintragen, kann wählen, sobald der Link angekommen ist.
roll-invite-at-once = Einladung sofort senden
roll-invite-at-once-hint = Sonst geht sie mit den nächsten Einladungen unter „E-Mails“ hinaus.
roll-invite-later = Die Einladung geht mit den nächsten hinaus, unter:
roll-add-button = Eintragen
done-voter-added = Die Person steht im Wahlverzeichnis. Eine Einladung ist noch nicht versandt.
done-voter-invited = Die Person steht im Wahlverzeichnis, und die Einladung ist unterwegs.

roll-first-title = Wer darf wählen?
roll-import-title = Viele Stimmberechtigte eintragen
roll-import-lead = Noch wird niemand eingetragen: Zuerst sehen Sie Zeile für Zeile, was geschehen würde.
roll-paste = Liste einfügen
roll-paste-hint = Je Zeile eine Adresse, gern mit Namen, oder eine kopierte Tabelle samt der Zeile mit den Spaltennamen.
roll-file = CSV-Datei wählen
roll-file-hint = Wie eine Tabellenkalkulation sie speichert, mit bis zu einer Million Stimmberechtigten. Die erste Zeile benennt die Spalten, eine davon heißt „email“; ohne solche Zeile je Zeile eine Adresse.
roll-file-drop = Sie können die Datei auch hierher ziehen.
roll-check-button = Liste prüfen
roll-example = So kann die Liste aussehen
roll-example-text = Mit einer Zeile, die die Spalten benennt, in beliebiger Reihenfolge und neben anderen, oder einfach je Zeile eine Person.
roll-example-download = Beispieldatei herunterladen
roll-nothing-sent = Die Liste ist leer. Fügen Sie Adressen ein, oder wählen Sie eine Datei.

roll-rejected = { $count ->
    [one] Eine Zeile lässt sich nicht lesen, daher wurde niemand eingetragen.
   *[other] { NUMBER($count) } Zeilen lassen sich nicht lesen, daher wurde niemand eingetragen.
}
roll-rejected-text = Berichtigen Sie, was hier aufgeführt ist, und prüfen Sie die Liste noch einmal. Wer schon im Wahlverzeichnis steht, stört dabei nicht.
roll-bad-lines = Zu berichtigende Zeilen
roll-line = Zeile
roll-field = Stelle
roll-reason = Was nicht stimmt
roll-field-email = Adresse
roll-field-first-name = Vorname
roll-field-last-name = Nachname
roll-field-row = Ganze Zeile
roll-field-header = Erste Zeile
roll-unlisted = { $count ->
    [one] Eine weitere fehlerhafte Zeile ist hier nicht aufgeführt.
   *[other] { NUMBER($count) } weitere fehlerhafte Zeilen sind hier nicht aufgeführt.
}
roll-read-as-list = Die erste Zeile benennt keine Spalten. Daher wurde jede Zeile als eine Person gelesen: die Adresse, dann Vor- und Nachname, oder ein Name mit der <Adresse> dahinter.
roll-ignored = { $count ->
    [one] Diese Spalte wird nicht verwendet: { $columns }
   *[other] Diese Spalten werden nicht verwendet: { $columns }
}

roll-check-title = Vor dem Eintragen prüfen
roll-check-lead = Noch ist nichts geändert. Das wird geschehen:
roll-check-new = Neu im Verzeichnis
roll-check-renamed = Namen geändert
roll-check-unchanged = Schon im Verzeichnis
roll-confirm-add = { $count ->
    [one] 1 Person eintragen
   *[other] { NUMBER($count) } Personen eintragen
}
roll-confirm-rename = { $count ->
    [one] 1 Namen ändern
   *[other] { NUMBER($count) } Namen ändern
}
roll-other = Stattdessen eine andere Liste senden
roll-nothing-new = Alle auf dieser Liste stehen schon mit denselben Namen im Wahlverzeichnis. Es gibt nichts zu tun.
roll-added-first = { $shown ->
    [one] Neu im Verzeichnis
   *[other] { $count ->
        [one] Neu im Verzeichnis
       *[other] Die ersten { NUMBER($shown) } von { NUMBER($count) } neuen Stimmberechtigten
    }
}
roll-renamed-first = Die ersten { NUMBER($shown) } von { NUMBER($count) } geänderten Namen
roll-name-before = Name bisher
roll-name-after = Name danach
roll-imported = { $added ->
    [0] Niemand wurde eingetragen.
    [one] 1 Person wurde eingetragen.
   *[other] { NUMBER($added) } Personen wurden eingetragen.
}{ $renamed ->
    [0] {""}
    [one]{" "}1 Name wurde geändert.
   *[other]{" "}{ NUMBER($renamed) } Namen wurden geändert.
}
done-roll-upload-gone = Diese Liste wartet nicht mehr: Sie wurde schon übernommen, durch eine andere ersetzt oder lag über eine Stunde. Unten sehen Sie, wer im Wahlverzeichnis steht.

roll-correct = Adresse und Namen berichtigen
roll-moving = An eine neue Adresse geht ein neuer Link, falls schon einer versandt war; der alte Link gilt dann sofort nicht mehr.
roll-link = Link
roll-link-hint = Erzeugt einen neuen Link und verschickt ihn. Der bisher versandte gilt dann nicht mehr.
roll-link-button = Neuen Link senden
roll-link-first-hint = An diese Person wurde noch kein Link versandt.
roll-link-first-button = Einladung senden
roll-remove = Aus dem Wahlverzeichnis streichen …
roll-remove-hint = { $voter } wird nicht wählen können, und ein schon versandter Link gilt nicht mehr.
roll-remove-button = { $voter } streichen
done-voter-changed = Gespeichert.
done-voter-moved = Die Adresse ist geändert. Ein Link war noch nicht versandt.
done-voter-moved-with-link = Die Adresse ist geändert. Ein neuer Link ist dorthin unterwegs, und der alte gilt nicht mehr.
done-voter-removed = Die Person ist gestrichen, und ein schon versandter Link gilt nicht mehr.
done-link-sent = Der Link ist unterwegs. Ein früher versandter gilt nicht mehr.

roll-taken = Diese Adresse steht schon im Wahlverzeichnis. Suchen Sie nach ihr, um den Eintrag zu berichtigen.
roll-already-voted = Diese Person hat schon gewählt, daher lässt sich nichts mehr ändern.
roll-over = Die Wahl ist vorbei, daher bleibt das Wahlverzeichnis, wie es ist.
roll-hidden = Solange Zwischenstände zu sehen sind, lassen sich keine Adressen ändern, keine Einträge streichen und keine einzelnen Links senden: Die Antwort würde verraten, wer gewählt hat. Wählende können ihren Link selbst noch einmal anfordern.
roll-no-links = Links lassen sich senden, sobald die Wahl geöffnet oder geplant ist.
