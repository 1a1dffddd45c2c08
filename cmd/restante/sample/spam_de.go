package sample

var spamGerman = []kind{
	{lang: "de", gold: "spam", account: 0, n: 3, train: 4,
		from: []person{{"GEWINNZENTRALE", "gewinn@gluecksrad-gewinn.example"}, {"Lotto Auszahlung", "auszahlung@lotto-millionen.example"}},
		open: []string{"HERZLICHEN GLÜCKWUNSCH!!!", "Sehr geehrter Gewinner,", "Sie wurden AUSGEWÄHLT!"},
		pairs: []pair{
			{"Sie haben {#200-900}.000 EUR GEWONNEN!!!", "Ihre E-Mail-Adresse wurde gezogen und hat {#200-900}.000 EUR gewonnen. Ihre Gewinnnummer lautet {ref}. Fordern Sie Ihren Gewinn sofort an, sonst verfällt er."},
			{"Letzte Mahnung: Ihr Gewinn wartet", "Ihr Gewinn von {#10-90}.000 EUR in bar wurde noch nicht abgeholt. Klicken Sie jetzt und bestätigen Sie Ihre Bankverbindung, damit wir auszahlen können."},
			{"Gratis Gutschein nur heute", "Sie sind der millionste Besucher! Ein gratis Gutschein über {#100-500} EUR ist für Sie reserviert. Beantworten Sie drei Fragen und kassieren Sie sofort."},
		},
		rest: [][]string{
			{"Jetzt anfordern: http://gluecksrad-gewinn.example/{ref}", "Senden Sie uns sofort Name, Adresse und Kontonummer.", "Klicken Sie hier: http://lotto-millionen.example/gewinn/{ref}"},
			{"Das Angebot gilt nur noch {#6-24} Stunden!", "100% kostenlos und ohne Risiko!", "Bitte streng vertraulich behandeln."},
		}, dress: shout("GEWINN ABHOLEN")},
	{lang: "de", gold: "spam", account: 0, n: 3, train: 4,
		from: []person{{"Paketdienst", "info@paket-zustellung.example"}, {"Zollabfertigung", "gebuehr@zoll-paket.example"}},
		open: []string{"Sehr geehrter Kunde,", "Achtung,", "Lieber Empfänger,"},
		pairs: []pair{
			{"Ihr Paket {ref} konnte nicht zugestellt werden", "Ihr Paket liegt im Lager, weil die Adresse unvollständig war. Zahlen Sie die Gebühr von {#1-3},99 EUR innerhalb von {#24-48} Stunden, sonst geht das Paket zurück."},
			{"Zollgebühr offen: Sendung {ref}", "Ihre Sendung wird vom Zoll zurückgehalten. Bestätigen Sie sofort Ihre Kartendaten und zahlen Sie {#2-4},49 EUR, um das Paket freizugeben."},
			{"Ihr Konto wurde gesperrt", "Wegen verdächtiger Aktivität wurde Ihr Konto gesperrt. Bestätigen Sie sofort Ihr Passwort und Ihre Kartendaten, um die Sperrung aufzuheben."},
		},
		rest: [][]string{
			{"Jetzt bezahlen: http://paket-zustellung.example/{ref}", "Hier klicken und bestätigen: http://zoll-paket.example/{ref}"},
			{"Dies ist die letzte Erinnerung.", "Bei Nichtzahlung wird das Paket vernichtet.", "Bitte antworten Sie nicht, klicken Sie auf den Link."},
			{"Ihr Kundenservice", "{from}"},
		}, dress: shout("JETZT BEZAHLEN")},
	{lang: "de", gold: "spam", account: 1, n: 3, train: 4,
		from: []person{{"Sofortkredit", "kredit@sofort-bargeld.example"}, {"Finanzhilfe", "antrag@kredit-ohne-auskunft.example"}},
		open: []string{"Brauchen Sie sofort Geld?", "Schulden? Kein Problem!", "Gute Nachricht!"},
		pairs: []pair{
			{"Ihr Kredit über {#10-80}.000 EUR ist bewilligt", "Ihr Kredit über {#10-80}.000 EUR wurde bewilligt, nur {#1-3},9% Zinsen, ohne Prüfung, Bargeld sofort auf Ihr Konto."},
			{"Kredit ohne Auskunft, sofort ausgezahlt", "Wir verleihen von 5.000 bis {#1-9}00.000 EUR an jeden, auch bei schlechter Bonität. Sofort beantragen, sofort bewilligt, sofort Bargeld."},
			{"Billige Pillen ohne Rezept, {#50-80}% Rabatt", "Blaue Pillen ohne Rezept zum kleinsten Preis! Nur {#19-39} EUR für {#20-60} Tabletten, diskreter Versand, gratis Pillen zu jeder Bestellung. Jetzt klicken und sofort sparen."},
		},
		rest: [][]string{
			{"Sofort beantragen: http://sofort-bargeld.example/{ref}", "Jetzt klicken: http://kredit-ohne-auskunft.example/{ref}"},
			{"Nur heute, nur solange der Vorrat reicht!", "100% garantiert, ohne Risiko.", "Das Angebot gilt nur noch {#6-24} Stunden!"},
		}, dress: shout("SOFORT BEANTRAGEN")},
	{lang: "de", gold: "spam", account: 1, n: 3, train: 4,
		from: []person{{"Krypto Trading Klub", "vip@krypto-reich.example"}, {"Silke Öhmke", "chef.privat@eil-nachricht.example"}},
		open: []string{"Wollen Sie sofort reich werden?", "Sind Sie am Platz?", "Letzte Chance!"},
		pairs: []pair{
			{"Aus {#200-300} EUR werden {#5-9}.000 EUR", "Unser Handelsroboter macht jeden Tag {#3-9}% Gewinn mit Bitcoin, garantiert und ohne Risiko. Jetzt {#200-300} EUR einzahlen und sofort Geld verdienen."},
			{"Dringend: vertrauliche Überweisung", "Ich bin in einer Sitzung. Bitte führen Sie sofort eine dringende, vertrauliche Überweisung von {#18-60}.000 EUR aus. Die Bankverbindung sende ich, wenn Sie antworten."},
			{"Geheimtipp: {#20-90}-facher Gewinn", "Nur heute: Investieren Sie sofort in die geheime Münze und verdoppeln Sie Ihre Bitcoin. Gewinn garantiert, ohne Risiko, Auszahlung sofort auf Ihr Konto."},
		},
		rest: [][]string{
			{"Jetzt klicken: http://krypto-reich.example/{ref}", "Antworten Sie sofort, bitte nicht anrufen.", "Jetzt anmelden: http://krypto-reich.example/vip/{ref}"},
			{"Streng vertraulich behandeln!", "Nur noch {#3-20} Plätze frei!", "100% garantiert."},
		}},
}
