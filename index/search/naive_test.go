package search_test

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"restante/filter"
	"restante/index"
	"restante/index/search"
)

// token is what a naive reader sees in a text: a word, folded, or a run of a script
// without spaces.
type token struct {
	text  string
	dense bool
}

// written are words as people write them, and as they are looked for.
var written = map[string]string{
	"alpha": "alpha", "Alpha": "alpha", "alphas": "alphas", "alpine": "alpine", "beta": "beta", "BETA": "beta", "betas": "betas", "gamma": "gamma",
	"Müller": "muller", "Straße": "strasse", "ｗｉｄｅ": "wide", "gamm": "gamm", "gmama": "gmama", "4711": "4711", "internationally": "internationally", "internatoinaly": "internatoinaly",
}

// runs are of scripts without spaces; some stand in others.
var runs = []string{"東京", "東京都", "京都", "請求書", "求書", "日", "日本東京", "한국어", "ไทย", "ｶﾅ", "カナ"}

// plainRuns are those that are written in another way than they are looked for.
var plainRuns = map[string]string{"ｶﾅ": "カナ"}

func reads(word string) token {
	if plain, ok := plainRuns[word]; ok {
		return token{plain, true}
	}
	if slices.Contains(runs, word) {
		return token{word, true}
	}
	return token{written[word], false}
}

// paper is a message as it was written.
type paper struct {
	id                          int64
	subject                     []token
	body                        [][]token // and what the attachment says
	file                        []token   // its name; nil: there is none
	from, to, cc                []person
	mailbox, account, messageID string
	class                       filter.Class
	date                        time.Time
	size                        int64
	link, read                  bool
}

type person struct {
	name []token
	addr string
}

// parts are those that a bare word is looked for in.
func (p *paper) parts() [][]token {
	all := append([][]token{p.subject, p.file}, p.body...)
	for _, who := range slices.Concat(p.from, p.to, p.cc) {
		all = append(all, who.tokens())
	}
	return all
}

func (p person) tokens() []token {
	out := slices.Clone(p.name)
	for _, w := range strings.FieldsFunc(p.addr, func(r rune) bool { return strings.ContainsRune("@.-", r) }) {
		out = append(out, token{w, false})
	}
	return out
}

// holds tells whether tokens stand somewhere one behind the other. Of a run only a
// part has to, at the ends of what is looked for.
func holds(text, want []token) bool {
	fits := func(at, i int) bool {
		have, w := text[at], want[i]
		if have.dense != w.dense {
			return false
		}
		first, last := i == 0, i == len(want)-1
		switch {
		case !w.dense:
			return have.text == w.text
		case first && last:
			return strings.Contains(have.text, w.text)
		case first:
			return strings.HasSuffix(have.text, w.text)
		case last:
			return strings.HasPrefix(have.text, w.text)
		}
		return have.text == w.text
	}
	for at := 0; at+len(want) <= len(text); at++ {
		all := true
		for i := range want {
			all = all && fits(at+i, i)
		}
		if all {
			return true
		}
	}
	return false
}

func anyHolds(parts [][]token, want ...token) bool {
	return slices.ContainsFunc(parts, func(part []token) bool { return holds(part, want) })
}

// has tells whether a word of any part is as it should.
func has(parts [][]token, word func(string) bool) bool {
	return slices.ContainsFunc(parts, func(part []token) bool {
		return slices.ContainsFunc(part, func(t token) bool { return !t.dense && word(t.text) })
	})
}

// distance is how many letters are to be added, left out, changed, or swapped with
// the next, none of them twice.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
			case x[i-1] == y[j-1]:
				d[i][j] = d[i-1][j-1]
			default:
				d[i][j] = 1 + min(d[i-1][j-1], d[i-1][j], d[i][j-1])
			}
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}

func like(word string) func(string) bool {
	most := 1
	if utf8.RuneCountInString(word) >= 8 {
		most = 2
	}
	return func(have string) bool { return have[0] == word[0] && distance(have, word) <= most }
}

// wish is a question and what it means.
type wish struct {
	text string
	ok   func(*paper) bool
}

var (
	anyWord = rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 2).Draw(t, "dense") == 0 {
			return rapid.SampledFrom(runs).Draw(t, "run")
		}
		return rapid.SampledFrom(slices.Sorted(func(yield func(string) bool) {
			for w := range written {
				if !yield(w) {
					return
				}
			}
		})).Draw(t, "word")
	})
	mailboxes = []string{"Inbox", "spam", "Rechnungen 2026"}
	domains   = []string{"example.net", "mail.example.net", "example.org"}
	locals    = []string{"ada", "bob", "alpha"}
)

// words draws several words and how they may be written side by side.
func words(t *rapid.T, least, most int) (all []token, text string) {
	for i, w := range rapid.SliceOfN(anyWord, least, most).Draw(t, "words") {
		if i > 0 {
			gaps := []string{" ", ", ", "\r\n", "。", " - "}
			if reads(w).dense != all[i-1].dense {
				gaps = append(gaps, "")
			}
			text += rapid.SampledFrom(gaps).Draw(t, "gap")
		}
		all, text = append(all, reads(w)), text+w
	}
	return all, text
}

// anyPaper draws a message.
func anyPaper(t *rapid.T, s *memory) *paper {
	p := &paper{}
	var subject string
	all, body := words(t, 0, 12)
	p.subject, subject = words(t, 0, 4)
	subject = strings.ReplaceAll(subject, "\r\n", " ")
	people := func(most int) (all []person, text string) {
		for range rapid.IntRange(0, most).Draw(t, "people") {
			w := rapid.SampledFrom([]string{"Alpha", "Müller", "beta", "東京"}).Draw(t, "name")
			who := person{[]token{reads(w)}, rapid.SampledFrom(locals).Draw(t, "local") + "@" + rapid.SampledFrom(domains).Draw(t, "domain")}
			all, text = append(all, who), text+", "+w+" <"+who.addr+">"
		}
		return all, strings.TrimPrefix(text, ", ")
	}
	var from, to, cc string
	p.from, from = people(1)
	p.to, to = people(2)
	p.cc, cc = people(1)
	p.mailbox = rapid.SampledFrom(mailboxes).Draw(t, "mailbox")
	p.account = rapid.SampledFrom([]string{"isp", "work"}).Draw(t, "account")
	p.class = filter.Class(rapid.IntRange(0, 2).Draw(t, "class"))
	p.date = time.Date(2024, 1, 1, 0, 0, rapid.IntRange(0, 2*365*86400).Draw(t, "date"), 0, time.UTC)
	p.messageID = fmt.Sprintf("n%d@example.net", rapid.IntRange(0, 3).Draw(t, "Message-ID"))
	if p.link = rapid.Bool().Draw(t, "link"); p.link {
		body += "\r\nhttps://x.test/"
		all = append(all, token{"https", false}, token{"x", false}, token{"test", false})
	}
	p.body = append(p.body, all)
	body += strings.Repeat(".", rapid.SampledFrom([]int{0, 0, 1000, 5000}).Draw(t, "dots"))
	kind := "text/plain; charset=utf-8"
	if rapid.IntRange(0, 3).Draw(t, "attached") == 0 {
		kind, body = "multipart/mixed; boundary=b", p.attach(t, body)
	}
	raw := mail(body, "From: "+from, "To: "+to, "Cc: "+cc, "Subject: "+subject, "Date: "+p.date.Format(time.RFC1123Z),
		"Message-ID: <"+p.messageID+">", "Content-Type: "+kind)
	p.size = int64(len(raw))
	p.read = rapid.Bool().Draw(t, "read")
	p.id = s.add(index.Message{Mailbox: p.mailbox, Account: p.account, Class: p.class}, raw)
	s.read[p.id] = p.read
	return p
}

// attach puts a text file beside a text, and gives the body of both.
func (p *paper) attach(t *rapid.T, text string) string {
	says, file := words(t, 0, 5)
	p.body = append(p.body, says)
	name := rapid.SampledFrom([]string{"alpha-beta", "gamma", "alphas 4711"}).Draw(t, "file name")
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == ' ' }) {
		p.file = append(p.file, reads(w))
	}
	p.file = append(p.file, token{"txt", false})
	const plain = "\r\n--b\r\nContent-Type: text/plain; charset=utf-8"
	return "--b" + plain[5:] + "\r\n\r\n" + text + plain + "\r\nContent-Disposition: attachment; filename=\"" + name + ".txt\"\r\n\r\n" + file + "\r\n--b--\r\n"
}

// anyWish draws a question of parts inside each other.
func anyWish(t *rapid.T, depth int) wish {
	kind := rapid.IntRange(0, 9).Draw(t, "kind")
	if depth == 0 || kind > 4 {
		return anyAtom(t)
	}
	a, b := anyWish(t, depth-1), anyWish(t, depth-1)
	switch kind {
	case 0:
		return wish{"(" + a.text + ") (" + b.text + ")", func(p *paper) bool { return a.ok(p) && b.ok(p) }}
	case 1:
		return wish{a.text + " OR " + b.text, func(p *paper) bool { return a.ok(p) || b.ok(p) }}
	case 2:
		return wish{rapid.SampledFrom([]string{"-(", "NOT ("}).Draw(t, "not") + a.text + ")", func(p *paper) bool { return !a.ok(p) }}
	case 3:
		return wish{"{(" + a.text + ") (" + b.text + ")}", func(p *paper) bool { return a.ok(p) || b.ok(p) }}
	}
	c := anyAtom(t)
	return wish{"(" + a.text + ") -" + c.text + " (" + b.text + ")", func(p *paper) bool { return a.ok(p) && !c.ok(p) && b.ok(p) }}
}

// asked is one of the fields of words, and where in a message it looks.
type looked struct {
	name  string
	parts func(*paper) [][]token
}

var (
	whole   = looked{"", (*paper).parts}
	subject = looked{"subject:", func(p *paper) [][]token { return [][]token{p.subject} }}
	body    = looked{"body:", func(p *paper) [][]token { return p.body }}
	named   = looked{"filename:", func(p *paper) [][]token { return [][]token{p.file} }}
	from    = looked{"from:", func(p *paper) [][]token { return tokensOf(p.from) }}
	to      = looked{"to:", func(p *paper) [][]token { return tokensOf(p.to, p.cc) }}
	cc      = looked{"cc:", func(p *paper) [][]token { return tokensOf(p.cc) }}
	with    = looked{"with:", func(p *paper) [][]token { return tokensOf(p.from, p.to, p.cc) }}
)

func tokensOf(lists ...[]person) (out [][]token) {
	for _, who := range slices.Concat(lists...) {
		out = append(out, who.tokens())
	}
	return out
}

// anyAtom draws a question of one part.
func anyAtom(t *rapid.T) wish {
	if rapid.Bool().Draw(t, "of words") {
		return anyWords(t)
	}
	day := rapid.IntRange(0, 800).Draw(t, "day")
	date := time.Date(2024, 1, 1+day, 0, 0, 0, 0, time.UTC)
	dated := func(name, text string, ok func(since, until bool) bool, days, months int) wish {
		end := date.AddDate(0, months, days)
		return wish{name + text, func(p *paper) bool { return ok(!p.date.Before(date), p.date.Before(end)) }}
	}
	before := func(since, _ bool) bool { return !since }
	after := func(since, _ bool) bool { return since }
	on := func(since, until bool) bool { return since && until }
	octets := rapid.SampledFrom([]int64{0, 100, 300, 1024, 1300, 5120, 5300}).Draw(t, "octets")
	who := rapid.SampledFrom(locals).Draw(t, "local") + "@" + rapid.SampledFrom(domains).Draw(t, "domain")
	domain := rapid.SampledFrom([]string{"example.net", "mail.example.net", "example.org"}).Draw(t, "asked domain")
	people := rapid.SampledFrom([]struct {
		name string
		of   func(*paper) []person
	}{{"from:", func(p *paper) []person { return p.from }}, {"to:", func(p *paper) []person { return slices.Concat(p.to, p.cc) }}, {"cc:", func(p *paper) []person { return p.cc }}}).Draw(t, "people")
	within := func(p *paper) bool {
		return slices.ContainsFunc(people.of(p), func(w person) bool {
			return strings.HasSuffix(w.addr, "@"+domain) || strings.HasSuffix(w.addr, "."+domain)
		})
	}
	mailbox := rapid.SampledFrom(mailboxes).Draw(t, "mailbox")
	class := filter.Class(rapid.IntRange(0, 2).Draw(t, "class"))
	id := fmt.Sprintf("n%d@example.net", rapid.IntRange(0, 4).Draw(t, "Message-ID"))
	return rapid.SampledFrom([]wish{
		dated("before:", date.Format("2006-1-2"), before, 1, 0), dated("after:", date.Format("2006/01/02"), after, 1, 0), dated("on:", date.Format(time.DateOnly), on, 1, 0),
		dated("older:", date.Format(time.DateOnly), before, 1, 0), dated("newer_than:", date.Format(time.DateOnly), after, 1, 0),
		{"on:2024-05", func(p *paper) bool { return p.date.Format("2006-01") == "2024-05" }}, {"on:2025", func(p *paper) bool { return p.date.Year() == 2025 }},
		{"before:2025", func(p *paper) bool { return p.date.Year() < 2025 }}, {"after:2025-02", func(p *paper) bool { return p.date.Format("2006-01") >= "2025-02" }},
		{fmt.Sprintf("larger:%d", octets), func(p *paper) bool { return p.size > octets }}, {fmt.Sprintf("smaller:%dB", octets), func(p *paper) bool { return p.size < octets }},
		{"larger:1k", func(p *paper) bool { return p.size > 1024 }}, {"smaller:5K", func(p *paper) bool { return p.size < 5120 }},
		{people.name + who, func(p *paper) bool {
			return slices.ContainsFunc(people.of(p), func(w person) bool { return w.addr == who })
		}},
		{people.name + domain, within}, {people.name + "@" + domain, within},
		{`in:"` + mailbox + `"`, func(p *paper) bool { return p.mailbox == mailbox }}, {"in:anywhere", func(*paper) bool { return true }},
		{`label:"` + strings.ToUpper(mailbox) + `"`, func(p *paper) bool { return p.mailbox == mailbox }},
		{"account:work", func(p *paper) bool { return p.account == "work" }}, {"is:" + class.String(), func(p *paper) bool { return p.class == class }},
		{"is:unread", func(p *paper) bool { return !p.read }}, {"is:read", func(p *paper) bool { return p.read }},
		{"id:<" + id + ">", func(p *paper) bool { return p.messageID == id }}, {"has:link", func(p *paper) bool { return p.link }},
		{"has:attachment", func(p *paper) bool { return p.file != nil }}, {"has:text", func(p *paper) bool { return p.file != nil }}, {"has:pdf", func(*paper) bool { return false }},
	}).Draw(t, "atom")
}

// anyWords draws a question for words, in any field of them.
func anyWords(t *rapid.T) wish {
	in := rapid.SampledFrom([]looked{whole, whole, subject, body, named, from, to, cc, with}).Draw(t, "field")
	w := anyWord.Draw(t, "word")
	k := reads(w)
	runes := []rune(k.text)
	switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case kind == 0 && !k.dense:
		begin := string(runes[:rapid.IntRange(2, len(runes)).Draw(t, "letters")])
		return wish{in.name + begin + "*", func(p *paper) bool {
			return has(in.parts(p), func(word string) bool { return strings.HasPrefix(word, begin) })
		}}
	case kind == 1 && !k.dense:
		return wish{in.name + w + "~", func(p *paper) bool { return has(in.parts(p), like(k.text)) }}
	case kind == 2 && (in.name == "" || in.name == subject.name || in.name == body.name):
		all, text := words(t, 2, 3)
		if slices.ContainsFunc(all, func(k token) bool { return utf8.RuneCountInString(k.text) < 2 }) {
			break // a single character is looked for by itself
		}
		text = strings.ReplaceAll(text, "\r\n", " ")
		return wish{in.name + `"` + text + `"`, func(p *paper) bool { return anyHolds(in.parts(p), all...) }}
	case kind == 3:
		v := reads(anyWord.Draw(t, "second"))
		return wish{in.name + "(" + w + " " + v.text + ")", func(p *paper) bool { return anyHolds(in.parts(p), k) && anyHolds(in.parts(p), v) }}
	case kind == 4:
		v := reads(anyWord.Draw(t, "second"))
		return wish{in.name + "{" + w + " " + v.text + "}", func(p *paper) bool { return anyHolds(in.parts(p), k) || anyHolds(in.parts(p), v) }}
	}
	return wish{in.name + w, func(p *paper) bool { return anyHolds(in.parts(p), k) }}
}

// TestSearch_AnswersAsTheLanguageIsDocumented writes, alters and removes messages, and
// asks what a reader of Parse's documentation can answer by looking at each of them.
func TestSearch_AnswersAsTheLanguageIsDocumented(t *testing.T) {
	t.Parallel()
	dir, n, hits := t.TempDir(), 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		s, papers := newMemory(), map[int64]*paper{}
		c, err := search.Open(filepath.Join(dir, fmt.Sprint(n)), search.Options{Unread: s.Unread})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for range rapid.IntRange(1, 4).Draw(t, "passes") {
			for range rapid.IntRange(1, 6).Draw(t, "papers") {
				p := anyPaper(t, s)
				papers[p.id] = p
			}
			for id, p := range papers {
				switch id % 7 {
				case 0:
					s.remove(id)
					delete(papers, id)
				case 3:
					p.mailbox, p.class = mailboxes[0], filter.Ham
					s.alter(id, p.mailbox, p.class)
				}
			}
			if err := c.CatchUp(t.Context(), s, nil); err != nil {
				t.Fatal(err)
			}
		}
		if rapid.IntRange(0, 3).Draw(t, "merged") == 0 {
			if err := c.Rebuild(t.Context(), s, nil); err != nil {
				t.Fatal(err)
			}
		}
		for range 25 {
			hits += asDocumented(t, c, papers, anyWish(t, 3))
		}
	})
	if hits == 0 {
		t.Error("no question found anything: the test shows nothing")
	}
}

func asDocumented(t *rapid.T, c *search.Catalogue, papers map[int64]*paper, w wish) int {
	q, err := search.Parse(w.text, now)
	if err != nil {
		t.Fatalf("%s: %v", w.text, err)
	}
	var want []*paper
	inBoxes := map[string]uint64{}
	for _, p := range papers {
		if w.ok(p) {
			want = append(want, p)
			inBoxes[p.mailbox]++
		}
	}
	slices.SortFunc(want, func(a, b *paper) int {
		return cmp.Or(cmp.Compare(b.date.Unix(), a.date.Unix()), cmp.Compare(b.id, a.id))
	})
	page := search.Page{Limit: rapid.IntRange(1, 7).Draw(t, "page"), ByScore: rapid.IntRange(0, 3).Draw(t, "by score") == 0, Facets: true}
	var got, wanted []int64
	for {
		answer, err := c.Search(t.Context(), "ada", q, page)
		if err != nil {
			t.Fatalf("%s: %v", w.text, err)
		}
		for _, h := range answer.Hits {
			got = append(got, h.ID)
		}
		if answer.Total != uint64(len(want)) || len(answer.Facets.Mailboxes) != len(inBoxes) {
			t.Fatalf("%s: %d in mailboxes %v, want %d in %v", w.text, answer.Total, answer.Facets.Mailboxes, len(want), inBoxes)
		}
		for _, box := range answer.Facets.Mailboxes {
			if inBoxes[box.Value] != box.Hits {
				t.Fatalf("%s: %d hits in %s, want %d", w.text, box.Hits, box.Value, inBoxes[box.Value])
			}
		}
		if page.After = answer.Next; page.After == "" {
			break
		}
	}
	for _, p := range want {
		wanted = append(wanted, p.id)
	}
	if page.ByScore {
		slices.Sort(got)
		slices.Sort(wanted)
	}
	if !slices.Equal(got, wanted) {
		t.Fatalf("%s\nread as %s\nfinds %v, want %v", w.text, q, got, wanted)
	}
	return len(got)
}
