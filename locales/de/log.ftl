# Das Protokoll einer Organisation: was mit ihr geschehen ist, ihre Wahlen ausgenommen.

log-link = Protokoll der Organisation
log-title = Protokoll
log-lead = Wer eingeladen wurde, beitrat, ausschied oder eine andere Rolle bekam, und was sonst mit der Organisation geschah. Jede Wahl hat ein eigenes Protokoll.
log-check-heading = Prüfung
log-elections = Wahlen
log-elections-text = Das Protokoll jeder Wahl:
log-elections-none = Noch gibt es keine Wahl. Jede bekommt ein eigenes Protokoll.
log-elections-more = Weitere Wahlen
log-nothing = Zur Organisation selbst gibt es noch keine Einträge.
log-hint = { $total ->
    [one] 1 Eintrag zur Organisation selbst.
   *[other] { NUMBER($total) } Einträge zur Organisation selbst, die neuesten zuerst.
} Die Zeiten gelten für { $zone }. Nummern fehlen, wo im Protokoll anderes steht, etwa die Änderung einer Wahl.
log-own = Ihre Anmeldungen und Änderungen Ihres Passworts sehen nur Sie:
log-own-link = Aktivität Ihres Kontos
