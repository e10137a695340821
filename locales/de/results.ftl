# Ergebnisse, für alle.

results-title = Ergebnis
results-title-of = Ergebnis: { $title }
results-running = Diese Zahlen sind noch nicht endgültig.
results-running-text = Die Wahl läuft noch; die Zahlen ändern sich in Schritten von mindestens zehn Stimmzetteln.
results-private = Diese Seite sehen nur Mitglieder der Organisation.
results-private-text = Das Ergebnis ist noch nicht öffentlich.
results-turnout = Wahlbeteiligung
results-ballots = Abgegebene Stimmzettel
results-eligible = Stimmberechtigte
results-won = { $count ->
    [one] { $names } hat gewonnen.
   *[other] { $names } haben gewonnen.
}
results-ahead = { $count ->
    [one] { $names } liegt derzeit vorn.
   *[other] { $names } liegen derzeit vorn.
}
results-tie = { $seats ->
    [one] Um den letzten Sitz herrscht Gleichstand
   *[other] Um die letzten { NUMBER($seats) } Sitze herrscht Gleichstand
}: { $names } haben je { $votes ->
    [one] eine Stimme
   *[other] { NUMBER($votes) } Stimmen
}; deshalb hat von ihnen niemand gewonnen.
results-nobody = Niemand hat gewonnen: Es gibt für niemanden eine Stimme.
results-nobody-ahead = Derzeit liegt niemand vorn.
results-seats-left = { $seats ->
    [one] Ein Sitz bleibt leer, weil sonst niemand eine Stimme hat.
   *[other] { NUMBER($seats) } Sitze bleiben leer, weil sonst niemand eine Stimme hat.
}
results-list = { $first } und { $last }
results-seats = { $seats ->
    [one] Ein Sitz
   *[other] { NUMBER($seats) } Sitze
}
results-blank = { $blank ->
    [0] keine Enthaltungen
    [one] eine Enthaltung
   *[other] { NUMBER($blank) } Enthaltungen
}
results-caption = Stimmen für die Kandidierenden: { $title }
results-candidate = Zur Wahl standen
results-votes = Stimmen
results-share = Anteil
results-count = { NUMBER($count) }
results-badge-won = Gewonnen
results-badge-ahead = Vorn
results-share-note = Anteile an den Stimmzetteln ohne Enthaltung. Wo man mehrere ankreuzen konnte, ergeben sie zusammen vielleicht mehr als das Ganze.
results-csv = Ergebnis als CSV herunterladen

results-check = So können Sie nachprüfen
results-check-receipt = Mit dem Beleg, den Sie für Ihre Stimme bekommen haben, sehen Sie, ob sie mitgezählt ist:
results-check-head = { $ballots ->
    [0] Es wurde kein Stimmzettel abgegeben; die Kette beginnt mit
   *[other] Alle Stimmzettel bilden eine Kette. Wer ihr letztes Glied aufschreibt, kann später erkennen, dass keiner geändert, entfernt oder hinzugefügt wurde. Es ist
}
results-check-verify = Mitglieder der Organisation können mit „Stimmzettel prüfen“ über dem Protokoll die ganze Kette nachvollziehen und alle Stimmzettel neu zählen lassen.

results-hidden = Das Ergebnis ist noch nicht öffentlich
results-hidden-until = Die Wahl läuft noch. Kommen Sie wieder, wenn sie endet: { $when }.
results-hidden-until-by-hand = Die Wahl endet: { $when }. Danach veröffentlicht die Wahlleitung das Ergebnis.
results-hidden-open = Die Wahl läuft noch. Kommen Sie wieder, wenn die Wahlleitung sie geschlossen hat.
results-hidden-open-by-hand = Die Wahlleitung veröffentlicht das Ergebnis, nachdem sie die Wahl geschlossen hat. Kommen Sie dann wieder.
results-hidden-over = Die Wahl ist beendet, und die Wahlleitung hat das Ergebnis noch nicht veröffentlicht. Kommen Sie später wieder.
results-counting = Die Stimmzettel werden ausgezählt
results-counting-text = Die Wahl ist beendet. Sehen Sie gleich noch einmal nach.
