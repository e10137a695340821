# E-Mails: Einladung, Erinnerung und Ergebnisse für Stimmberechtigte, und die Links zu einem Konto.
# Nach der Anrede geht es klein weiter.

mail-dear = Guten Tag { $name },
mail-hello = Guten Tag,
mail-link = { $label }:

mail-subject-invitation = Einladung zur Wahl: { $title }
mail-subject-reminder = Erinnerung an die Wahl: { $title }
mail-subject-specimen = [Muster] { $subject }
mail-specimen = Muster.
mail-specimen-means = Das bekommen die Stimmberechtigten zu lesen. Link und Wahlcode sind nur Beispiele; wählen lässt sich damit nicht.
mail-invites = { $organisation } lädt Sie zur Wahl ein:
mail-reminds = { $organisation } erinnert Sie daran, dass Sie noch wählen können:
mail-no-vote-yet = Von Ihnen ist noch keine Stimme vermerkt. Falls Sie gerade erst gewählt haben, müssen Sie nichts mehr tun.
mail-open-ballot = Stimmzettel öffnen
mail-vote-now = Jetzt wählen
mail-link-expires = Ihr Wahllink gilt bis { $at }.
mail-voting-ends = Die Wahl endet am { $at }.
mail-yours-alone = Der Wahllink ist nur für Sie bestimmt und gilt für eine einzige Stimmabgabe. Ihn zu öffnen verbraucht nichts: Ihre Stimme zählt erst, wenn Sie sie bestätigen. Wer den Link hat, kann an Ihrer Stelle wählen; leiten Sie diese E-Mail deshalb nicht weiter.
mail-link-fails = Wenn der Link nicht funktioniert, öffnen Sie { $page } und fügen Sie diesen Wahlcode ein:
mail-invitation-contact = Wenn auch das nicht klappt oder Sie eine Frage haben, schreiben Sie an { $contact }.
mail-invitation-ask = Wenn auch das nicht klappt oder Sie eine Frage haben, wenden Sie sich an { $organisation }.
mail-why = Sie bekommen diese E-Mail, weil { $organisation } Sie in das Verzeichnis der Stimmberechtigten dieser Wahl aufgenommen hat.

mail-subject-results = Ergebnisse: { $title }
mail-results-out = die Ergebnisse dieser Wahl liegen vor:
mail-see-results = Ergebnisse ansehen
mail-check-receipt = Mit dem Beleg, den Sie bei der Stimmabgabe bekommen haben, können Sie prüfen, dass Ihre Stimme zu den gezählten gehört.
mail-question-contact = Wenn Sie eine Frage haben, schreiben Sie an { $contact }.
mail-question-ask = Wenn Sie eine Frage haben, wenden Sie sich an { $organisation }.

mail-subject-verify = Bitte bestätigen Sie Ihre E-Mail-Adresse
mail-verify = mit dieser E-Mail-Adresse wurde ein Konto angelegt. Bestätigen Sie, dass die Adresse Ihnen gehört; dann können Sie sich anmelden.
mail-verify-button = Adresse bestätigen
mail-verify-otherwise = Wenn Sie kein Konto angelegt haben, brauchen Sie nichts zu tun: Ohne Ihre Bestätigung bleibt das Konto gesperrt.

mail-subject-known = Sie haben schon ein Konto
mail-known = jemand möchte diese E-Mail-Adresse für ein Konto verwenden, Sie haben damit aber schon eines. Wenn Sie es waren, melden Sie sich einfach damit an.
mail-sign-in = Anmelden
mail-forgotten = Haben Sie Ihr Passwort vergessen?
mail-known-otherwise = Wenn Sie es nicht waren, brauchen Sie nichts zu tun: An Ihrem Konto hat sich nichts geändert.

mail-reset = für Ihr Konto wurde ein neues Passwort angefordert.
mail-new-password = Neues Passwort wählen
mail-reset-otherwise = Wenn Sie es nicht angefordert haben, brauchen Sie nichts zu tun: Ihr Passwort bleibt, wie es ist.

mail-subject-new-address = Bitte bestätigen Sie Ihre neue E-Mail-Adresse
mail-new-address = diese E-Mail-Adresse wurde als neue Adresse eines Kontos angegeben. Bestätigen Sie, dass sie Ihnen gehört.
mail-new-address-button = Neue Adresse bestätigen
mail-new-address-otherwise = Wenn Sie die Änderung nicht veranlasst haben, brauchen Sie nichts zu tun: Das Konto behält seine alte Adresse.

mail-subject-join = Einladung zu { $organisation }
mail-join = Sie sind eingeladen, bei { $organisation } mitzuarbeiten, { $role }.
mail-join-by = { $inviter } lädt Sie ein, bei { $organisation } mitzuarbeiten, { $role }.
mail-role = { $role ->
    [owner] mit allen Rechten
    [manager] um Wahlen zu leiten
   *[observer] um Wahlen zu beobachten
}
mail-join-button = Einladung annehmen
mail-join-otherwise = Wenn Sie die Organisation nicht kennen, brauchen Sie nichts zu tun.

mail-notice-otherwise = Wenn Sie das nicht waren, kennt vielleicht jemand Ihr Passwort. Wählen Sie ein neues; damit werden auch alle Sitzungen beendet.
mail-subject-locked = Ihr Konto ist für 15 Minuten gesperrt
mail-locked = nach fünf fehlgeschlagenen Anmeldungen ist Ihr Konto für 15 Minuten gesperrt. Solange kann sich niemand anmelden, auch nicht mit dem richtigen Passwort. Ein neues Passwort hebt die Sperre sofort auf.
mail-subject-password-changed = Ihr Passwort wurde geändert
mail-password-changed = das Passwort Ihres Kontos wurde geändert.
mail-subject-address-changing = Ihr Konto soll eine andere E-Mail-Adresse bekommen
mail-address-changing = jemand, der Ihr Passwort kennt, hat für Ihr Konto eine andere E-Mail-Adresse eingetragen. Die Änderung gilt, sobald die neue Adresse bestätigt ist.
mail-subject-address-changed = Ihr Konto hat eine andere E-Mail-Adresse
mail-address-changed = Ihr Konto hat jetzt eine andere E-Mail-Adresse. Mit dieser hier melden Sie sich nicht mehr an. Wenn Sie das nicht wollten, wenden Sie sich sofort an die Betreiber dieses Dienstes.
mail-subject-totp-enabled = Zur Anmeldung gehört jetzt ein Code
mail-totp-enabled = der zweite Faktor Ihres Kontos wurde eingeschaltet. Zur Anmeldung gehört jetzt neben dem Passwort ein Code aus Ihrer App. Bewahren Sie die Wiederherstellungscodes sicher auf.
mail-subject-totp-disabled = Zur Anmeldung gehört kein Code mehr
mail-totp-disabled = der zweite Faktor Ihres Kontos wurde ausgeschaltet. Zur Anmeldung genügt das Passwort.
mail-subject-recovery-code = Ein Wiederherstellungscode wurde benutzt
mail-recovery-code = einer Ihrer Wiederherstellungscodes wurde anstelle eines Codes aus Ihrer App benutzt. Jeder gilt nur einmal.
