package search_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"restante/filter/letter"
	"restante/index/search"
)

// marked writes a snippet with its marks in brackets.
func marked(s search.Snippet) string {
	var b strings.Builder
	at := 0
	for _, m := range s.Marks {
		b.WriteString(s.Text[at:m.From] + "[" + s.Text[m.From:m.To] + "]")
		at = m.To
	}
	return b.String() + s.Text[at:]
}

func TestSnippet_MarksWhatWasAskedFor(t *testing.T) {
	filler := strings.Repeat("filler word ", 100)
	for _, test := range []struct {
		query string
		l     letter.Letter
		want  string
	}{
		{"fox", letter.Letter{Text: "The quick  brown\nFox jumps"}, "The quick brown [Fox] jumps"},
		{`"brown fox" jumps`, letter.Letter{Text: "brown. fox brown bird Jumps"}, "[brown. fox] brown bird [Jumps]"},
		{"quick*", letter.Letter{Text: "quickest of all"}, "[quickest] of all"},
		{"quidk~", letter.Letter{Text: "a quick one"}, "a [quick] one"},
		{"qiuck~", letter.Letter{Text: "a quick one"}, "a [quick] one"},
		{"fox -bird", letter.Letter{Text: "fox"}, "[fox]"},
		{"fox OR bird", letter.Letter{Text: "a bird"}, "a [bird]"},
		{"body:fox subject:bird", letter.Letter{Text: "fox"}, "[fox]"},
		{"from:fox", letter.Letter{Text: "fox"}, "fox"},
		{"strasse", letter.Letter{Text: "in der Straße hier"}, "in der [Straße] hier"},
		{"Straße", letter.Letter{Text: "STRASSE"}, "[STRASSE]"},
		{"請求書", letter.Letter{Text: "今日は請求書を送る"}, "今日は[請求書]を送る"},
		{"発表会", letter.Letter{Text: "新製品発\n> 表会に\nword 会\n\n場"}, "新製品[発表会]に word 会 場"},
		{"한국 사람", letter.Letter{Text: "한국\n사람"}, "[한국] [사람]"},
		{"猫", letter.Letter{Text: "黒猫と猫"}, "黒[猫]と[猫]"},
		{"データ", letter.Letter{Text: "このﾃﾞｰﾀも"}, "この[ﾃﾞｰﾀ]も"},
		{"ｑｕｉｃｋ", letter.Letter{Text: "ＱＵＩＣＫ one"}, "[ＱＵＩＣＫ] one"},
		{"quokka", letter.Letter{Text: "plain", HTMLText: "html quokka"}, "html [quokka]"},
		{"enclosed", letter.Letter{Text: "see the file"}, "see the file"},
		{"", letter.Letter{HTMLText: "beginning"}, "beginning"},
		{"fox bird", letter.Letter{Text: "fox " + filler + "bird and fox " + filler}, "filler word filler word filler word filler word [bird] and [fox] filler"},
	} {
		q, err := search.Parse(test.query, now)
		if err != nil {
			t.Fatal(err)
		}
		s := q.Snippet(&test.l)
		if got := marked(s); got != test.want && !(s.Cut && strings.HasPrefix(got, test.want)) {
			t.Errorf("%s: %s, want %s", test.query, got, test.want)
		}
	}
}

func TestMarks_OfASubject(t *testing.T) {
	q, err := search.Parse("annual report", now)
	if err != nil {
		t.Fatal(err)
	}
	want := []search.Mark{{From: 4, To: 10}, {From: 11, To: 17}}
	if got := q.Marks("Re: Annual Report"); !slices.Equal(got, want) {
		t.Errorf("Marks = %v, want %v", got, want)
	}
}

func TestMarks_OfWhatIsAskedForTwiceTakeNoMore(t *testing.T) {
	text := strings.Repeat("a ", 32<<10)
	taken := func(query string) uint64 {
		q := parse(t, query)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if got := q.Marks(text); len(got) != 32<<10 {
			t.Errorf("%d marks", len(got))
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if once, often := taken("a"), taken(strings.Repeat("a ", 64)); often > 2*once {
		t.Errorf("asked for once %d octets are taken, often %d", once, often)
	}
}

// TestSnippet_IsSoundWhateverIsAsked keeps marks inside the text and between its
// characters.
func TestSnippet_IsSoundWhateverIsAsked(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("ab ßﾃﾞ東京 e\u0301ｱ①ﬁ.\u00ad\u200b𝄞한글ก็")), 0, 400, -1)
	rapid.Check(t, func(t *rapid.T) {
		l := letter.Letter{Text: text.Draw(t, "text"), HTMLText: text.Draw(t, "html"), Subject: text.Draw(t, "subject")}
		q, err := search.Parse(rapid.StringOfN(rapid.RuneFrom([]rune("ab ß*~東京eｱ\"デ")), 0, 12, -1).Draw(t, "query"), now)
		if err != nil {
			return
		}
		s := q.Snippet(&l)
		at := 0
		for _, m := range s.Marks {
			if m.From < at || m.To <= m.From || m.To > len(s.Text) || !utf8.ValidString(s.Text[m.From:m.To]) {
				t.Fatalf("%s: mark %v of %q", q, m, s.Text)
			}
			at = m.To
		}
		if !utf8.ValidString(s.Text) || utf8.RuneCountInString(s.Text) > 200 {
			t.Fatalf("%s: snippet %q", q, s.Text)
		}
	})
}
