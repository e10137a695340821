# Das Protokoll: Sätze für das, was geschehen ist, und die Prüfungen.

audit-checks = Prüfungen
audit-log-heading = Das Protokoll
audit-log-proves = Zeigt, dass kein Eintrag nachträglich geändert, entfernt oder eingeschoben wurde.
audit-log-limits = Was nie aufgeschrieben wurde, zeigt die Prüfung nicht, und auch nicht, ob jemand mit Zugriff auf den ganzen Server das Protokoll neu geschrieben hat. Das würde ein Fingerabdruck verraten, den Sie früher notiert haben.
audit-log-check = Protokoll prüfen
audit-log-intact = { $records ->
    [one] Das Protokoll ist lückenlos: 1 Eintrag, alles in Ihrer Organisation mitgezählt.
   *[other] Das Protokoll ist lückenlos: { NUMBER($records) } Einträge, alles in Ihrer Organisation mitgezählt.
}
audit-log-broken = Das Protokoll ist beschädigt. Der erste Eintrag, der nicht passt, hat die Nummer { NUMBER($position) }: Er oder was dort stand, wurde geändert oder entfernt. Bitte bewahren Sie eine Kopie der Datenbank auf, wie sie ist, und benachrichtigen Sie die Stelle, die diesen Dienst betreibt.

audit-ballots-heading = Die Stimmzettel
audit-ballots-proves = Zeigt, dass kein Stimmzettel geändert, ausgetauscht oder entfernt wurde und dass alle zusammen, noch einmal geöffnet, die Auszählung ergeben.
audit-ballots-limits = Ob die richtigen Personen gewählt haben, zeigt die Prüfung nicht; dafür stehen das Wahlverzeichnis und die Postfächer. Dass der eigene Stimmzettel dabei ist, prüfen die Wählenden mit ihrem Beleg.
audit-ballots-draft = Es gibt noch nichts zu prüfen. Sobald die Wahl offen ist, können Sie die Kette der Stimmzettel hier jederzeit prüfen lassen.
audit-ballots-check = Stimmzettel prüfen
audit-ballots-intact = { $ballots ->
    [0] Noch wurde kein Stimmzettel abgegeben, und die Kette steht an ihrem Anfang.
    [one] 1 Stimmzettel, und die Kette ist lückenlos.
   *[other] { NUMBER($ballots) } Stimmzettel, und die Kette ist lückenlos.
}
audit-ballots-broken = { $ballots ->
    [one] 1 Stimmzettel wurde gelesen, und die Kette ist beschädigt: Ein Stimmzettel wurde geändert, ausgetauscht oder entfernt.
   *[other] { NUMBER($ballots) } Stimmzettel wurden gelesen, und die Kette ist beschädigt: Ein Stimmzettel wurde geändert, ausgetauscht oder entfernt.
} Bitte bewahren Sie eine Kopie der Datenbank auf, wie sie ist, und benachrichtigen Sie die Stelle, die diesen Dienst betreibt.
audit-recount-matches = Noch einmal geöffnet und gezählt, stimmen sie mit der Auszählung überein.
audit-recount-running = Noch einmal geöffnet und gezählt, stimmen sie mit dem laufenden Stand überein. Die endgültige Auszählung folgt mit dem Ende der Wahl.
audit-recount-differs = Noch einmal geöffnet und gezählt, stimmen sie nicht mit der Auszählung überein.
audit-recount-impossible = Sie lassen sich nicht mehr öffnen, weil der Schlüssel vernichtet ist; der Kette kann man weiterhin folgen.
audit-ballots-head = Fingerabdruck des letzten Stimmzettels:

audit-records = Was geschehen ist
audit-records-hint = { $total ->
    [one] 1 Eintrag zu dieser Wahl.
   *[other] { NUMBER($total) } Einträge zu dieser Wahl, die neuesten zuerst.
} Die Zeiten gelten für { $zone }. Nummern fehlen, wo im Protokoll der Organisation anderes steht, etwa eine Anmeldung. Nichts hier verrät, wer gewählt hat oder wann.
audit-newest = Zurück zu den neuesten Einträgen
audit-older = Ältere Einträge
audit-record = Eintrag { NUMBER($position) }
audit-record-action = Vorgang
audit-record-actor = Ausgeführt von
audit-record-details = Einzelheiten
audit-record-hash = Fingerabdruck
audit-record-previous = Des Eintrags davor

audit-who-system = Das System
audit-who-former = Ein ehemaliges Mitglied
audit-member-former = einem ehemaligen Mitglied

audit-did-election-created = { $duplicate_of ->
    [none] { $contests ->
        [0] { $who } hat die Wahl angelegt.
        [one] { $who } hat die Wahl mit einer Abstimmung angelegt.
       *[other] { $who } hat die Wahl mit { NUMBER($contests) } Abstimmungen angelegt.
    }
   *[other] { $who } hat die Wahl als Kopie einer anderen angelegt.
}
audit-did-election-updated = { $who } hat { $fields } geändert.
audit-did-election-activated = { $eligible ->
    [one] { $who } hat die Wahl zur Durchführung freigegeben: Der Stimmzettel steht fest, und 1 Person ist stimmberechtigt.
   *[other] { $who } hat die Wahl zur Durchführung freigegeben: Der Stimmzettel steht fest, und { NUMBER($eligible) } Personen sind stimmberechtigt.
}
audit-did-election-opened = { $who } hat die Wahl für die Stimmabgabe geöffnet.
audit-did-election-closed = { $ballots_cast ->
    [one] { $who } hat die Wahl geschlossen, mit 1 Stimmzettel von { NUMBER($eligible) }.
   *[other] { $who } hat die Wahl geschlossen, mit { NUMBER($ballots_cast) } Stimmzetteln von { NUMBER($eligible) }.
}
audit-did-election-counted = { $actor ->
    [system] { $who } hat alle Stimmzettel geöffnet und ausgezählt; sie stimmen mit dem laufenden Stand überein.
   *[account] { $who } hat alle Stimmzettel öffnen und auszählen lassen; sie stimmen mit dem laufenden Stand überein.
}
audit-did-election-count_disputed = { $chain_intact ->
    [false] { $who } hat festgestellt, dass die Kette der Stimmzettel beschädigt ist; nichts wurde veröffentlicht.
   *[other] { $who } hat festgestellt, dass die Stimmzettel nicht mit dem laufenden Stand übereinstimmen; nichts wurde veröffentlicht.
} { $unreadable ->
    [0] Alle { NUMBER($ballots) } waren lesbar.
   *[other] { NUMBER($unreadable) } von { NUMBER($ballots) } waren nicht lesbar.
}
audit-did-election-published = { $who } hat die Ergebnisse veröffentlicht.
audit-did-election-archived = { $who } hat die Wahl abgelegt.
audit-did-election-deleted = { $who } hat die Wahl gelöscht.
audit-did-election-restored = { $who } hat die gelöschte Wahl zurückgeholt.
audit-did-voters-imported = { $imported ->
    [0] { $who } hat eine Liste eingelesen, die niemanden hinzugefügt hat
    [one] { $who } hat aus einer Liste 1 stimmberechtigte Person hinzugefügt
   *[other] { $who } hat aus einer Liste { NUMBER($imported) } Stimmberechtigte hinzugefügt
}{ $updated ->
    [0] .
    [one] ; bei 1 schon eingetragenen Person hat sich der Name geändert.
   *[other] ; bei { NUMBER($updated) } schon eingetragenen Personen hat sich der Name geändert.
}
audit-did-voter-added = { $who } hat eine stimmberechtigte Person hinzugefügt.
audit-did-voter-updated = { $address_changed ->
    [true] { $who } hat die Adresse einer stimmberechtigten Person berichtigt.
   *[other] { $who } hat den Namen einer stimmberechtigten Person berichtigt.
}
audit-did-voter-removed = { $who } hat eine Person aus dem Wahlverzeichnis gestrichen.
audit-did-invitations-sent = { $to ->
    [not_voted] { $voters ->
        [one] { $who } hat 1 Person, die noch nicht gewählt hatte, eine Erinnerung geschickt.
       *[other] { $who } hat { NUMBER($voters) } Personen, die noch nicht gewählt hatten, eine Erinnerung geschickt.
    }
   *[other] { $voters ->
        [one] { $who } hat 1 stimmberechtigten Person die Einladung geschickt.
       *[other] { $who } hat { NUMBER($voters) } Stimmberechtigten die Einladung geschickt.
    }
}
audit-did-invitations-stopped = { $who } hat den Versand von E-Mails angehalten.
audit-did-invitation-resent = { $who } hat einer stimmberechtigten Person einen Link geschickt; ältere gelten nicht mehr.
audit-did-results-viewed = { $ballots ->
    [one] { $who } hat die Ergebnisse vor der Veröffentlichung angesehen, bei 1 Stimmzettel.
   *[other] { $who } hat die Ergebnisse vor der Veröffentlichung angesehen, bei { NUMBER($ballots) } Stimmzetteln.
}
audit-did-result_notices-sent = { $voters ->
    [one] { $who } hat 1 Person den Weg zu den Ergebnissen geschickt.
   *[other] { $who } hat { NUMBER($voters) } Personen den Weg zu den Ergebnissen geschickt.
}
audit-did-organisation-created = { $who } hat die Organisation angelegt.
audit-did-organisation-renamed = { $who } hat der Organisation einen anderen Namen gegeben.
audit-did-organisation-deleted = { $who } hat die Organisation gelöscht.
audit-did-member-invited = { $role ->
    [owner] { $who } hat jemanden in die Leitung eingeladen.
    [manager] { $who } hat jemanden in die Verwaltung eingeladen.
   *[observer] { $who } hat jemanden zur Beobachtung eingeladen.
}
audit-did-member-invitation_taken_back = { $who } hat eine Einladung zurückgezogen.
audit-did-member-joined = { $role ->
    [owner] { $who } ist der Leitung beigetreten.
    [manager] { $who } ist der Verwaltung beigetreten.
   *[observer] { $who } ist zur Beobachtung beigetreten.
}
audit-did-member-role_changed = { $actor ->
    [self] { $who } hat die eigene Rolle gewechselt
   *[account] { $who } hat { $member } eine andere Rolle gegeben
}: { $role ->
    [owner] Leitung
    [manager] Verwaltung
   *[observer] Beobachtung
}, vorher { $previous_role ->
    [owner] Leitung.
    [manager] Verwaltung.
   *[observer] Beobachtung.
}
audit-did-member-removed = { $actor ->
    [self] { $who } hat die Organisation verlassen.
   *[account] { $role ->
        [owner] { $who } hat ein Mitglied der Leitung entfernt.
        [manager] { $who } hat ein Mitglied der Verwaltung entfernt.
        [observer] { $who } hat ein beobachtendes Mitglied entfernt.
       *[none] { $who } hat ein Mitglied entfernt, dessen Konto gelöscht wurde.
    }
}

# Das liest nur, wem das Konto gehört, und wird darin angesprochen.
audit-did-account-verified = Sie haben Ihre E-Mail-Adresse bestätigt.
audit-did-account-signed_in = Sie haben sich angemeldet.
audit-did-account-sign_in_failed = Jemand hat für Ihr Konto ein falsches Passwort oder einen falschen Code angegeben.
audit-did-account-locked = { $actor ->
    [system] Ihr Konto wurde nach fünf falschen Passwörtern oder Codes für 15 Minuten gesperrt.
   *[account] { $sessions ->
        [0] Die Administration dieses Dienstes hat Ihr Konto gesperrt.
        [one] Die Administration dieses Dienstes hat Ihr Konto gesperrt; 1 Sitzung wurde beendet.
       *[other] Die Administration dieses Dienstes hat Ihr Konto gesperrt; { NUMBER($sessions) } Sitzungen wurden beendet.
    }
}
audit-did-account-unlocked = Die Administration dieses Dienstes hat Ihr Konto entsperrt.
audit-did-account-signed_out = { $sessions ->
    [0] Sie haben sich abgemeldet.
    [one] Sie haben sich abgemeldet.
   *[other] Sie haben sich überall abgemeldet: { NUMBER($sessions) } Sitzungen wurden beendet.
}
audit-did-account-session_ended = { $sessions ->
    [one] Sie haben eine Sitzung beendet.
   *[other] Sie haben { NUMBER($sessions) } Sitzungen beendet.
}
audit-did-account-refresh_token_reused = Eine Sitzung wurde beendet, weil ihr Schlüssel zweimal benutzt wurde: Jemand könnte ihn kopiert haben.
audit-did-account-updated = Sie haben Ihren Namen geändert.
audit-did-account-password_changed = { $sessions ->
    [0] Sie haben Ihr Passwort geändert.
    [one] Sie haben Ihr Passwort geändert; 1 andere Sitzung wurde beendet.
   *[other] Sie haben Ihr Passwort geändert; { NUMBER($sessions) } andere Sitzungen wurden beendet.
}
audit-did-account-password_reset = { $sessions ->
    [0] Sie haben über den Link in einer E-Mail ein neues Passwort gewählt.
    [one] Sie haben über den Link in einer E-Mail ein neues Passwort gewählt; 1 Sitzung wurde beendet.
   *[other] Sie haben über den Link in einer E-Mail ein neues Passwort gewählt; { NUMBER($sessions) } Sitzungen wurden beendet.
}
audit-did-account-email_change_asked = Sie wollten Ihre E-Mail-Adresse ändern.
audit-did-account-email_changed = Sie haben Ihre neue E-Mail-Adresse bestätigt.
audit-did-account-totp_enabled = Sie haben den zweiten Faktor eingeschaltet.
audit-did-account-totp_disabled = Sie haben den zweiten Faktor ausgeschaltet.
audit-did-account-recovery_code_used = Sie haben einen Wiederherstellungscode benutzt.
audit-did-account-admin_granted = Ihr Konto gehört jetzt zur Administration dieses Dienstes.
audit-did-account-admin_revoked = Ihr Konto gehört nicht mehr zur Administration dieses Dienstes.
audit-did-account-deleted = { $actor ->
    [self] Sie haben Ihr Konto gelöscht.
   *[account] Die Administration dieses Dienstes hat Ihr Konto gelöscht.
}
audit-did-other = { $who }: { $action }

audit-field-none = nichts
audit-field-list = { $others } und { $last }
audit-field-title = den Titel
audit-field-description = die Beschreibung
audit-field-contact_email = die Kontaktadresse
audit-field-opens_at = die Öffnungszeit
audit-field-closes_at = die Schließzeit
audit-field-time_zone = die Zeitzone
audit-field-language = die Sprache der E-Mails
audit-field-link_lifetime_hours = die Gültigkeit der Links
audit-field-invitation_message = den Einladungstext
audit-field-tally_visibility = die Sichtbarkeit des laufenden Stands
audit-field-publication = die Art der Veröffentlichung
audit-field-contests = die Abstimmungen
audit-field-candidates = die Kandidierenden
