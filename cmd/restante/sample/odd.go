package sample

import (
	"fmt"
	"strings"
	"time"
)

// odd makes the messages that a relay is judged by: what is rare, and what is
// wrong.
func (g *gen) odd() {
	g.needles()
	g.oddLines()
	g.oddParts()
	g.oddHeaders()
}

// needles hides the two phrases.
func (g *gen) needles() {
	m := g.blank("en", friendsEnglish[5], owners[0])
	m.subject = "What I found in the attic"
	m.text = layout("en", "Dear Alice,\n\nUnder the trunk was the ship's own book, and in it, for the year of the great frost, a whole page headed "+
		Needle+", in your great-grandfather's hand. Neither the vicar nor I can say what it was about, but it took up eleven days.\n\nLove,\nLettice")
	g.add(0, "ham", false, m)

	m = g.blank("ja", friendsJapanese[3], owners[0])
	m.charset, m.transfer = "ISO-2022-JP", "7bit"
	m.subject = "古い絵葉書のこと"
	m.text = layout("ja", "アリスさん、お元気ですか。\n\n蔵の整理をしていたら古い絵葉書が見つかり、裏には昔この港に"+
		NeedleJa+"が冬じゅう泊まっていたと書かれていました。船の名前は読めませんが、船長が毎朝パンを買いに来たそうです。次に来るときに見せますね。\n\n美佐枝")
	g.add(0, "ham", false, m)
}

// oddLines are well formed and hard to carry: lines that begin with dots, very
// long ones, lines that look like an mbox.
func (g *gen) oddLines() {
	m := g.blank("en", colleaguesEnglish[4], owners[1])
	m.subject = "Sounding list with dots"
	m.charset, m.transfer = "US-ASCII", "7bit"
	m.text = ".\n..\n...\n.dot at the start of a line\n..two dots at the start of a line\n. \nThe next line holds a single dot.\n.\nThat was not the end.\n"
	g.add(1, "ham", false, m)

	m = g.blank("en", colleaguesEnglish[4], owners[1])
	m.subject = "Export in one line, sorry"
	m.charset, m.transfer = "US-ASCII", "7bit"
	var row strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&row, "%d;%d.%02d;", i, g.between(1, 9), g.between(0, 99))
	}
	m.text = "The export knows no line ends.\n" + row.String() + "\n." + row.String()[:2000] + "\n"
	g.out = append(g.out, Message{Account: 1, Gold: "ham", Raw: m.render(), date: m.date,
		Broken: "RFC 5322, 2.1.1: a line of more than 998 octets"})

	m = g.blank("en", friendsEnglish[2], owners[0])
	m.subject = "Copied out of the old mailbox file"
	m.charset, m.transfer = "US-ASCII", "7bit"
	m.text = "I found this in the file:\n\nFrom mirela@example.org Mon Jan  3 10:00:00 2000\nSubject: not a header any more\n\n>From here on it was quoted once\n>>From here on twice\nFrom the pier you could see it all.\n"
	g.add(0, "ham", false, m)

	m = g.blank("en", friendsEnglish[1], owners[0])
	m.subject = "no subject to speak of"
	m.text = ""
	m.charset, m.transfer = "US-ASCII", "7bit"
	g.add(0, "ham", false, m)

	m = g.blank("en", friendsEnglish[3], owners[0])
	m.subject = "Sent in a hurry"
	m.charset, m.transfer = "US-ASCII", "7bit"
	m.text = "Train leaves at five past, platform 2, I have your ticket.\nThe program that sent this forgets the last line end"
	g.add(0, "ham", false, m)
}

// oddParts are strange inside: a forwarded message, a multipart that never
// ends, a part in Shift_JIS, one of more than a mebibyte.
func (g *gen) oddParts() {
	m := g.blank("en", friendsEnglish[5], owners[0])
	inner := g.blank("de", freundeGerman[3], friendsEnglish[5])
	inner.date = m.date.Add(-30 * time.Hour).In(zone("de"))
	inner.charset, inner.transfer = "UTF-8", "8bit"
	inner.subject = "Schlüssel für das Bootshaus"
	inner.text = layout("de", "Der Schlüssel liegt unter dem dritten Stein von links, wie früher.\n\nAnsgar")
	m.subject = "Fwd: Schlüssel"
	m.text = layout("en", "Alice, your German is better than mine. Which stone does he mean?")
	m.files = []attachment{{"schluessel.eml", "message/rfc822", inner.render()}}
	g.add(0, "ham", false, m)

	m = g.blank("ja", colleaguesJapanese[2], owners[1])
	m.charset, m.transfer = "Shift_JIS", "base64"
	m.subject = "図面の差し替え"
	m.text = layout("ja", "古い設備から送っています。\n\n先日の図面に誤りがありましたので、四枚目を差し替えてください。寸法は変わりません。")
	g.add(1, "ham", false, m)

	m = g.blank("en", colleaguesEnglish[2], owners[1])
	m.subject = "Photograph of the crack, full size"
	m.text = layout("en", "It is large, but you asked for every pixel. The ruler in the corner is thirty centimetres.")
	m.files = []attachment{photo(g.rng, "crack.png", 620, 620)}
	g.add(1, "ham", false, m)

	m = g.blank("en", colleaguesEnglish[3], owners[1])
	m.subject = "Scan from the copier"
	m.text = "The copier cuts its mails short, the page is below all the same.\n"
	m.files = []attachment{chart(g, "scan.png")}
	raw := string(m.render())
	g.out = append(g.out, Message{Account: 1, Gold: "ham", date: m.date,
		Broken: "RFC 2046, 5.1.1: no closing boundary",
		Raw:    []byte(raw[:strings.LastIndex(raw, "--"+m.boundary("mix")+"--")])})
}

// oddHeaders break the rules for headers, as old programs and careless scripts do.
func (g *gen) oddHeaders() {
	broken := func(account int, gold, rule, raw string) {
		date := g.moment("de")
		raw = strings.NewReplacer("DATE", date.Format(time.RFC1123Z), "ID", g.id("example.org")).Replace(raw)
		g.out = append(g.out, Message{Account: account, Gold: gold, Broken: rule, Raw: []byte(crlf(raw)), date: date})
	}
	broken(0, "ham", "RFC 5322, 2.2: 8-bit octets in header fields (ISO-8859-1)",
		"From: J\xf6rn Kattegatt <joern.kattegatt@example.org>\nTo: alice@example.net\nSubject: Gr\xfc\xdfe und ein K\xe4sekuchen\nDate: DATE\nMessage-ID: <ID>\n\n"+
			"Der Kuchen steht auf der Treppe, bitte vor der Katze finden.\n")
	broken(0, "ham", "RFC 5322, 2.2: 8-bit octets in header fields (UTF-8)",
		"From: 汐見 悠太 <yuta.shiomi@example.org>\nTo: alice@example.net\nSubject: 船の時刻が変わりました\nDate: DATE\nMessage-ID: <ID>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n"+
			"朝の便が三十分早くなりました。\n乗り遅れないように気をつけてください。\n")
	broken(1, "ham", "RFC 5322, 2.2: a header line without a colon",
		"From: gauge@tidegauge.harbour-works.example\nTo: a.merrow@harbour-works.example\nthis line was meant for the body\nSubject: gauge report\nDate: DATE\nMessage-ID: <ID>\n\n"+
			"level 212 cm, rising\nwind west, force 4\n")
	broken(1, "ham", "RFC 5322, 2.1: a header that is never ended",
		"From: relay@tidegauge.harbour-works.example\nTo: a.merrow@harbour-works.example\nSubject: power restored at station 5\nDate: DATE\nMessage-ID: <ID>\n")
	broken(0, "spam", "RFC 5322, 3.6: neither From nor Date",
		"To: undisclosed-recipients:;\nSubject: Re: Re: Re: YOUR MONEY!!!\nMessage-ID: <ID>\n\n"+
			"Dear friend, the bank has approved your cash prize of $750,000.\nClick http://mega-lotto-winner.example/now to claim the money, act now, 100% guaranteed!!!\n")
}

// readings is a table as instruments write them.
func (g *gen) readings() string {
	var out strings.Builder
	out.WriteString("# hour  level_cm  wind_ms\n")
	for hour := range 24 {
		fmt.Fprintf(&out, "%6d  %8d  %7.1f\n", hour, g.between(90, 480), float64(g.between(0, 240))/10)
	}
	return out.String()
}
