# Das eigene Konto: Profil, Adresse, Passwort, Sitzungen, zweiter Faktor, Löschen.

account-link = Konto
account-title = Ihr Konto
account-back = Zu Ihrem Konto
account-profile = Profil
account-name = Ihr Name
account-name-hint = Die Mitglieder Ihrer Organisationen sehen ihn. Er darf leer bleiben.
account-name-save = Namen speichern
account-access = Anmeldung
done-account-renamed = Ihr Name ist gespeichert.

account-email-change = Adresse ändern
account-email-title = E-Mail-Adresse ändern
account-email-lead = Ihr Konto gehört zu { $email }.
account-email-new = Neue E-Mail-Adresse
account-email-hint = Wir schicken einen Link dorthin. Erst wenn Sie ihm folgen, gilt die neue Adresse.
account-email-button = Link schicken
account-email-mailed = Wir haben eine E-Mail an { $email } geschickt. Bestätigen Sie die Änderung mit dem Link darin. Bis dahin bleibt Ihre jetzige Adresse, und auch dorthin haben wir eine Nachricht geschickt.

account-password-text = Nur Ihnen bekannt.
account-password-change = Passwort ändern
account-password-lead = Alle anderen Geräte werden abgemeldet.
account-password-current = Jetziges Passwort
done-account-password-changed = Ihr Passwort ist geändert, und alle anderen Geräte sind abgemeldet.

account-sessions = { $count ->
    [one] Eine Sitzung
   *[other] { NUMBER($count) } Sitzungen
}
account-sessions-text = Jeder Browser und jedes Programm, das in Ihrem Konto angemeldet ist. Beenden Sie, was Sie nicht kennen oder nicht mehr nutzen.
account-sessions-more = Ältere Sitzungen
account-sessions-end = Alle anderen Sitzungen beenden
account-session-browser = Browser
account-session-program = Programm
account-session-this = diese
account-session-since = seit { $moment }
account-session-end = Beenden
done-account-session-ended = Die Sitzung ist beendet.
done-account-sessions-ended = Alle anderen Sitzungen sind beendet.

account-second-factor = Zweiter Faktor
account-second-factor-text = Ein Code aus einer App auf Ihrem Telefon, zusätzlich zum Passwort.
account-on = an
account-off = aus
account-second-factor-set-up = Einrichten
account-second-factor-switch-off = Ausschalten
account-second-factor-on-lead = Zum Anmelden braucht es neben dem Passwort einen Code aus Ihrer App.
account-second-factor-off-lead = Damit reicht ein gestohlenes Passwort allein nicht aus: Zum Anmelden braucht es auch einen Code aus einer App auf Ihrem Telefon.
account-second-factor-steps = Sie brauchen eine App für solche Codes, auch Authenticator genannt. Bestätigen Sie zuerst, dass Sie es sind.
account-second-factor-begin = Weiter
account-code = Code
account-code-hint = Sechs Ziffern, die Ihre App zeigt. Sie wechseln jede halbe Minute.
account-code-or-recovery = Der Code aus Ihrer App oder ein Wiederherstellungscode.
account-confirm-title = Zweiten Faktor einrichten
account-scan = Code mit der App einlesen
account-scan-text = Fügen Sie in der App ein Konto hinzu, und richten Sie die Kamera auf dieses Bild.
account-qr = QR-Code, der die App einrichtet
account-secret = Keine Kamera? Geben Sie diesen Schlüssel in die App ein:
account-open-app = In einer App auf diesem Gerät öffnen
account-confirm = Ersten Code eingeben
account-confirm-button = Einschalten
account-start-over = Mit einem anderen Schlüssel neu beginnen
account-codes-step = Der zweite Faktor ist eingeschaltet
account-codes-title = Bewahren Sie diese Codes gut auf
account-codes-lead = Wenn Sie das Telefon verlieren, können Sie sich mit jedem dieser Codes einmal anmelden. Sie werden nur jetzt gezeigt: Drucken Sie sie aus, oder legen Sie sie in Ihren Passwort-Manager.
account-codes = Wiederherstellungscodes
account-codes-copy = Kopieren
account-codes-copied = Die Codes sind kopiert.
account-codes-print = Drucken
account-codes-kept = Ich habe die Codes aufbewahrt
done-account-second-factor-off = Der zweite Faktor ist ausgeschaltet. Zum Anmelden reicht das Passwort.

account-delete = Konto löschen
account-delete-text = Bevor Sie bestätigen, sagen wir Ihnen, was mit Ihren Wahlen geschieht.
account-delete-title = Ihr Konto löschen?
account-delete-lead = Das Konto von { $email } wird gelöscht. Das lässt sich nicht rückgängig machen.
account-delete-happens = Was geschieht
account-delete-drafts = { $count ->
    [0] Sie haben keine Entwürfe, die gelöscht würden.
    [one] Ein Entwurf wird gelöscht.
   *[other] { NUMBER($count) } Entwürfe werden gelöscht.
}
account-delete-kept = { $count ->
    [0] Sie haben keine abgeschlossenen Wahlen, die zurückblieben.
    [one] Eine abgeschlossene Wahl bleibt, und öffentliche Ergebnisse bleiben öffentlich.
   *[other] { NUMBER($count) } abgeschlossene Wahlen bleiben, und öffentliche Ergebnisse bleiben öffentlich.
}
account-delete-shared = Wahlen von Organisationen, die noch jemand anderes leitet, gehen ohne Sie weiter.
account-delete-erased = Ihr Name und Ihre Adresse werden gelöscht, und Sie werden überall abgemeldet. Die Aufzeichnungen über das Geschehene bleiben.
account-delete-hint = Damit sicher ist, dass Sie es sind.
account-delete-button = Mein Konto endgültig löschen
account-delete-blocked = Ihr Konto lässt sich noch nicht löschen: Etwas bliebe ohne Leitung zurück.
account-delete-blocking = Was im Weg steht
account-delete-open = { $count ->
    [one] Eine Wahl läuft oder wartet auf ihre Öffnung oder Auszählung. Schließen Sie sie zuerst.
   *[other] { NUMBER($count) } Wahlen laufen oder warten auf ihre Öffnung oder Auszählung. Schließen Sie sie zuerst.
}
account-delete-members = { $count ->
    [one] Ein weiteres Mitglied bliebe ohne Leitung. Geben Sie jemand anderem die Leitung, oder löschen Sie die Organisation.
   *[other] { NUMBER($count) } weitere Mitglieder blieben ohne Leitung. Geben Sie jemand anderem die Leitung, oder löschen Sie die Organisation.
}
done-account-deleted = Ihr Konto ist gelöscht.
