# Die Stimmzettel-Seite: Abstimmungspunkte, Kandidierende und ihre Fotos.

ballot-lead = Das sehen die Stimmberechtigten, in dieser Reihenfolge. Bis zur Eröffnung können Sie alles ändern.
ballot-preview = Wie Wählende es sehen
ballot-next = Weiter: Stimmberechtigte
ballot-frozen = { $status ->
    [scheduled] Der Stimmzettel steht fest, weil die Wahl geplant ist: Alle bekommen dieselben Fragen, und niemand kann sie nachträglich ändern. Stimmt etwas nicht, duplizieren Sie die Wahl und ändern Sie die Kopie.
    [active] Der Stimmzettel steht fest, weil die Wahl begonnen hat: Alle bekommen dieselben Fragen, und niemand kann sie noch ändern. Stimmt etwas nicht, schließen Sie diese Wahl und duplizieren Sie sie.
   *[other] Der Stimmzettel bleibt, wie darüber abgestimmt wurde, damit die Ergebnisse ihren Sinn behalten. Um erneut zu fragen, duplizieren Sie die Wahl und ändern Sie die Kopie.
}
ballot-observer = Mit Ihrer Rolle können Sie den Stimmzettel ansehen, aber nicht ändern. Das kann, wer diese Organisation verwaltet.
ballot-observer-empty = Auf diesem Stimmzettel steht noch nichts.

ballot-start = Worüber wird entschieden?
ballot-start-lead = Ein Abstimmungspunkt ist eine einzelne Entscheidung, etwa ein Amt oder eine Frage. Ein Stimmzettel kann mehrere enthalten.
ballot-add = Weiteren Abstimmungspunkt hinzufügen
ballot-add-button = Abstimmungspunkt hinzufügen
ballot-title = Titel
ballot-title-hint = Zum Beispiel „Vorsitz des Vereins“ oder „Sollen wir die Halle kaufen?“
ballot-candidates = Kandidierende oder Antworten
ballot-candidates-hint = Je Zeile ein Name; Sie können eine ganze Liste einfügen. Fotos und Beschreibungen folgen danach.
ballot-seats = Wie viele können gewinnen?
ballot-seats-hint = Meistens 1. Auf jedem Stimmzettel darf es so viele Kreuze geben, wie gewinnen können.
ballot-more = Beschreibung, Enthaltung, Reihenfolge der Kandidierenden
ballot-description = Beschreibung
ballot-description-hint = Freiwillig. Steht zwischen dem Titel und den Kandidierenden.
ballot-blank = Enthaltung ist möglich
ballot-blank-meaning = Eine Enthaltung sagt „niemand davon“ und zählt zur Wahlbeteiligung. Ohne sie muss hier etwas ankreuzen, wer wählt.
ballot-order = Reihenfolge der Kandidierenden
ballot-order-listed = Wie aufgeführt
ballot-order-listed-meaning = Alle sehen Ihre Reihenfolge. Wer oben steht, hat einen kleinen Vorteil.
ballot-order-random = Jedes Mal neu gemischt
ballot-order-random-meaning = Nimmt den Vorteil, oben zu stehen; in einer langen Liste sucht man länger.

ballot-rule-seats = { $seats ->
    [one] Ein Kreuz
   *[other] { NUMBER($seats) } gewinnen; bis zu { NUMBER($seats) } Kreuze
}
ballot-rule-blank = Enthaltung möglich
ballot-rule-no-blank = Keine Enthaltung
ballot-rule-shuffled = Jedes Mal neu gemischt
ballot-too-few = { $count ->
    [0] Hier kandidiert noch niemand. Fügen Sie vor der Eröffnung zwei Kandidierende hinzu.
   *[other] Hier steht erst eine Möglichkeit. Fügen Sie vor der Eröffnung eine weitere hinzu, damit es eine Wahl gibt.
}
ballot-nobody = Hier kandidiert niemand.
ballot-edit = Bearbeiten
ballot-edit-named = { $name } bearbeiten
ballot-up = { $name } nach oben
ballot-down = { $name } nach unten
ballot-moved = { $name } steht jetzt an Stelle { $place } von { $count }.
ballot-not-moved = Die neue Reihenfolge wurde nicht gespeichert. Laden Sie die Seite neu und versuchen Sie es noch einmal.
ballot-drag = An eine andere Stelle ziehen
ballot-photo-of = Foto von { $name }
ballot-add-candidates = Kandidierende hinzufügen
ballot-add-candidates-for = Zu „{ $contest }“ hinzufügen
ballot-add-candidates-hint = Je Zeile ein Name. Sie kommen ans Ende der Liste.
ballot-add-candidates-button = Hinzufügen

ballot-contest-heading = Abstimmungspunkt bearbeiten
ballot-contest-remove = Diesen Abstimmungspunkt entfernen
ballot-contest-remove-text = { $count ->
    [0] „{ $contest }“ verschwindet vom Stimmzettel. Das lässt sich nicht rückgängig machen.
    [one] „{ $contest }“ verschwindet mit dem einen Eintrag vom Stimmzettel. Das lässt sich nicht rückgängig machen.
   *[other] „{ $contest }“ verschwindet mit { NUMBER($count) } Kandidierenden und ihren Fotos vom Stimmzettel. Das lässt sich nicht rückgängig machen.
}
ballot-contest-remove-button = Ja, entfernen

ballot-candidate-heading = Kandidatur bearbeiten
ballot-candidate-in = Kandidiert in „{ $contest }“.
ballot-name = Name
ballot-about = Beschreibung
ballot-about-hint = Freiwillig. Steht auf dem Stimmzettel unter dem Namen.
ballot-candidate-remove = Vom Stimmzettel entfernen
ballot-candidate-remove-text = { $name } kandidiert dann nicht mehr in „{ $contest }“. Name, Beschreibung und Foto werden gelöscht.
ballot-candidate-remove-button = Ja, { $name } entfernen

ballot-photo = Foto
ballot-photo-hint = JPEG, PNG, WebP oder GIF, höchstens 5 MB. Wir schneiden das mittlere Quadrat aus und entfernen alles andere aus der Datei, etwa den Ort der Aufnahme.
ballot-photo-none = Noch gibt es kein Foto. Auf dem Stimmzettel stehen an seiner Stelle die Initialen.
ballot-photo-choose = Foto auswählen
ballot-photo-other = Anderes Foto auswählen
ballot-photo-drop = Sie können ein Foto auch hierher ziehen.
ballot-photo-use = Dieses Foto verwenden
ballot-photo-preview = So wird das Foto zugeschnitten.
ballot-photo-remove = Foto entfernen
ballot-photo-missing = Bitte wählen Sie zuerst eine Datei aus.
ballot-photo-too-large = Diese Datei ist größer als 5 MB. Speichern Sie das Foto kleiner und wählen Sie es noch einmal aus.
ballot-photo-unsupported = Diese Datei ist kein Bild in JPEG, PNG, WebP oder GIF. Speichern Sie das Foto in einem dieser Formate und wählen Sie es noch einmal aus.
ballot-photo-broken = Dieses Bild lässt sich nicht verwenden: Es ist beschädigt oder hat mehr als 36 Megapixel. Öffnen Sie es und speichern Sie es neu, notfalls kleiner.
ballot-photo-busy = Gerade werden viele Fotos verarbeitet. Es wurde nichts geändert; bitte versuchen Sie es in einer Minute noch einmal.

ballot-preview-title = Vorschau des Stimmzettels
ballot-preview-notice = Das ist eine Vorschau. Sie können alles ausprobieren; nichts wird abgegeben oder gespeichert.
ballot-preview-back = Zurück zur Bearbeitung
ballot-preview-end = Auf dem echten Stimmzettel geht es von hier zur Prüfung der Auswahl, und erst danach wird abgestimmt.
ballot-preview-empty = Der Stimmzettel ist noch leer.

done-contest-added = Der Abstimmungspunkt steht auf dem Stimmzettel.
done-contest-changed = Der Abstimmungspunkt ist geändert.
done-contest-removed = Der Abstimmungspunkt ist entfernt.
done-candidates-added = Die Kandidierenden sind hinzugefügt.
done-candidate-changed = Die Kandidatur ist geändert.
done-candidate-removed = Die Kandidatur ist entfernt.
done-photo-set = Das Foto steht auf dem Stimmzettel.
done-photo-removed = Das Foto ist entfernt.
