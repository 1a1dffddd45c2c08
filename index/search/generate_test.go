package search_test

import (
	"encoding/base64"
	"fmt"
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
	made  int
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

// plant makes a message of the next kind.
func (g *generator) plant() planted {
	kinds := []func() planted{
		g.word, g.phrase, g.subject, g.htmlOnly, g.textFile,
		func() planted {
			return g.file("application/pdf", "a.pdf", func(s string) []byte { return extracttest.PDF(s) })
		},
		func() planted {
			return g.file("application/octet-stream", "b.docx", func(s string) []byte { return extracttest.DOCX(s) })
		},
		func() planted {
			return g.file("application/octet-stream", "c.xlsx", func(s string) []byte { return extracttest.XLSX(s) })
		},
		func() planted { return g.dense(kanji, unicode.UTF8, "utf-8") },
		func() planted { return g.dense(kanji, japanese.ISO2022JP, "iso-2022-jp") },
		func() planted { return g.dense(kanji, japanese.ShiftJIS, "shift_jis") },
		func() planted { return g.dense(hanzi, unicode.UTF8, "utf-8") },
		func() planted { return g.dense(hanzi, simplifiedchinese.GBK, "gb2312") },
		g.densePDF,
	}
	g.made++
	return kinds[(g.made-1)%len(kinds)]()
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

func (g *generator) textFile() planted {
	w := g.needle()
	return planted{withFile("text/plain", "notes.txt", []byte(g.insert(g.text(english, 30), w))), w, "subject:" + w}
}

func (g *generator) file(typ, name string, make func(string) []byte) planted {
	a, b := g.needle(), g.needle()
	return planted{withFile(typ, name, make(g.insert(g.text(english, 30), a, b))), `"` + a + " " + b + `"`, `"` + b + " " + a + `"`}
}

// denseNeedle is four characters, and the same with its halves swapped.
func (g *generator) denseNeedle(of []rune) (needle, swapped string) {
	w := make([]rune, 4)
	for i, k := range g.r.Perm(len(of))[:4] {
		w[i] = of[k]
	}
	return string(w), string(w[2:]) + string(w[:2])
}

func (g *generator) dense(of []rune, e encoding.Encoding, label string) planted {
	w, swapped := g.denseNeedle(of)
	return planted{charset(g.t, e, label, "件", g.running(of, 80)+w+g.running(of, 80)), w, swapped}
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
	for range 14 * 15 {
		p := g.plant()
		all = append(all, p)
		ids = append(ids, s.add(index.Message{}, p.raw))
	}
	c := fill(t, s)
	found := map[string]int{}
	for i, p := range all {
		kind := fmt.Sprint(i % 14)
		got := find(t, c, "ada", p.query)
		if !slices.Contains(got, ids[i]) {
			t.Errorf("message %d of kind %s: %s finds %v", ids[i], kind, p.query, got)
			continue
		}
		if len(got) > 1 {
			t.Errorf("message %d of kind %s: %s finds %v", ids[i], kind, p.query, got)
		}
		if missed := find(t, c, "ada", p.miss); slices.Contains(missed, ids[i]) {
			t.Errorf("message %d of kind %s: %s finds it too", ids[i], kind, p.miss)
		}
		found[kind]++
	}
	if len(found) != 14 {
		t.Errorf("needles of %d kinds were found, want 14", len(found))
	}
}
