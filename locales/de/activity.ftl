# Was mit dem eigenen Konto geschehen ist, nur für seine Inhaberin oder seinen Inhaber.

activity-title = Aktivität
activity-text = Anmeldungen, Fehlversuche und Änderungen.
activity-show = Ansehen
activity-lead = Anmeldungen in Ihrem Konto, gescheiterte Versuche und Änderungen. Das sehen nur Sie.
activity-doubt = Waren Sie das?
activity-doubt-text = Wer Ihr Passwort kennt, erscheint hier als Sie. Wenn Sie eine Anmeldung sehen, zu deren Zeit Sie sich nicht angemeldet haben, oder eine Änderung, die nicht von Ihnen stammt:
activity-doubt-password = Ändern Sie jetzt Ihr Passwort. Das beendet auch alle anderen Sitzungen.
activity-doubt-sessions = Sehen Sie Ihre Sitzungen durch, und beenden Sie, was Sie nicht kennen.
activity-doubt-second-factor = Schalten Sie den zweiten Faktor ein, damit ein Passwort allein niemanden hereinlässt:
activity-sessions = Ihre Sitzungen
activity-hint = { $total ->
    [one] 1 Eintrag.
   *[other] { NUMBER($total) } Einträge, die neuesten zuerst.
} Die Zeiten gelten für { $zone }. Von wo sich jemand angemeldet hat, halten wir nicht fest.
