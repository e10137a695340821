# Das Entwicklungs-Postfach der Vorführung.

inbox-title = Entwicklungs-Postfach
inbox-lead = Die E-Mails dieser Vorführung bleiben hier, statt hinauszugehen. Die neuesten stehen oben.
inbox-empty = Noch keine E-Mail. Verschicken Sie Einladungen und laden Sie diese Seite dann neu.
inbox-no-subject = (ohne Betreff)
inbox-back = Zurück zum Postfach
inbox-from = Von
inbox-to = An
inbox-written = Geschrieben
inbox-message-id = Message-ID
inbox-text = Text
inbox-html = HTML
inbox-html-frame = Der HTML-Teil der E-Mail
