# Konto anlegen, anmelden, vergessenes Passwort.

email = E-Mail-Adresse
password = Passwort
new-password = Neues Passwort
password-hint = Mehrere Wörter merkt man sich leichter, und sie sind schwerer zu erraten als ein kurzes Rätsel. Höchstens 256 Zeichen.
mailed-code = Code aus der E-Mail
mailed-code-hint = Alles, was im Link auf das Zeichen # folgt.

register-title = Konto anlegen
register-lead = Für alle, die Wahlen organisieren. Zum Wählen braucht niemand ein Konto.
register-name = Ihr Name
register-button = Konto anlegen
register-have-account = Sie haben schon ein Konto?
register-mailed = Wir haben eine E-Mail an { $email } geschickt. Bestätigen Sie die Adresse mit dem Link darin und melden Sie sich dann an.
mailed-title = Sehen Sie in Ihr Postfach
mailed-nothing = Nach einigen Minuten noch nichts da? Sehen Sie im Spam-Ordner nach, oder versuchen Sie es noch einmal.
mailed-demo = Diese Vorführung verschickt nichts; ihre E-Mails liegen hier:

verify-title = Adresse bestätigen
verify-lead = Ein Druck auf den Knopf, und das Konto gehört Ihnen.
verify-button = Meine Adresse bestätigen
done-verified = Ihre Adresse ist bestätigt. Sie können sich jetzt anmelden.

login-title = Anmelden
login-button = Anmelden
login-code = Code (freiwillig)
login-code-hint = Nur wenn Sie den zweiten Faktor eingeschaltet haben: der Code aus Ihrer App oder ein Wiederherstellungscode.
login-forgot = Passwort vergessen?
login-no-account = Noch kein Konto?
login-refused = Die Anmeldung hat nicht geklappt.
login-refused-text = Prüfen Sie Adresse und Passwort. Ist das Konto neu, folgen Sie zuerst dem Link in unserer E-Mail. Nach mehreren Fehlversuchen ruht ein Konto eine Viertelstunde lang.
done-signed-out = Sie sind abgemeldet.

forgot-title = Passwort vergessen
forgot-lead = Nennen Sie uns Ihre Adresse, und wir schicken Ihnen einen Link, mit dem Sie ein neues Passwort wählen.
forgot-button = Link schicken
forgot-mailed = Falls zu { $email } ein Konto gehört, ist ein Link für ein neues Passwort unterwegs. Er gilt eine Stunde.
reset-title = Neues Passwort wählen
reset-button = Neues Passwort speichern
reset-again = Noch einen Link schicken
done-password-reset = Ihr Passwort ist geändert, und Sie sind überall abgemeldet. Melden Sie sich mit dem neuen an.
