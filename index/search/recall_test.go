package search_test

import (
	"encoding/base64"
	"slices"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"

	"restante/index"
)

// charset writes body in an encoding, as base64 text.
func charset(t testing.TB, e encoding.Encoding, label, subject, body string) []byte {
	t.Helper()
	enc := func(s string) string {
		b, err := e.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString([]byte(b))
	}
	return mail(enc(body)+"\r\n",
		"From: a@example.jp", "Subject: =?"+label+"?B?"+enc(subject)+"?=",
		"Content-Type: text/plain; charset="+label, "Content-Transfer-Encoding: base64")
}

const alternative = "--b\r\nContent-Type: text/plain\r\n\r\nThe shared plain sentence about herons.\r\n" +
	"--b\r\nContent-Type: text/html\r\n\r\n<p>The shared plain sentence about herons.</p><p>Only here: quokka sanctuary</p>\r\n--b--\r\n"

const attached = "--b\r\nContent-Type: text/plain\r\n\r\nsee enclosed\r\n" +
	"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"Jahres-Bericht_2025.pdf\"\r\n" +
	"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--b--\r\n"

// haystack adds messages with needles in them and near misses beside them.
func haystack(t *testing.T, s *memory) map[string]int64 {
	multipart := func(kind string) string { return `Content-Type: multipart/` + kind + `; boundary="b"` }
	return map[string]int64{
		"plain":  s.add(index.Message{}, mail("The quick brown fox jumps.\r\nCall 555-0199.", "From: Ada Lovelace <ada.l@mail.example.net>", "To: bob@example.org", "Subject: Annual report draft", "Message-ID: <17.aB@example.net>", "List-Id: Golang Nuts <golang-nuts.googlegroups.com>")),
		"near":   s.add(index.Message{}, mail("The quickest brown foxes jump; fox the brown quick.", "From: Adam <adam@example.net.evil.com>", "Subject: annually reported")),
		"german": s.add(index.Message{}, mail("Gr=C3=BC=C3=9Fe aus der Stra=C3=9Fe, Herr M=C3=BCller", "Subject: =?utf-8?Q?Gr=C3=B6=C3=9Fe?=", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable")),
		"html":   s.add(index.Message{}, mail(alternative, "Subject: birds", multipart("alternative"))),
		"file":   s.add(index.Message{}, mail(attached, "Cc: Carol <carol@example.org>", "Subject: papers", multipart("mixed"))),
		"utf8":   s.add(index.Message{}, mail("今日は東京都庁で請求書を受け取りました。猫", "Subject: x", "Content-Type: text/plain; charset=utf-8")),
		"jis":    s.add(index.Message{}, charset(t, japanese.ISO2022JP, "iso-2022-jp", "会議の件", "明日の会議室は三階です。")),
		"sjis":   s.add(index.Message{}, charset(t, japanese.ShiftJIS, "shift_jis", "見積書", "御見積書を添付いたします。ﾃﾞｰﾀも")),
		"gb":     s.add(index.Message{}, charset(t, simplifiedchinese.GBK, "gb2312", "发票", "请查收本月的电子发票，谢谢。")),
		"swap":   s.add(index.Message{}, mail("京東 書求請 室議会", "Subject: x", "Content-Type: text/plain; charset=utf-8")),
		"links":  s.add(index.Message{}, mail("See https://www.example.com/path/Page.html?x=1 or write to Sales@Shop.example.com", "Subject: links")),
		"parts":  s.add(index.Message{}, mail("example other shop com", "Subject: apart")),
	}
}

// needles are questions, and the messages that each must find and no others.
var needles = []struct {
	query string
	want  []string
}{
	{"quick", []string{"plain", "near"}},
	{"quickest", []string{"near"}},
	{"QUICK BROWN", []string{"plain", "near"}},
	{`"quick brown fox"`, []string{"plain"}},
	{`"brown quick"`, []string{"near"}},
	{`"jumps call"`, []string{"plain"}},
	{`"report draft ada"`, nil}, // a phrase does not go on in the next part
	{"555-0199", []string{"plain"}},
	{"quick*", []string{"plain", "near"}},
	{"jump*", []string{"plain", "near"}},
	{"quick -foxes", []string{"plain"}},
	{"-quick birds", []string{"html"}},
	{"herons OR jumps", []string{"html", "plain"}},
	{"(herons OR jumps) -birds", []string{"plain"}},

	{"subject:report", []string{"plain"}},
	{`subject:"annual report"`, []string{"plain"}},
	{`subject:"report annual"`, nil},
	{"subject:fox", nil},
	{"from:ada", []string{"plain"}},
	{"from:ada*", []string{"plain", "near"}},
	{`from:"Ada L"`, []string{"plain"}},
	{"from:lovelace", []string{"plain"}},
	{"from:ada.l@mail.example.net", []string{"plain"}},
	{"from:ADA.L@MAIL.example.net", []string{"plain"}},
	{"from:l@mail.example.net", nil},
	{"from:example.net", []string{"plain"}},
	{"from:@mail.example.net", []string{"plain"}},
	{"from:ada.l", []string{"plain"}},
	{"to:bob", []string{"plain"}},
	{"to:ada", nil},
	{"id:17.aB@example.net", []string{"plain"}},
	{"id:<17.ab@example.net>", []string{"plain"}},
	{"list:golang-nuts", []string{"plain"}},
	{"list:golang-nuts.googlegroups.com", []string{"plain"}},
	{"list:googlegroups.com", []string{"plain"}},
	{"list:groups.com", nil},

	{"muller", []string{"german"}},
	{"Müller", []string{"german"}},
	{"müll*", []string{"german"}},
	{"strasse", []string{"german"}},
	{"STRASSE", []string{"german"}},
	{"Straße", []string{"german"}},
	{"subject:grosse", []string{"german"}},
	{"mull", nil},

	{"quokka", []string{"html"}},
	{`"quokka sanctuary"`, []string{"html"}},
	{`"plain sentence about herons"`, []string{"html"}},

	{"filename:bericht", []string{"file"}},
	{"filename:jahres-bericht_2025.pdf", []string{"file"}},
	{"filename:jahr*", []string{"file"}},
	{"filename:enclosed", nil},
	{"bericht", []string{"file"}},
	{"has:attachment", []string{"file"}},
	{"has:pdf", []string{"file"}},

	{"請求書", []string{"utf8"}},
	{"東京", []string{"utf8"}},
	{"京都", []string{"utf8"}},
	{"東京都庁", []string{"utf8"}},
	{"東京駅", nil},
	{"東都", nil},
	{"京東", []string{"swap"}},
	{"猫", []string{"utf8"}},
	{"庁", []string{"utf8"}},
	{"会議室", []string{"jis"}},
	{"会議", []string{"jis"}},
	{"subject:会議の件", []string{"jis"}},
	{"見積書", []string{"sjis"}},
	{"御見積書を添付", []string{"sjis"}},
	{"データ", []string{"sjis"}},
	{"ﾃﾞｰﾀ", []string{"sjis"}},
	{"ﾃｰﾀ", nil},
	{"电子发票", []string{"gb"}},
	{"发票", []string{"gb"}},
	{"電子發票", nil},

	{"www.example.com", []string{"links"}},
	{"https://www.example.com/path", []string{"links"}},
	{"sales@shop.example.com", []string{"links"}},
	{"shop.example.com", []string{"links"}},
	{"page.html", []string{"links"}},
	{"shop", []string{"links", "parts"}},
	{"ＱＵＩＣＫ　ｂｒｏｗｎ", []string{"plain", "near"}},
	{"ｆｒｏｍ：ada", []string{"plain"}},

	{"cc:carol", []string{"file"}},
	{"to:carol", []string{"file"}},
	{"cc:bob", nil},
	{"with:carol", []string{"file"}},
	{"with:ada.l@mail.example.net", []string{"plain"}},
	{"with:bob -from:bob", []string{"plain"}},
	{"body:jumps", []string{"plain"}},
	{"body:report", nil},
	{"body:ada", nil},
	{`body:"brown fox"`, []string{"plain"}},
	{"body:quokka", []string{"html"}},
	{"body:jum*", []string{"plain", "near"}},
	{"body:report*", nil},
	{"body:猫", []string{"utf8"}},
	{"body:quock~", []string{"plain", "near"}},
	{"body:bericht", nil},
	{"sanctuery~", []string{"html"}},
	{"sanctiery~", []string{"html"}},
	{"heroms~", []string{"html"}},
	{"herpm~", nil},
	{"subject:reporf~", []string{"plain"}},
	{"from:lovelase~", []string{"plain"}},
	{"has:link", []string{"links"}},
	{"has:document", nil},
}

func TestSearch_FindsEveryNeedleAndNothingElse(t *testing.T) {
	s := newMemory()
	ids := haystack(t, s)
	c := fill(t, s)
	for _, test := range needles {
		want := []int64{}
		for _, name := range test.want {
			want = append(want, ids[name])
		}
		got := find(t, c, "ada", test.query)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			var names []string
			for name, id := range ids {
				if slices.Contains(got, id) {
					names = append(names, name)
				}
			}
			t.Errorf("%s: found %v, want %v", test.query, names, test.want)
		}
	}
}
