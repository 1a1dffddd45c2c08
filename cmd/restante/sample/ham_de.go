package sample

import "strings"

var freundeGerman = []person{
	{"Hedwig Lüttmoor", "hedwig@luettmoor.example"},
	{"Jörn Kattegatt", "joern.kattegatt@example.org"},
	{"Rieke Sandholz", "rieke@sandholz.example"},
	{"Onkel Ansgar", "ansgar@deichhof.example"},
}

var hamGerman = []kind{
	{lang: "de", gold: "ham", account: 0, n: 8, train: 4, from: freundeGerman,
		open: []string{"Liebe Alice,", "Hallo Alice,", "Moin,", "Guten Morgen, Alice,"},
		pairs: []pair{
			{"Grüße von der Hallig", "das Wasser stand gestern bis an die Warft, und die Schafe schauten zu wie im Theater. Uns geht es gut, der Ofen zieht, und Ansgar erzählt jeden Abend dieselbe Geschichte mit anderem Schluss."},
			{"Pflaumenkuchen", "du wolltest das Rezept: Hefeteig dünn ausrollen, die Pflaumen dicht an dicht stellen, Zimt erst nach dem Backen. Wer Streusel nimmt, ist selber schuld. Vierzig Minuten bei mittlerer Hitze."},
			{"Fahrrad abzugeben", "im Schuppen steht noch das blaue Rad von Großmutter, die Bremsen sind neu, die Klingel ist laut. Magst du es haben? Sonst geht es am {day+10} auf den Flohmarkt."},
			{"Chorprobe fällt aus", "die Kirche ist am Donnerstag kalt wie ein Keller, die Heizung wird erst am {day+4} repariert. Wir üben nächste Woche doppelt, bitte bringt die Noten für das Abendlied mit."},
			{"Besuch im Frühling", "wir würden gern um den {day+18} für drei Tage kommen, wenn das Gästezimmer frei ist. Die Kinder schlafen auch auf der Luftmatratze. Wir bringen Käse mit und die Wanderkarte."},
			{"Danke für das Päckchen", "die Mütze passt, die Schokolade war schon am Abend verschwunden, und das Buch lesen wir uns gegenseitig vor. Du hast wie immer genau gewusst, was fehlt."},
			{"Der Kater ist wieder da", "nach vier Tagen saß er heute früh vor der Tür, dünner, schmutzig und sehr beleidigt. Niemand weiß, wo er war. Er schläft jetzt auf deinem Pullover."},
			{"Klassentreffen", "es sind tatsächlich schon zwanzig Jahre. Wir treffen uns am {day+27} ab sechs im Fährhaus, ich habe den langen Tisch bestellt. Sag bitte bis Monatsende, ob du dabei bist."},
			{"Apfelernte", "die Boskoop hängen voll, am Wochenende pflücken wir. Bring Körbe und alte Schuhe mit, mittags gibt es Erbsensuppe. Der Most kommt am Montag in die Presse."},
		},
		rest: [][]string{
			{"Melde dich, wenn du Zeit hast.", "Grüß alle zu Hause.", "Wie geht es deinem Knie?", "Ruf abends an, da sind wir da.", "Es eilt nicht."},
			{"Herzliche Grüße\n{from}", "Alles Liebe\n{from}", "Bis bald\n{from}"},
		}},
	{lang: "de", gold: "ham", account: 1, n: 5, train: 4,
		from: []person{{"Wiebke Förster", "w.foerster@schleusenamt.example"}, {"Malte Brünjes", "bruenjes@vermessung.example.com"}, {"Silke Öhmke", "s.oehmke@harbour-works.example"}},
		open: []string{"Guten Tag Frau Merrow,", "Sehr geehrte Frau Merrow,", "Hallo Alice,"},
		pairs: []pair{
			{"Protokoll der Besprechung", "anbei die Punkte, auf die wir uns geeinigt haben: Die Prüfung der Schleusentore beginnt am {day+13}, das Gerüst bleibt bis dahin stehen, und die Kosten teilen wir nach Länge der Mauer."},
			{"Messwerte Pegel Süd", "die Abweichung von {#2-9} Zentimetern erklärt sich durch den versetzten Nullpunkt. Wir haben die Reihe seit Januar nachgerechnet; die korrigierte Fassung liegt auf dem Server."},
			{"Terminverschiebung", "leider ist unser Boot bis zum {day+6} in der Werft. Könnten wir die Peilung um eine Woche verschieben? Der Taucher wäre an beiden Tagen frei."},
			{"Angebot für die Dalben", "vielen Dank für die Zeichnung. Wir können acht Dalben aus Eiche liefern und rammen, Lieferzeit etwa {#5-9} Wochen. Bitte prüfen Sie die Längen, bevor wir bestellen."},
			{"Urlaubsvertretung", "vom {day+3} an bin ich für zwei Wochen nicht im Büro. Herr Brünjes vertritt mich und kennt den Stand der Genehmigung. Die Akte liegt im Schrank links."},
			{"Rückfrage zum Bauplan", "auf Blatt 4 ist die Höhe der Kaimauer anders angegeben als in der Tabelle. Welche Angabe gilt? Die Bewehrung wird am {day+5} geliefert."},
		},
		rest: [][]string{
			{"Für Fragen stehe ich gern zur Verfügung.", "Bitte geben Sie mir kurz Bescheid.", "Die Unterlagen schicke ich mit der Post hinterher.", "Eine Antwort bis Freitag genügt."},
			{"Mit freundlichen Grüßen\n{from}", "Freundliche Grüße\n{from}\n-- \nSchleusenamt, Zimmer 12"},
		}},
	{lang: "de", gold: "ham", account: 0, n: 4, train: 4,
		from: []person{{"Buchhandlung Möwe", "bestellung@moewe-buch.example"}, {"Stadtwerke Ebbstedt", "rechnung@stadtwerke-ebbstedt.example"}},
		pairs: []pair{
			{"Rechnung {ref}", "Ihre Rechnung {ref} über {#20-90},{#10-99} EUR liegt als PDF bei. Der Betrag wird am {day+14} von Ihrem Konto abgebucht."},
			{"Ihre Bestellung {ref} ist unterwegs", "Ihre Bestellung {ref} haben wir am {day+0} zur Post gegeben: ein Wörterbuch der Seemannssprache, gebunden, {#20-40},90 EUR einschließlich Versand."},
			{"Jahresabrechnung Strom, Vertrag {ref}", "Sie haben im vergangenen Jahr {#1200-2400} kWh verbraucht. Das Guthaben von {#11-60},{#10-99} EUR überweisen wir bis zum {day+20}."},
		},
		rest: [][]string{{"Die Ware bleibt bis zur Zahlung unser Eigentum.", "Vielen Dank für Ihren Einkauf.", "Diese Nachricht wurde automatisch erstellt und ist ohne Unterschrift gültig.", "Bei Fragen nennen Sie bitte die Nummer {ref}.", "Sie müssen nichts weiter tun."}},
		dress: func(_ *gen, m *note) {
			ascii := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "Ö", "Oe", "Ü", "Ue")
			m.files = append(m.files, pdfFile("Rechnung-"+m.code+".pdf", strings.Split(ascii.Replace(m.text), "\n")))
		}},
	{lang: "de", gold: "ham", account: 0, n: 4, from: []person{{"Gartenbrief", "redaktion@gartenbrief.example"}},
		open: []string{"Liebe Gartenfreunde,", "Guten Tag im Grünen,"},
		pairs: []pair{
			{"Gartenbrief: jetzt Rosen schneiden", "wenn die Forsythie blüht, ist es Zeit für die Schere. Schneiden Sie schräg über einem Auge, das nach außen zeigt, und haben Sie keine Angst."},
			{"Gartenbrief: Kompost ohne Geruch", "guter Kompost riecht nach Wald. Mischen Sie Grünes mit Trockenem, setzen Sie ihn im Mai um, und lassen Sie die Zitronenschalen weg."},
			{"Gartenbrief: alte Apfelsorten", "wir stellen fünf Sorten vor, die Wind und nasse Füße vertragen, und eine, die es nicht tut, aber so gut schmeckt, dass man es versucht."},
			{"Gartenbrief: Wintergemüse", "Grünkohl und Pastinaken werden mit dem ersten Frost süß. Lassen Sie stehen, was steht, und decken Sie nur den Spinat zu."},
		},
		rest: [][]string{
			{"Frage des Monats: Warum rollen sich die Blätter der Tomaten? Meist ist es nur die Hitze.", "Frage des Monats: Darf man Efeu am Haus lassen? Ja, wenn der Putz heil ist.", "Frage des Monats: Was hilft gegen Schnecken? Enten, sagen unsere Leser.", "Frage des Monats: Wie tief kommt die Tulpe? Dreimal so tief, wie sie dick ist."},
			{"Termin: Pflanzentausch am {day+9} auf dem Marktplatz.", "Termin: Führung durch den Klostergarten, {day+15} um drei.", "Termin: Sensenkurs für Anfänger am {day+22}."},
			{"Abbestellen können Sie den Brief jederzeit unter https://gartenbrief.example/ab", "Alle Ausgaben: https://gartenbrief.example/archiv"},
		}, dress: letterpress(&list{"Gartenbrief", "brief.gartenbrief.example", person{"", "brief@gartenbrief.example"}}, "#3a7d34")},
	{lang: "de", gold: "ham", account: 0, n: 2, from: []person{{"Segelverein Ebbstedt", "vorstand@segelverein.example.org"}},
		pairs: []pair{
			{"Einladung zur Mitgliederversammlung", "die Versammlung findet am {day+21} um sieben im Bootshaus statt. Auf der Tagesordnung stehen der Kassenbericht, die Wahl des Hafenmeisters und der neue Anstrich des Stegs."},
			{"Arbeitsdienst am Steg", "am {day+8} werden die Boote aus dem Wasser geholt. Bitte Handschuhe, Leinen und Geduld mitbringen, der Kran kommt um acht. Für Suppe ist gesorgt."},
		},
		rest: [][]string{{"Der Vorstand", "Mit Seglergruß\nDer Vorstand"}},
		dress: func(_ *gen, m *note) {
			m.files = append(m.files, textFile("Tagesordnung für Mitglieder.txt", "1. Begrüßung\n2. Berichte\n3. Wahlen\n4. Verschiedenes\n\n"+m.text))
		}},
}
