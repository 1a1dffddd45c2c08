package bayes_test

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
	"testing"

	"restante/filter/bayes"
	"restante/filter/letter"
)

// names gives the features of a letter as a person would see them.
func names(t *testing.T, l *letter.Letter) []string {
	t.Helper()
	m := bayes.New()
	m.Learn(bayes.Features(l), bayes.None, bayes.Spam)
	m.Learn(bayes.Bag{1}, bayes.None, bayes.Ham)
	var out []string
	for _, c := range m.Explain(l, bayes.Features(l), 100_000) {
		out = append(out, c.Feature)
	}
	return out
}

func TestFeatures_Finds(t *testing.T) {
	for _, tt := range []struct {
		name string
		l    letter.Letter
		want []string
	}{
		{"words as written, folded, in pairs", letter.Letter{Text: "Buy NOW, friend!"}, []string{"Buy", "buy", "now", "NOW", "buy now", "friend", "friend !"}},
		{"prices and contractions whole", letter.Letter{Text: "don't pay $89.95"}, []string{"don't", "89.95", "$ 89.95"}},
		{"character pairs of Chinese", letter.Letter{Text: "免费发票"}, []string{"免费", "费发", "发票"}},
		{"character pairs of Hangul", letter.Letter{Text: "무료쿠폰"}, []string{"무료", "료쿠"}},
		{"Cyrillic words", letter.Letter{Text: "Дорогой друг"}, []string{"дорогой", "дорогой друг"}},
		{"look-alikes made Latin", letter.Letter{Text: "vіagra"}, []string{"viagra", "trick: mixed scripts in a word"}},
		{"zero-width characters removed", letter.Letter{Text: "vi\u200bag\u200bra"}, []string{"viagra", "trick: invisible characters"}},
		{"full-width letters", letter.Letter{Text: "ｆｒｅｅ"}, []string{"free", "trick: compatibility characters"}},
		{"long words as a class", letter.Letter{Text: strings.Repeat("x", 90)}, []string{"(word of over 80 letters)"}},
		{"URLs as one word", letter.Letter{Text: "click http://a.example/x?y=z now"}, []string{"click (link)", "(link) now"}},
		{"link hosts, parents, paths", letter.Letter{Links: []letter.Link{{URL: "http://www.a.example/pay/me", Text: "www.bank.example"}}},
			[]string{"link: www.a.example", "link: .a.example", "link path: pay", "link path: me"}},
		{"deceiving links", letter.Letter{Links: []letter.Link{{URL: "http://bank.com@10.0.0.1/", Text: "http://bank.com/"}}},
			[]string{"trick: link with a user name", "trick: link to a numeric host", "trick: link text names another host"}},
		{"addresses", letter.Letter{From: []letter.Address{{Name: "Win Now", Addr: "x@y.example"}}, ReplyTo: []letter.Address{{Addr: "q@z.example"}}},
			[]string{"from: x@y.example", "from: @y.example", "from: win", "reply-to: other domain as from"}},
		{"attachments", letter.Letter{Parts: []letter.Part{{Type: "application/zip", Name: "invoice.exe", Attached: true, Size: 1000}}},
			[]string{"attachment: .exe", "attachment: invoice.exe", "attachment type: application/zip"}},
		{"received hosts and networks", letter.Letter{Fields: []letter.Field{{Name: "Received", Value: "from mx.a.example ([192.0.2.7]) by b.example"}}},
			[]string{"received: mx.a.example", "received: .a.example", "received: 192.0.2.*", "received: 192.0.*"}},
		{"how much there is", letter.Letter{Text: strings.Repeat("word ", 1000), HTML: "<p>", Links: make([]letter.Link, 5), Parts: []letter.Part{{Type: "image/png", Attached: true, Size: 700}}},
			[]string{"text size: 4 KiB to 8 KiB", "html size: under 64 octets", "links: 4 to 8", "attachment size: 512 octets to 1 KiB"}},
		{"that there is nothing", letter.Letter{}, []string{"links: none", "text size: under 64 octets"}},
		{"hidden words apart", letter.Letter{Hidden: "chaff"}, []string{"hidden: chaff", "trick: hidden text"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := names(t, &tt.l)
			for _, w := range tt.want {
				if !slices.Contains(got, w) {
					t.Errorf("no %q among %q", w, got)
				}
			}
		})
	}
}

func TestFeatures_LooksPastWhatRelaysAdd(t *testing.T) {
	plain := "From: a@b.example\nSubject: hello\n\nhello\n"
	added := "X-Restante-Class: spam\nX-Spam-Flag: YES\nStatus: RO\nDKIM-Signature: v=1; b=abc\n" + plain
	a, b := letter.ReadBytes([]byte(plain)), letter.ReadBytes([]byte(added))
	if !slices.Equal(bayes.Features(a), bayes.Features(b)) {
		t.Error("fields added by relays changed the features")
	}
}

// A stored model is of no use once the features of a letter change: whoever
// means to change them must refuse older snapshots and lessons too.
func TestFeatures_AreTheSameInEveryRun(t *testing.T) {
	l := letter.ReadBytes([]byte("Received: from mx.a.example ([192.0.2.7])\nFrom: Ada <a@b.example>\nTo: c@d.example\nSubject: Free lunch\n" +
		"Date: Tue, 3 Mar 2026 09:15:00 +0100\nMessage-ID: <1a@b.example>\nContent-Type: text/html\n\n<a href=http://x.example/y>Buy</a> 免费 vіagra $5!!"))
	h := fnv.New64a()
	b := bayes.Features(l)
	if err := binary.Write(h, binary.LittleEndian, []uint32(b)); err != nil {
		t.Fatal(err)
	}
	if got := h.Sum64(); len(b) != 55 || got != 0xab7214e140d57716 {
		t.Errorf("%d features, sum %#x", len(b), got)
	}
}

func TestFeatures_BoundsHostileLetters(t *testing.T) {
	for name, text := range map[string]string{
		"one word over and over": strings.Repeat("spam ", 2<<20),
		"one endless word":       strings.Repeat("x", 10<<20),
		"all words different":    strings.Repeat("ab ", 1<<20) + strings.Repeat("免费发票", 1<<20),
		"broken encoding":        strings.Repeat("\xff\xc0\x80", 1<<20),
		"endless marks":          "a" + strings.Repeat("\u0301", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			l := &letter.Letter{Subject: text, Text: text, HTMLText: text, Hidden: text, Fields: []letter.Field{{Name: text, Value: text}}}
			b := bayes.Features(l)
			if len(b) > 60_000 || !slices.IsSorted(b) {
				t.Errorf("%d features, sorted %v", len(b), slices.IsSorted(b))
			}
		})
	}
}

func FuzzFeatures(f *testing.F) {
	f.Add([]byte("From: \"Käse\" <a@b.example>\nSubject: =?utf-8?q?fr=E2=80=8Bee?=\nContent-Type: text/html\n\n<a href=http://x@1.2.3.4/p>www.y.example</a> 免费 vіagra $5!!"))
	f.Add([]byte("Received: from a.b ([1.2.3.4])\nDate: Mon, 1 Jan 2024 10:00:00 +0100\n\n\xff\xfe ｆｒｅｅ"))
	f.Fuzz(func(t *testing.T, msg []byte) {
		l := letter.ReadBytes(msg)
		b := bayes.Features(l)
		if !slices.Equal(b, bayes.Features(l)) {
			t.Fatal("second reading differs")
		}
		for i, k := range b {
			if k == 0 || i > 0 && k <= b[i-1] {
				t.Fatalf("feature %d = %d out of order", i, k)
			}
		}
		m := bayes.New()
		m.Learn(b, bayes.None, bayes.Spam)
		for _, c := range m.Explain(l, bayes.Features(l), 20) {
			if c.Feature == "" {
				t.Fatal("clue without a name")
			}
		}
	})
}

func FuzzReadModel(f *testing.F) {
	m := bayes.New()
	m.Learn(bayes.Bag{7, 9, 1 << 30}, bayes.None, bayes.Spam)
	f.Add(snapshot(f, m))
	f.Add(snapshot(f, bayes.New()))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := bayes.ReadModel(bytes.NewReader(b))
		if err != nil {
			return
		}
		again, err := bayes.ReadModel(bytes.NewReader(snapshot(t, m)))
		if err != nil || !bytes.Equal(snapshot(t, again), snapshot(t, m)) {
			t.Fatalf("does not survive writing: %v", err)
		}
	})
}

func FuzzLesson(f *testing.F) {
	b, err := bayes.New().Learn(bayes.Bag{7, 9}, bayes.None, bayes.Ham).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var l bayes.Lesson
		if l.UnmarshalBinary(b) != nil {
			return
		}
		m := bayes.New()
		m.Apply(l)
		m.Apply(l.Inverse())
		if !bytes.Equal(snapshot(t, m), snapshot(t, bayes.New())) {
			t.Fatal("lesson and inverse do not cancel")
		}
	})
}
