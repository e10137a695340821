# Die Startseite.

home-title = Geheime Wahlen
home-heading = Wahlen, denen alle vertrauen können
home-lead = Mit uvote wählen Schülervertretungen, Vorstände, Gewerkschaften und Vereine geheim: persönliche Links per E-Mail, Wahlbeteiligung im selben Augenblick und Ergebnisse, die alle nachprüfen können.
home-dashboard = Zu meinen Wahlen
home-voters = Sie wollen wählen? Benutzen Sie den Link in Ihrer E-Mail. Ein Konto brauchen Sie nicht.
home-docs = Programmierschnittstelle
home-picture = Ein Stimmzettel mit drei Möglichkeiten, von denen eine angekreuzt ist, und ein Ring, der 68 Prozent Wahlbeteiligung zeigt
home-picture-contest = Wer soll den Rat leiten?
home-picture-turnout = { NUMBER($cast) } von { NUMBER($eligible) } haben gewählt
home-how = So geht es
home-organisers = Vorbereiten
home-organisers-text = Schreiben Sie den Stimmzettel, fügen Sie das Verzeichnis der Stimmberechtigten ein und verschicken Sie die Einladungen. Sehen Sie dann zu, wie die Beteiligung wächst, und erinnern Sie alle, die noch nicht gewählt haben.
home-voting = Wählen
home-voting-text = Link öffnen, wählen, bestätigen, Beleg aufheben: Das dauert auf dem Telefon eine Minute, und vor der Bestätigung zählt nichts.
home-everyone = Nachprüfen
home-everyone-text = Jeder Stimmzettel wird versiegelt, gemischt und zu einer Kette verbunden. Ein Beleg zeigt, dass eine Stimme zählt, und verrät nichts über die Auswahl.
