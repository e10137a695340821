# Was Wählende sehen: Code, Stimmzettel, Prüfung, Beleg.

voting-title = Wählen
voting-title-of = Wählen: { $title }
voting-code-lead = Geben Sie den Wahlcode aus Ihrer Einladung ein, um Ihren Stimmzettel zu sehen.
voting-code = Wahlcode
voting-code-hint = Fügen Sie den Code oder den ganzen Link aus Ihrer E-Mail ein. Den Stimmzettel anzusehen verbraucht nichts.
voting-code-unknown = Dieser Wahlcode gehört nicht zu dieser Wahl. Bitte kopieren Sie den ganzen Code oder den ganzen Link aus Ihrer neuesten E-Mail.
voting-show-ballot = Stimmzettel zeigen
voting-link-lost = Sie finden die E-Mail nicht?
voting-link-again = Link noch einmal schicken
voting-contact = Fragen? Schreiben Sie an
voting-contact-unknown = Fragen? Wenden Sie sich an die Stelle, die Sie zur Wahl eingeladen hat.

voting-step-choose = Schritt 1 von 2: wählen
voting-step-confirm = Schritt 2 von 2: bestätigen
voting-ballot-title = Stimmzettel: { $title }
voting-ends = Die Wahl endet: { $when }.
voting-link-works = Ihr Link gilt bis: { $when }.
voting-limit = Sie können bis zu { NUMBER($most) } ankreuzen.
voting-marked = { $marked } von { NUMBER($most) } angekreuzt
voting-blank = Enthaltung
voting-blank-meaning = Ich wähle hier niemanden.
voting-blank-beside = Sie haben neben der Enthaltung noch etwas angekreuzt. Bitte lassen Sie eines von beiden stehen.
voting-please-choose = Bitte wählen Sie.
voting-too-many = Sie haben { NUMBER($marked) } angekreuzt; hier sind höchstens { NUMBER($most) } möglich.
voting-not-cast = Es wurde nichts abgegeben, und Ihr Code ist nicht verbraucht.
voting-review = Meine Auswahl prüfen
voting-nothing-cast = Noch ist nichts abgegeben: Sie bestätigen auf der nächsten Seite.

voting-review-title = Prüfen: { $title }
voting-review-heading = Ist das Ihre Stimme?
voting-blank-chosen = Enthaltung: niemand
voting-fewer = Sie haben { NUMBER($marked) } angekreuzt; möglich sind { NUMBER($most) }.
voting-final = Eine abgegebene Stimme kann niemand mehr ändern oder zurücknehmen, auch nicht die Wahlleitung.
voting-cast = Stimme abgeben
voting-change = Meine Auswahl ändern
voting-change-heading = Auswahl ändern
voting-keep = Zurück, ohne etwas zu ändern

voting-voted-title = Sie haben gewählt
voting-voted-title-of = Sie haben gewählt: { $title }
voting-voted-step = Ihre Stimme ist abgegeben
voting-voted-heading = Danke, dass Sie gewählt haben
voting-receipt = Ihr Beleg
voting-receipt-position = Ihr versiegelter Stimmzettel ist die Nummer { NUMBER($position) } in der Kette dieser Wahl. Bewahren Sie den Beleg auf, wenn Sie später nachsehen wollen, ob er zählt.
voting-copy = Beleg kopieren
voting-copied = Der Beleg ist kopiert.
voting-print = Drucken
voting-check = Beleg prüfen (in einem neuen Tab)
voting-qr = QR-Code zu der Seite, auf der dieser Beleg geprüft wird
voting-proves = Was ein Beleg beweist
voting-proves-text = Dass der versiegelte Stimmzettel mit diesem Beleg unverändert in der Kette der Wahl steht. Das kann jede Person prüfen, die den Beleg hat.
voting-proves-not = Was er nicht beweist
voting-proves-not-text = Wie Sie gewählt haben, oder dass Sie es waren. Niemand kann aus einem Beleg eine Auswahl lesen; Sie können ihn also allen zeigen.
voting-done = Ihr Wahlcode ist jetzt verbraucht. Sie können diese Seite schließen.

voting-replaced = Es gibt einen neueren Link für Sie
voting-replaced-text = Sie haben inzwischen einen neueren Link bekommen; der, den Sie benutzt haben, gilt nicht mehr.
voting-replaced-do = Benutzen Sie den Link in Ihrer neuesten E-Mail. Fehlt sie, sehen Sie im Spam-Ordner nach, oder lassen Sie sich den Link noch einmal schicken.
voting-expired = Dieser Link ist abgelaufen
voting-expired-text = Wahllinks gelten nur eine bestimmte Zeit, und die von diesem ist um. Ihre Stimme ist nicht abgegeben.
voting-expired-do = Lassen Sie sich einen neuen Link an die Adresse schicken, mit der Sie im Verzeichnis der Stimmberechtigten stehen.
voting-used = Sie haben schon gewählt
voting-used-text = Mit diesem Wahlcode wurde ein Stimmzettel abgegeben. Jeder Code zählt einmal; Sie müssen also nichts mehr tun.
voting-used-do = Der Beleg wurde bei der Abgabe gezeigt, in dem Tab, in dem Sie gewählt haben. Wenn nicht Sie gewählt haben, sagen Sie das bitte sofort der Wahlleitung.
voting-kept-receipt = Beleg dieser Stimme prüfen
voting-early = Die Wahl hat noch nicht begonnen
voting-early-text = Diese Wahl ist noch nicht geöffnet. Sie beginnt: { $when }.
voting-early-do = Ihr Link ist in Ordnung. Heben Sie die E-Mail auf und kommen Sie dann wieder.
voting-over = Die Wahl ist beendet
voting-over-text = Diese Wahl wurde geschlossen: { $when }. Es können keine Stimmen mehr abgegeben werden.
voting-over-do = Wenn Sie gewählt haben, zählt Ihre Stimme. Wenn nicht, weiß die Wahlleitung mehr.
voting-unknown = Noch wissen wir nicht, ob Ihre Stimme angekommen ist
voting-unknown-text = Die Verbindung ist abgebrochen, während Ihre Stimme festgehalten wurde.
voting-unknown-do = Bitte schicken Sie sie noch einmal. Sie zählt einmal, wie oft Sie sie auch schicken, und Sie bekommen den Beleg.
voting-down = Wir können gerade nicht antworten
voting-down-text = Der Dienst ist überlastet oder einen Moment lang gestört. Nichts ist verloren: Diese Seite enthält, was Sie geschickt haben.
voting-down-do = Bitte warten Sie einige Sekunden und schicken Sie es noch einmal. Nichts zählt doppelt.
voting-send-again = Noch einmal schicken
voting-look-again = Noch einmal nachsehen
voting-see-results = Ergebnis ansehen

voting-link-title = Link noch einmal schicken
voting-link-lead = Nennen Sie uns die Adresse, mit der Sie im Verzeichnis der Stimmberechtigten stehen; Ihr Wahllink geht noch einmal dorthin.
voting-link-hint = Die Adresse, an die Ihre Einladung ging.
voting-link-send = Meinen Link schicken
voting-have-code = Ich habe meinen Wahlcode
done-link-requested = Wenn diese Adresse im Verzeichnis steht und noch nicht gewählt hat, ist ihr Link unterwegs. Sehen Sie in Ihr Postfach, auch in den Spam-Ordner.

receipt-title = Beleg prüfen
receipt-title-of = Beleg prüfen: { $title }
receipt-lead = Wer gewählt hat, hat einen Beleg. Hier sehen Sie, ob sein Stimmzettel zu denen gehört, die zählen.
receipt-field = Beleg
receipt-hint = 64 Zeichen, die Ziffern 0 bis 9 und die Buchstaben a bis f. Leerzeichen spielen keine Rolle.
receipt-unreadable = { $found ->
    [0] Bitte geben Sie den Beleg ein.
    [64] Das ist kein Beleg: Es sind andere Zeichen darin als 0 bis 9 und a bis f.
   *[other] Das ist kein Beleg: Er hat { NUMBER($found) } statt 64 Zeichen.
}
receipt-check = Prüfen
receipt-included = Dieser Stimmzettel ist enthalten.
receipt-included-text = Er ist die Nummer { NUMBER($position) } in der Kette dieser Wahl, und er zählt.
receipt-missing = Kein Stimmzettel dieser Wahl hat diesen Beleg.
receipt-missing-text = Das kann Folgendes heißen:
receipt-missing-typed = Er wurde falsch abgetippt. Bitte vergleichen Sie ihn Gruppe für Gruppe mit Ihrem.
receipt-missing-elsewhere = Er gehört zu einer anderen Wahl. Prüfen Sie ihn auf deren Seite.
receipt-missing-tell = Trifft beides nicht zu, wenden Sie sich an die Wahlleitung und zeigen Sie ihr den Beleg. Er verrät Ihre Auswahl nicht.
