package search_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"restante/index"
	"restante/index/search"
)

func TestParse_UnderstandsTheLanguage(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"  ", ""},
		{"invoice  acme", "invoice acme"},
		{"invoice AND acme", "invoice acme"},
		{"a1 b1 OR c1", "a1 b1 OR c1"},
		{"a1 OR (b1 OR c1)", "a1 OR b1 OR c1"},
		{"(a1 (b1 c1))", "a1 b1 c1"},
		{"(a1 OR b1) c1", "(a1 OR b1) c1"},
		{"-(a1 b1)", "-(a1 b1)"},
		{"-(a1 OR b1) c1", "-(a1 OR b1) c1"},
		{"--a1", "a1"},
		{`"annual report"`, `"annual report"`},
		{"inv*", "inv*"},
		{`FROM:"Ada L" to:bob`, `from:"Ada L" to:bob`},
		{"subject:inv*", "subject:inv*"},
		{"is:SPAM has:Attachment", "is:spam has:attachment"},
		{`IS:Unread label:"To do"`, `is:unread label:"To do"`},
		{"before:2024 after:2024-05 on:2024-05-17", "before:2024 after:2024-05 on:2024-05-17"},
		{"after:2w", "after:2026-11-08"},
		{"before:3m", "before:2026-08-22"},
		{"after:1y", "after:2025-11-22"},
		{"on:0d", "on:2026-11-22"},
		{"larger:5M smaller:100k", "larger:5242880 smaller:102400"},
		{"larger:1G", "larger:1073741824"},
		{"larger:12", "larger:12"},
		{"larger:1.5M smaller:10KiB", "larger:1572864 smaller:10240"},
		{"larger:99999999999 smaller:2mb larger:0.5k", "larger:99999999999 smaller:2097152 larger:512"},
		{"mid:a@b folder:spam attachment:pdf filename:*.PDF", "id:a@b in:spam filename:pdf filename:PDF"},
		{"smaller:2kB", "smaller:2048"},
		{"http://example.net/x", "http://example.net/x"},
		{"10:30", "10:30"},
		{"e-mail", "e-mail"},
		{"NOT draft", "-draft"},
		{"ada AND NOT (bob OR eve)", "ada -(bob OR eve)"},
		{`not "NOT"`, `not "NOT"`},
		{"from:(ada OR -bob) x1", "(from:ada OR -from:bob) x1"},
		{`from:("Ada L" to:(bob OR cc:carol)) has:(pdf OR image)`, `from:"Ada L" (to:bob OR cc:carol) (has:pdf OR has:image)`},
		{"older_than:1y NEWER_THAN:2w size:5m rfc822msgid:a@b", "before:2025-11-22 after:2026-11-08 larger:5242880 id:a@b"},
		{"on:2024/5/7 before:2024/05 after:yesterday on:Today", "on:2024-05-07 before:2024-05 after:2026-11-21 on:2026-11-22"},
		{"is:read -is:read has:other", "-is:unread is:unread has:other"},
		{"ORACLE android", "ORACLE android"},
		{"ｆｒｏｍ：ａｄａ　ｂｏｂ", "from:ada bob"},
		{"“annual report”", `"annual report"`},
		{"請求書", "請求書"},
		{"{a1 b1} c1", "(a1 OR b1) c1"},
		{"{from:ada OR -{b1 c1} (d1 e1)}", "from:ada OR -(b1 OR c1) OR d1 e1"},
		{"-{a1} from:{ada bob}x1", "-a1 (from:ada OR from:bob) x1"},
		{`from:me TO:Me with:"me" in:Anywhere`, `from:me to:Me with:"me" in:Anywhere`},
	} {
		q, err := search.Parse(test.in, now)
		if err != nil {
			t.Errorf("Parse(%q): %v", test.in, err)
			continue
		}
		if got := q.String(); got != test.want {
			t.Errorf("Parse(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestParse_PointsAtTheFault(t *testing.T) {
	for _, test := range []struct {
		in      string
		column  int
		problem string
	}{
		{`"annual`, 1, "never closed"},
		{`ada "annual`, 5, "never closed"},
		{"(ada", 1, "never closed"},
		{"ada (bob (eve)", 5, "never closed"},
		{"ada)", 4, "a parenthesis closes that was never opened"},
		{"ada}", 4, "a brace closes that was never opened"},
		{"{ada", 1, "brace is never closed"},
		{"x1 {ada (bob}", 9, "parenthesis is never closed"},
		{"{}", 2, "nothing stands"},
		{"{ada OR}", 8, "nothing stands"},
		{"{OR ada}", 2, "nothing on its left"},
		{"{ada AND bob}", 6, "AND in braces"},
		{strings.Repeat("{", 33) + "a1", 32, "too deep"},
		{"()", 2, "nothing stands"},
		{"ada OR", 7, "ends too early"},
		{"OR ada", 1, "nothing on its left"},
		{"AND ada", 1, "AND has nothing on its left"},
		{"ada OR OR bob", 8, "nothing on its left"},
		{"ada AND", 8, "nothing on its right"},
		{"ada -", 5, "minus sign"},
		{"- ada", 1, "minus sign"},
		{"from:", 6, "no value"},
		{"from: ada", 6, "no value"},
		{"from:()", 7, "nothing stands"},
		{"from:(ada", 6, "never closed"},
		{"NOT", 4, "NOT has nothing on its right"},
		{"ada (NOT)", 9, "NOT has nothing"},
		{"in:(inbox OR sp*)", 14, "star after in:"},
		{"larger_then:5M", 1, "no field larger_then:"},
		{"ada form:bob", 5, "no field form:"},
		{"before:tomorrow", 8, "no date"},
		{"on:2024-13", 4, "no date"},
		{"on:2024-02-30", 4, "no date"},
		{"after:2x", 7, "no date"},
		{"larger:big", 8, "no size"},
		{"larger:-5", 8, "no size"},
		{"larger:1kk", 8, "no size"},
		{"larger:1ib", 8, "no size"},
		{"larger:1.2.3", 8, "no size"},
		{"larger:.", 8, "no size"},
		{"larger:1234567890123456", 8, "no size"},
		{"larger:inf", 8, "no size"},
		{"filename:a*.pdf", 11, "a star inside"},
		{"is:good", 4, "does not know"},
		{"has:everything", 5, "does not know"},
		{"請求書 is:good", 8, "does not know"},
		{"in*voice", 3, "inside a word"},
		{`"in"*`, 5, "after quotes"},
		{"a*", 1, "single letter"},
		{"in:sp*", 4, "star after in:"},
		{"label:wo*", 7, "star after label:"},
		{`label:""`, 7, "no value"},
		{"!!!", 1, "no letter"},
		{"from:!!!", 6, "no letter"},
		{`in:""`, 4, "no value"},
		{strings.Repeat("(", 33) + "a1" + strings.Repeat(")", 33), 33, "too deep"},
		{strings.Repeat("-", 40) + "a1", 33, "too deep"},
		{strings.Repeat("a1 ", 65), 193, "too many words"},
		{`"` + strings.Repeat("a1 ", 257) + `"`, 1, "too many words"},
		{strings.Repeat("from:{ada~ bob~} ", 6), 92, "too many words with a tilde"},
		{strings.Repeat("x", 4097), 4097, "too long"},
	} {
		_, err := search.Parse(test.in, now)
		var fault *search.SyntaxError
		if !errors.As(err, &fault) {
			t.Errorf("Parse(%.40q): error %v, want a SyntaxError", test.in, err)
			continue
		}
		if fault.Column != test.column || !strings.Contains(fault.Problem, test.problem) || fault.Expected == "" {
			t.Errorf("Parse(%.40q) = %v, want column %d and %q", test.in, fault, test.column, test.problem)
		}
	}
}

func TestParse_SaysWhatStandsForGmailsOtherFields(t *testing.T) {
	for _, test := range []struct {
		in     string
		column int
		want   []string
	}{
		{"bcc:ada", 1, []string{"to:"}},
		{"tag:work", 1, []string{"label:"}},
		{"tide BCC:ada@example.org", 6, []string{"to:"}},
		{`請求書 bcc:"Ada L"`, 5, []string{"to:"}},
		{"-(deliveredto:ada)", 3, []string{"to:", "account:"}},
	} {
		_, err := search.Parse(test.in, now)
		var fault *search.SyntaxError
		if !errors.As(err, &fault) || fault.Column != test.column {
			t.Errorf("Parse(%q): %v, want a SyntaxError at column %d", test.in, err, test.column)
			continue
		}
		for _, instead := range test.want {
			if !strings.Contains(fault.Expected, instead) || strings.Contains(fault.Expected, "larger:") {
				t.Errorf("Parse(%q): %v, want %s advised and little else", test.in, fault, instead)
			}
			// What is advised is understood.
			if _, err := search.Parse(instead+"ada", now); err != nil {
				t.Errorf("%s is advised: %v", instead, err)
			}
		}
	}
	if q, err := search.Parse(`"bcc:ada"`, now); err != nil || q.String() != `"bcc:ada"` {
		t.Errorf("in quotes: %v, %v", q, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`a (b OR -"c d") from:"e f" in*`, "before:2w larger:5M is:spam", "ｆｒｏｍ：東京　OR x", "((", `-"`, "a AND b", "from:(a OR NOT b) is:read", "on:2024/5", "{a1 -{b1 OR c1}} from:me in:anywhere"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := search.Parse(s, now)
		if err != nil {
			var fault *search.SyntaxError
			if !errors.As(err, &fault) || fault.Column < 1 || fault.Column > len(s)+1 {
				t.Fatalf("Parse(%q): %#v", s, err)
			}
			return
		}
		again, err := search.Parse(q.String(), now)
		if err != nil {
			// The canonical form may outgrow the bounds only.
			if len(q.String()) > len(s) {
				return
			}
			t.Fatalf("Parse(%q) gives %q, which is refused: %v", s, q, err)
		}
		if again.String() != q.String() {
			t.Fatalf("Parse(%q): %q is not canonical, becomes %q", s, q, again)
		}
	})
}

func TestSearch_PutsTheBestFirstOverAllPages(t *testing.T) {
	s := newMemory()
	var want []int64
	for i := range 40 { // the more often the word, the older the message
		m := index.Message{Received: now.AddDate(0, 0, -i)}
		id := s.add(m, mail(strings.Repeat("tide ", 1+i)+strings.Repeat("sand ", 40-i), "Subject: shore", "From: ann@example.net"))
		want = append([]int64{id}, want...)
	}
	s.add(index.Message{Owner: "bob"}, mail("tide"))
	c := fill(t, s)
	for _, query := range []string{"tide", "from:ann tide", "tide in:inbox on:2026", "tide -in:spam", `(tide OR "tide tide" OR from:x)`} {
		q, err := search.Parse(query, now)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		p := search.Page{Limit: 7, ByScore: true}
		for last := math.Inf(1); ; {
			r, err := c.Search(t.Context(), "ada", q, p)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range r.Hits {
				if !(h.Score > 0 && h.Score <= last) {
					t.Fatalf("%s: message %d scores %v after one that scores %v", query, h.ID, h.Score, last)
				}
				last = h.Score
				got = append(got, h.ID)
			}
			if p.After = r.Next; p.After == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s found %v, want %v", query, got, want)
		}
	}
	q, err := search.Parse("from:ann", now)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Search(t.Context(), "ada", q, search.Page{ByScore: true})
	if err != nil || len(r.Hits) != 40 || r.Hits[0] != (search.Hit{ID: want[39]}) {
		t.Errorf("from:ann found %v, %v, want 40 hits without scores, newest first", r.Hits, err)
	}
}

func TestParse_SaysWhatStandsForNotmuchsFields(t *testing.T) {
	for in, want := range map[string]string{"date:2024..": "after: and before:", "thread:17": "conversations", "tag:unread": "is:unread"} {
		if _, err := search.Parse(in, now); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "larger:") {
			t.Errorf("Parse(%q): %v, want %s advised and little else", in, err, want)
		}
	}
}
