package search_test

import (
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"restante/index"
	"restante/index/search/extract/extracttest"
)

// generator makes mail in four languages, the same for a seed, and notes what
// each message holds, so that the truth about a question is known.
type generator struct {
	t     testing.TB
	r     *rand.Rand
	words int
}

var (
	english = strings.Fields("the of and to in that we have for your on this with you it not are be as at from or an by will can please find meeting report budget order invoice project team server update release question answer thanks regards monday friday")
	german  = strings.Fields("der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über Grüße Straße Angebot Rechnung Termin Vertrag")
	kanji   = []rune("日本東京都庁請求書会議室三階明日今受取御見積添付電子確認資料送担当者連絡先変更契約期限延長申込完了のをにはがでと")
	hanzi   = []rune("请查收本月的电子发票谢合同附件确认资料送联系人变更期限完成在是有我们这不了")
)

// needle is a word that no other message has.
func (g *generator) needle() string {
	g.words++
	var b strings.Builder
	for n := g.words; b.Len() < 8 || n > 0; n /= 20 {
		b.WriteByte("bcdfghjklmnpqrstvwxz"[n%20])
		b.WriteByte("aeiou"[g.r.IntN(5)])
	}
	return b.String()
}

func (g *generator) text(of []string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = of[g.r.IntN(len(of))]
	}
	return out
}

// running is text of a script without spaces, in sentences.
func (g *generator) running(of []rune, n int) string {
	out := make([]rune, n)
	for i := range out {
		out[i] = of[g.r.IntN(len(of))]
		if i%17 == 16 {
			out[i] = '。'
		}
	}
	return string(out)
}

// insert puts words somewhere among others.
func (g *generator) insert(into []string, words ...string) string {
	return strings.Join(slices.Insert(into, g.r.IntN(len(into)+1), words...), " ")
}

// planted is a message, a question that finds it, and one that nearly does.
type planted struct {
	raw         []byte
	query, miss string
}

// kinds are what is planted.
var kinds = []struct {
	name string
	make func(*generator) planted
}{
	{"word in German", (*generator).word}, {"phrase", (*generator).phrase}, {"subject", (*generator).subject}, {"HTML only", (*generator).htmlOnly},
	{"text file", file("text/plain", "notes.txt", func(s string) []byte { return []byte(s) })},
	{"HTML file", file("application/octet-stream", "page.html", func(s string) []byte { return []byte("<html><p>" + s) })},
	{"CSV", file("application/octet-stream", "rows.csv", func(s string) []byte { return []byte("a;b\r\n" + s + ";1\r\n") })},
	{"PDF", file("application/pdf", "a.pdf", func(s string) []byte { return extracttest.PDF(s) })},
	{"DOCX", file("application/octet-stream", "b.docx", func(s string) []byte { return extracttest.DOCX(s) })},
	{"XLSX", file("application/octet-stream", "c.xlsx", func(s string) []byte { return extracttest.XLSX(s) })},
	{"PPTX", file("application/octet-stream", "d.pptx", func(s string) []byte { return extracttest.PPTX(s) })},
	{"ODT", file("application/octet-stream", "e.odt", func(s string) []byte { return extracttest.ODT(s) })},
	{"calendar", file("text/calendar", "f.ics", calendar)}, {"vCard", file("text/vcard", "g.vcf", card)},
	{"nested message", (*generator).nested}, {"message in a file", file("application/octet-stream", "h.eml", eml)},
	{"names in a zip", listing("i.zip", func(name string) []byte {
		return extracttest.Zip(extracttest.File{Name: name, Text: "closed"}, extracttest.File{Name: "b.txt", Text: "closed"})
	})},
	{"names in a tar", listing("j.tar.gz", func(name string) []byte { return extracttest.TarGz(name, "b.txt") })},
	{"Japanese in UTF-8", dense(kanji, unicode.UTF8, "utf-8")}, {"Japanese in ISO-2022-JP", dense(kanji, japanese.ISO2022JP, "iso-2022-jp")},
	{"Japanese in Shift_JIS", dense(kanji, japanese.ShiftJIS, "shift_jis")}, {"Chinese in UTF-8", dense(hanzi, unicode.UTF8, "utf-8")},
	{"Chinese in GB2312", dense(hanzi, simplifiedchinese.GBK, "gb2312")}, {"Japanese in a PDF", (*generator).densePDF},
}

func (g *generator) word() planted {
	w := g.needle()
	return planted{mail(g.insert(g.text(german, 60), w), "Subject: Termin", "Content-Type: text/plain; charset=utf-8"), w, w + "x"}
}

func (g *generator) phrase() planted {
	a, b := g.needle(), g.needle()
	return planted{mail(g.insert(g.text(english, 60), a, "of", b), "Subject: order"), `"` + a + " of " + b + `"`, `"` + b + " of " + a + `"`}
}

func (g *generator) subject() planted {
	w := g.needle()
	return planted{mail(g.insert(g.text(english, 60)), "Subject: "+g.insert(g.text(english, 4), w)), "subject:" + w, "body:" + w}
}

func (g *generator) htmlOnly() planted {
	w, hidden := g.needle(), g.needle()
	plain := g.insert(g.text(english, 60))
	body := "--b\r\nContent-Type: text/plain\r\n\r\n" + plain + "\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>" + plain +
		"<p>" + w + "<style>" + hidden + "</style>\r\n--b--\r\n"
	return planted{mail(body, "Subject: report", "Content-Type: multipart/alternative; boundary=b"), w, hidden}
}

// file plants two words that follow each other in a file.
func file(typ, name string, make func(text string) []byte) func(*generator) planted {
	return func(g *generator) planted {
		a, b := g.needle(), g.needle()
		return planted{withFile(typ, name, make(g.insert(g.text(english, 30), a, b))), `"` + a + " " + b + `"`, `"` + b + " " + a + `"`}
	}
}

// listing plants the name of a file in an archive.
func listing(name string, make func(name string) []byte) func(*generator) planted {
	return func(g *generator) planted {
		w := g.needle()
		return planted{withFile("application/octet-stream", name, make("papers/"+w+"-2026.pdf")), w, "filename:" + w}
	}
}

// nested is a message forwarded as an attachment: what it says, and who wrote it.
func (g *generator) nested() planted {
	says, who, other := g.needle(), g.needle(), g.needle()
	inner := "From: " + who + " <" + who + "@example.net>\r\nTo: bob@example.org\r\nSubject: inner\r\n\r\n" + g.insert(g.text(english, 30), says)
	raw := mail("--b\r\nContent-Type: text/plain\r\n\r\nsee enclosed\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"+inner+"\r\n--b--\r\n",
		"Subject: papers", "From: "+other+"@example.net", "Content-Type: multipart/mixed; boundary=b")
	return planted{raw, says + " " + who + "@example.net", "from:" + who}
}

func eml(text string) []byte {
	return []byte("From: ann@example.net\r\nSubject: saved\r\n\r\n" + text + "\r\n")
}

func calendar(text string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:x\r\nDESCRIPTION:" + folded(text) + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
}

func card(text string) []byte {
	return []byte("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ada\r\nNOTE:" + folded(text) + "\r\nEND:VCARD\r\n")
}

// folded breaks a line where it is too long, within words too: RFC 5545, 3.1.
func folded(text string) string {
	var b strings.Builder
	for ; len(text) > 60; text = text[60:] {
		b.WriteString(text[:60] + "\r\n ")
	}
	return b.String() + text
}

// denseNeedle is four characters, and the same with its halves swapped.
func (g *generator) denseNeedle(of []rune) (needle, swapped string) {
	w := make([]rune, 4)
	for i, k := range g.r.Perm(len(of))[:4] {
		w[i] = of[k]
	}
	return string(w), string(w[2:]) + string(w[:2])
}

func dense(of []rune, e encoding.Encoding, label string) func(*generator) planted {
	return func(g *generator) planted {
		w, swapped := g.denseNeedle(of)
		return planted{charset(g.t, e, label, "件", g.running(of, 80)+w+g.running(of, 80)), w, swapped}
	}
}

func (g *generator) densePDF() planted {
	w, swapped := g.denseNeedle(kanji)
	return planted{withFile("application/pdf", "d.pdf", extracttest.WidePDF(g.running(kanji, 40)+w+g.running(kanji, 40))), w, swapped}
}

// withFile is a message with an attachment.
func withFile(typ, name string, data []byte) []byte {
	b64 := base64.StdEncoding.EncodeToString(data)
	var lines strings.Builder
	for len(b64) > 76 {
		lines.WriteString(b64[:76] + "\r\n")
		b64 = b64[76:]
	}
	return mail("--b\r\nContent-Type: text/plain\r\n\r\nsee enclosed\r\n--b\r\nContent-Type: "+typ+"; name=\""+name+"\"\r\n"+
		"Content-Transfer-Encoding: base64\r\n\r\n"+lines.String()+b64+"\r\n--b--\r\n",
		"Subject: papers", "Content-Type: multipart/mixed; boundary=b")
}

// TestSearch_RecallIsWholeOnGeneratedMail plants needles of every kind among each
// other and asks for all of them. A dense needle may stand in other messages by
// chance; those that swap its halves are its near misses.
func TestSearch_RecallIsWholeOnGeneratedMail(t *testing.T) {
	g := &generator{t: t, r: rand.New(rand.NewPCG(6, 2026))}
	s := newMemory()
	var all []planted
	var ids []int64
	for i := range len(kinds) * 10 {
		p := kinds[i%len(kinds)].make(g)
		all = append(all, p)
		ids = append(ids, s.add(index.Message{}, p.raw))
	}
	c := fill(t, s)
	found := map[string]int{}
	for i, p := range all {
		kind := kinds[i%len(kinds)].name
		got := find(t, c, "ada", p.query)
		if !slices.Equal(got, ids[i:i+1]) {
			t.Errorf("message %d, %s: %s finds %v", ids[i], kind, p.query, got)
			continue
		}
		if missed := find(t, c, "ada", p.miss); slices.Contains(missed, ids[i]) {
			t.Errorf("message %d, %s: %s finds it too", ids[i], kind, p.miss)
		}
		found[kind]++
	}
	for _, k := range kinds {
		if found[k.name] != 10 {
			t.Errorf("%s: %d of 10 needles are found", k.name, found[k.name])
		}
	}
}
