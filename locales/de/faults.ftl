# Was an einer Angabe nicht stimmt, neben ihr gesagt, und warum etwas nicht ausgeführt wurde.

fault-empty = Bitte füllen Sie dieses Feld aus.
fault-not-one-line = Bitte schreiben Sie dies in eine Zeile, ohne Umbrüche und unsichtbare Zeichen.
fault-control-character = Dieser Text enthält unsichtbare Zeichen. Bitte tippen Sie ihn ein, statt ihn einzufügen.
fault-too-long = Bitte kürzen Sie dies auf höchstens { NUMBER($most) } Zeichen.
fault-out-of-range = Bitte geben Sie eine Zahl von { NUMBER($least) } bis { NUMBER($most) } an.
fault-link-lifetime = Bitte geben Sie { NUMBER($least) } bis { NUMBER($most) } Stunden an, also höchstens ein Jahr.

fault-email-missing = Bitte geben Sie eine E-Mail-Adresse an.
fault-email-too-long = Diese E-Mail-Adresse ist zu lang: Mailserver nehmen höchstens 254 Byte an.
fault-email-not-one-at = Eine E-Mail-Adresse hat genau ein @, wie name@example.org.
fault-email-blank = Eine E-Mail-Adresse enthält keine Leerzeichen. Bitte sehen Sie nach, ob sich eines eingeschlichen hat.
fault-email-local = Bitte prüfen Sie den Teil vor dem @. Erlaubt sind Buchstaben, Ziffern und Zeichen wie . _ + -, aber kein Punkt am Anfang oder Ende und keine zwei Punkte hintereinander.
fault-email-domain = Bitte prüfen Sie den Teil nach dem @. Er sollte wie example.org aussehen und mindestens einen Punkt enthalten.

fault-password-too-long = Dieses Passwort hat mehr als 256 Zeichen. Bitte wählen Sie ein kürzeres.
fault-password-too-short = Dieses Passwort ist zu kurz. Mit den Arten von Zeichen, aus denen es besteht, braucht es mindestens { NUMBER($needed) } davon. Ein paar ungewöhnliche Wörter ergeben ein gutes Passwort.
fault-password-guessable = Dieses Passwort ist leicht zu erraten.{ $warning ->
    [key-rows]{" "}Tastenreihen werden zuerst durchprobiert.
    [key-patterns]{" "}Kurze Muster auf der Tastatur werden zuerst durchprobiert.
    [repeats]{" "}Wiederholungen wie „aaa“ bringen nichts.
    [repeated-words]{" "}Wiederholungen wie „abcabcabc“ sind kaum besser als „abc“.
    [top-10]{" "}Es ist eines der zehn häufigsten Passwörter.
    [top-100]{" "}Es ist eines der hundert häufigsten Passwörter.
    [common]{" "}Es ist ein sehr häufiges Passwort.
    [similar-to-common]{" "}Es ähnelt einem sehr häufigen Passwort.
    [sequences]{" "}Folgen wie „abc“ oder „6543“ werden zuerst durchprobiert.
    [recent-years]{" "}Jahreszahlen der letzten Zeit werden zuerst durchprobiert.
    [one-word]{" "}Es besteht aus einem einzigen Wort.
    [dates]{" "}Kalenderdaten werden zuerst durchprobiert.
    [a-name]{" "}Es ist ein Name.
    [common-names]{" "}Häufige Namen werden zuerst durchprobiert.
   *[none] {""}
}{ $hint ->
    [capitals]{" "}Großbuchstaben helfen kaum.
    [all-capitals]{" "}Lauter Großbuchstaben sind so leicht zu erraten wie lauter kleine.
    [reversed]{" "}Rückwärts geschriebene Wörter helfen kaum.
    [substitutions]{" "}„@“ statt „a“ und Ähnliches hilft kaum.
    [longer-pattern]{" "}Ein Muster auf der Tastatur muss länger sein und öfter die Richtung wechseln.
    [no-repeats]{" "}Bitte verzichten Sie auf wiederholte Wörter und Zeichen.
    [no-sequences]{" "}Bitte verzichten Sie auf Folgen.
    [no-recent-years]{" "}Bitte verzichten Sie auf Jahreszahlen der letzten Zeit.
    [no-own-years]{" "}Bitte verzichten Sie auf Jahreszahlen, die mit Ihnen zu tun haben.
    [no-own-dates]{" "}Bitte verzichten Sie auf Kalenderdaten und Jahreszahlen, die mit Ihnen zu tun haben.
   *[none] {""}
}{" "}Ein paar ungewöhnliche Wörter hintereinander ergeben ein gutes Passwort.
fault-mailed-token-spent = Dieser Link wurde schon benutzt oder ist abgelaufen. Bitte registrieren Sie sich noch einmal, um einen neuen zu bekommen.
fault-reset-token-spent = Dieser Link wurde schon benutzt oder ist abgelaufen. Bitte fordern Sie einen neuen an.
fault-wrong-password = Das ist nicht Ihr Passwort. Nach mehreren Fehlversuchen ruht ein Konto eine Viertelstunde lang.
fault-wrong-password-or-code = Passwort oder Code ist falsch. Nach mehreren Fehlversuchen ruht ein Konto eine Viertelstunde lang.
fault-wrong-code = Das ist nicht der Code, den die App gerade zeigt. Warten Sie auf den nächsten, und prüfen Sie die Uhr des Geräts.

fault-invitation-spent = Diese Einladung wurde schon angenommen, ersetzt oder zurückgezogen, oder sie ist abgelaufen. Bitte lassen Sie sich eine neue schicken.
fault-invited-elsewhere = Diese Einladung ging an eine andere Adresse als die Ihres Kontos. Bitte melden Sie sich mit dem Konto jener Adresse an, oder lassen Sie sich unter Ihrer einladen.

fault-not-a-zone = Bitte wählen Sie eine Zeitzone, zum Beispiel Europe/Berlin.
fault-unknown-language = Bitte wählen Sie eine der Sprachen, in denen E-Mails geschrieben werden können: { $known }.
fault-not-a-time = Geben Sie einen Tag und eine Uhrzeit an, zum Beispiel 2026-11-21T18:00.
fault-year-out-of-range = Bitte wählen Sie ein Jahr von { $first } bis { $last }.
fault-closes-before-opening = Das Ende muss nach dem Beginn liegen.
fault-closes-earlier = Solange die Wahl läuft, lässt sich ihr Ende nur nach hinten verschieben. Um früher aufzuhören, schließen Sie die Wahl.
fault-closes-in-past = Bitte wählen Sie einen Zeitpunkt in der Zukunft.
fault-close-reached = Die Wahl ist gerade zu Ende gegangen. Der Zeitpunkt lässt sich nicht mehr verschieben.
fault-close-passed = Das Ende liegt schon in der Vergangenheit. Bitte wählen Sie ein späteres.

fault-too-many-contests = Auf einem Stimmzettel ist Platz für { NUMBER($most) } Abstimmungen.
fault-too-many-candidates = In einer Abstimmung ist Platz für { NUMBER($most) } Wahlvorschläge.
fault-no-contest = Bitte fügen Sie eine Abstimmung mit mindestens zwei Wahlvorschlägen hinzu.
fault-too-few-candidates = Bitte fügen Sie der Abstimmung „{ $contest }“ mindestens zwei Wahlvorschläge hinzu.
fault-no-voter = Bitte tragen Sie mindestens eine stimmberechtigte Person ins Wahlverzeichnis ein.

fault-bad-nonce = Das Formular wurde unterwegs beschädigt. Bitte öffnen Sie Ihren Wahl-Link noch einmal.
fault-unreadable-contest = Dieser Teil des Formulars wurde unterwegs beschädigt. Bitte öffnen Sie Ihren Wahl-Link noch einmal.
fault-unreadable-choice = Diese Auswahl wurde unterwegs beschädigt. Bitte wählen Sie noch einmal.
fault-contest-twice = Diese Abstimmung kam doppelt an. Bitte öffnen Sie Ihren Wahl-Link noch einmal.
fault-contest-missing = Bitte wählen Sie, oder kreuzen Sie die Enthaltung an.
fault-foreign-contest = Diese Abstimmung gehört nicht zu dieser Wahl. Bitte öffnen Sie Ihren Wahl-Link noch einmal.
fault-foreign-candidate = Etwas von Ihrer Auswahl steht in dieser Abstimmung nicht zur Wahl. Bitte wählen Sie noch einmal.
fault-candidate-twice = Sie haben zweimal dasselbe gewählt. Bitte kreuzen Sie jeden Wahlvorschlag höchstens einmal an.
fault-too-many-chosen = Bitte wählen Sie höchstens { NUMBER($most) }.
fault-blank-not-allowed = Eine Enthaltung ist hier nicht möglich. Bitte wählen Sie.

fault-file-empty = Die Datei ist leer. Bitte wählen Sie eine andere.
fault-file-utf16 = Diese Datei ist in UTF-16. Bitte speichern Sie sie noch einmal als „CSV UTF-8“.
fault-file-nul = Das ist keine reine Textdatei. Bitte speichern Sie Ihre Tabelle noch einmal als „CSV UTF-8“.
fault-file-no-email = Die erste Zeile muss die Spalten benennen, zum Beispiel email,first_name,last_name. Eine Spalte „email“ nennt sie nicht.
fault-file-column-twice = Die erste Zeile nennt die Spalte „{ $column }“ zweimal. Bitte behalten Sie eine davon.
fault-file-too-many-rows = Die Datei hat mehr als 1.000.000 Zeilen. Bitte verteilen Sie das Wahlverzeichnis auf mehrere Wahlen.
fault-file-no-voters = Die Datei hat eine Zeile mit Spaltennamen, aber darunter keine Stimmberechtigten.
fault-no-file = Bitte wählen Sie eine Datei.
fault-row-too-long = Diese Zeile ist länger als 64 KiB. Wahrscheinlich beginnt hier ein Anführungszeichen und endet nie.
fault-row-text-after-quote = Ein Anführungszeichen endet mitten in einem Feld. Schreiben Sie es innerhalb eines Feldes doppelt.
fault-row-unclosed-quote = In dieser Zeile beginnt ein Anführungszeichen und endet nie.
fault-row-too-many-fields = Diese Zeile hat { NUMBER($fields) } Felder, es gibt aber nur { NUMBER($columns) } Spalten. Setzen Sie ein Feld, das das Trennzeichen enthält, in Anführungszeichen.
fault-row-nul = Dieses Feld ist kein reiner Text. Bitte speichern Sie die Datei noch einmal als „CSV UTF-8“.
fault-row-duplicate = Diese Adresse steht schon in Zeile { $line }.
fault-row-long-name = Dieser Name hat mehr als { NUMBER($most) } Zeichen.
fault-row-control-in-name = Dieser Name enthält einen Zeilenumbruch oder ein anderes unsichtbares Zeichen.

fault-unknown-status = In einem solchen Zustand kann eine Wahl nicht sein.
fault-unknown-word = Diesen Wert gibt es hier nicht. Möglich sind: { $known }.
fault-bad-cursor = Diese Seite der Liste gibt es nicht. Bitte beginnen Sie bei der ersten.
fault-other = Das lässt sich nicht lesen: { $text }

refusal-not-found = Hier ist nichts, was Sie sehen dürfen. Vielleicht ist die Adresse falsch geschrieben, oder Sie müssen sich mit einem anderen Konto anmelden.
refusal-forbidden = Ihre Rolle in dieser Organisation erlaubt das nicht. Fragen Sie eine Person, die sie verwaltet.
refusal-wrong-state = Im jetzigen Zustand der Wahl ist das nicht möglich. Laden Sie die Seite neu, um zu sehen, wie es um sie steht.
refusal-not-ready = Die Wahl kann noch nicht geöffnet werden. Bitte ergänzen Sie, was noch fehlt.
refusal-has-ballots = Es wurden schon Stimmen abgegeben, daher lässt sich diese Wahl nicht löschen. Schließen Sie sie und legen Sie sie ab.
refusal-already-voted = Mit diesem Wahlcode wurde schon gewählt, und jeder zählt nur einmal. Wenn Sie das nicht waren, geben Sie bitte gleich der Wahlleitung Bescheid.
refusal-election-not-active = Diese Wahl ist nicht geöffnet. Sie hat noch nicht begonnen oder ist vorbei; in Ihrer Einladung steht, wann sie läuft.
refusal-conflict = Das verträgt sich nicht mit dem, was schon da ist, etwa mit einer Adresse, die bereits im Verzeichnis steht. Bitte prüfen Sie es.
refusal-count-disputed = Die Nachzählung stimmt nicht mit der laufenden Zählung überein. Nichts wird veröffentlicht, und alle Stimmen bleiben, wie sie sind. Bitte sagen Sie denen Bescheid, die diesen Dienst betreiben.
refusal-counting = Die Stimmen werden gerade ausgezählt. Bitte sehen Sie gleich noch einmal nach.
refusal-token-unknown = Dieser Wahlcode gehört nicht zu dieser Wahl. Bitte kopieren Sie den ganzen Code aus Ihrer E-Mail.
refusal-token-expired = Dieser Wahlcode ist abgelaufen. Sie können einen neuen Link anfordern.
refusal-token-replaced = Sie haben einen neueren Link bekommen, und dieser gilt nicht mehr. Bitte benutzen Sie den Link in Ihrer neuesten E-Mail.
refusal-invalid = So geht es noch nicht. Bitte ändern Sie, was bemängelt ist.
refusal-invalid-ballot = So kann dieser Stimmzettel nicht gezählt werden. Ihr Wahlcode ist nicht verbraucht: Bitte füllen Sie den Stimmzettel noch einmal aus.
refusal-results-hidden = Die Ergebnisse dieser Wahl sind noch nicht öffentlich.
refusal-import-rejected = Nichts wurde übernommen, weil sich einige Zeilen nicht lesen lassen. Bitte berichtigen Sie sie und laden Sie die Datei noch einmal hoch; wer schon im Wahlverzeichnis steht, stört dabei nicht.
refusal-busy = Gerade ist sehr viel los. Nichts wurde geändert; bitte versuchen Sie es gleich noch einmal.
refusal-rate-limited = Das war zu oft in kurzer Zeit. Nichts wurde geändert; bitte warten Sie eine Weile und versuchen Sie es dann noch einmal.
refusal-outcome-unknown = Ob dies angekommen ist, wissen wir nicht. Bitte senden Sie es noch einmal: Nichts wird doppelt gezählt.
refusal-unavailable = Der Dienst ist gerade nicht erreichbar. Bitte versuchen Sie es gleich noch einmal.
refusal-unauthenticated = Bitte melden Sie sich an, um fortzufahren.
refusal-invalid-credentials = Die Adresse oder das Passwort stimmt nicht, oder die Adresse wurde noch nicht bestätigt.
refusal-malformed = Was gesendet wurde, lässt sich nicht lesen. Bitte laden Sie die Seite neu und versuchen Sie es noch einmal.
refusal-too-large = Das ist größer, als wir annehmen können. Bitte wählen Sie etwas Kleineres.
refusal-unsupported-media-type = Diese Art von Datei können wir nicht lesen. Bitte wählen Sie eine andere.
refusal-method-not-allowed = So lässt sich diese Adresse nicht benutzen. Bitte gehen Sie zurück und versuchen Sie es noch einmal.
refusal-internal = Bei uns ist etwas schiefgegangen, und wir haben es festgehalten. Bitte versuchen Sie es noch einmal.
