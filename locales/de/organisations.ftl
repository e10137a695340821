# Organisationen, ihre Mitglieder und Einladungen.

organisations-heading = Organisationen
organisations-text = Wer zu einer Organisation gehört, sieht deren Wahlen.
organisation-choose = Organisation
organisation-choose-hint = Wer sie besitzt oder verwaltet, führt die Wahl mit Ihnen durch. Das lässt sich später nicht ändern.
organisation-back = Zu den Wahlen
organisation-new = Neue Organisation
organisation-new-lead = Für Wahlen, die Sie gemeinsam mit anderen durchführen. Sie gehört zunächst Ihnen allein.
organisation-new-button = Organisation anlegen
organisation-name = Name
organisation-name-hint = Die Stimmberechtigten lesen ihn in ihrer Einladung.
organisation-rename = Organisation umbenennen
organisation-you-owner = Sie sind hier in leitender Rolle: Sie führen die Organisation und ihre Wahlen.
organisation-you-manager = Sie verwalten hier Wahlen.
organisation-you-observer = Sie beobachten hier: Sie sehen Wahlen, Beteiligung, Protokoll und Ergebnisse.
organisation-delete = Organisation löschen
organisation-delete-heading = { $name } löschen?
organisation-delete-text = Ihre Wahlen verschwinden für alle Mitglieder, und Entwürfe werden gelöscht. Veröffentlichte Ergebnisse bleiben öffentlich, und die Aufzeichnungen werden aufbewahrt. Das lässt sich nicht rückgängig machen.
organisation-delete-button = { $name } löschen
organisation-runs = Eine Wahl dieser Organisation läuft oder wartet auf ihre Öffnung. Bitte schließen Sie diese zuerst.
organisation-personal = Ihre persönliche Organisation bleibt, solange es Ihr Konto gibt.
done-organisation-created = Die Organisation ist angelegt. Laden Sie nun ein, wer mit Ihnen arbeitet.
done-organisation-renamed = Die Organisation hat ihren neuen Namen.
done-organisation-deleted = Die Organisation ist gelöscht.

role-owner = Leitung
role-owner-meaning = Alles, auch wer zur Organisation gehört.
role-manager = Verwaltung
role-manager-meaning = Führt Wahlen durch: Stimmzettel, Stimmberechtigte, E-Mails, Öffnen und Schließen.
role-observer = Beobachtung
role-observer-meaning = Sieht Wahlen, Beteiligung, Protokoll und Ergebnisse und ändert nichts.

members-heading = { $count ->
    [one] Ein Mitglied
   *[other] { NUMBER($count) } Mitglieder
}
members-more = Weitere Mitglieder
member-role = Rolle
member-since = Seit
member-standing = { $role }, seit { $day }
member-you = Sie
member-leave = Organisation verlassen
member-leave-text = Sie sehen { $organisation } und die Wahlen dort dann nicht mehr. Nur eine neue Einladung bringt Sie zurück.
member-leave-button = { $organisation } verlassen
member-remove = Aus der Organisation entfernen
member-remove-text = { $name } sieht die Organisation und ihre Wahlen dann nicht mehr. Was getan wurde, bleibt im Protokoll.
member-remove-button = { $name } entfernen
member-last-owner = Jemand muss die Organisation leiten. Geben Sie diese Rolle zuerst einer weiteren Person.
member-personal = Dies ist die persönliche Organisation dieses Kontos, das sie weiter leitet.
member-already = Diese Adresse gehört schon zu einem Mitglied. Um die Rolle zu ändern, wählen Sie oben das Mitglied.
done-role-changed = Die Rolle ist geändert.
done-member-removed = Das Mitglied ist entfernt.
done-left = Sie haben die Organisation verlassen.

invite-heading = Jemanden einladen
invite-text = Wir senden einen Link, der sieben Tage lang gilt, und zwar nur für diese Adresse. Wer noch kein Konto hat, legt zuerst eines an.
invite-button = Einladung senden
done-invited = Die Einladung ist unterwegs.
pending-heading = { $count ->
    [one] Eine Einladung wartet auf Antwort
   *[other] { NUMBER($count) } Einladungen warten auf Antwort
}
pending-standing = { $role }, gilt bis { $day }
pending-take-back = Zurückziehen
pending-take-back-of = Einladung an { $email } zurückziehen
done-invitation-taken-back = Die Einladung ist zurückgezogen, ihr Link gilt nicht mehr.

invitation-title = Einladung annehmen
invitation-lead = Sie sind angemeldet als { $email }. Die Einladung muss an diese Adresse gegangen sein.
invitation-sign-in = Melden Sie sich mit der Adresse an, an die die Einladung ging.
invitation-register = Wenn Sie jetzt ein Konto anlegen: Bestätigen Sie die Adresse, melden Sie sich an, und öffnen Sie dann den Link der Einladung noch einmal.
invitation-button = Der Organisation beitreten
done-joined = Willkommen. Sie gehören nun zu dieser Organisation.
