package search_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"restante/filter"
	"restante/filter/letter"
	"restante/index"
	"restante/index/search"
)

// words of the small language that the property tests write and ask in.
var vocabulary = []string{"alpha", "beta", "gamma", "delta", "請求書", "東京", "müller", "ada@example.net", "owner", "bob"}

// queries draws any question of the language, sound or not.
func queries() *rapid.Generator[string] {
	atom := rapid.Custom(func(t *rapid.T) string {
		w := rapid.SampledFrom(vocabulary).Draw(t, "word")
		return rapid.SampledFrom([]string{
			w, `"` + w + " alpha\"", w + "*", "from:" + w, "to:" + w, "subject:" + w, "in:inbox", "in:spam",
			"is:ham", "is:unsure", "is:unread", "is:read", "label:" + w, "label:spam", "has:attachment", "account:isp", "before:2030", "after:1990", "on:2026",
			"cc:" + w, "with:" + w, "body:" + w, "body:" + w + "*", w + "~", "has:link", "older:2030", "newer:1990", "larger:1", "smaller:5M", "filename:" + w, "list:" + w, "id:" + w, "owner:bob", `in:"owner:bob"`,
			"account:bob", "*", "owner:*", "from:me", "to:me", "with:me", "in:anywhere", "{" + w + " alpha}", "from:{" + w + " owner}",
		}).Draw(t, "atom")
	})
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"", "-", "(", "-(", "NOT ", "from:(", "label:(", "{", "-{"}).Draw(t, "open") + atom.Draw(t, "atom") +
				rapid.SampledFrom([]string{"", "", ")", " OR", " AND", "}"}).Draw(t, "close")
		}), 0, 6).Draw(t, "parts")
		return strings.Join(parts, " ")
	})
}

// Whatever a value holds, it ends where it ends: what stands behind it is a word of its
// own, and all of it is asked for.
func TestValue_StaysOneValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.StringMatching(`[a(){}"“*~: －（＂\x{3000}あOR-]{0,8}`).Draw(t, "value")
		q, err := search.Parse("in:"+search.Value("b"+v)+" tail", time.Time{})
		if err != nil {
			t.Fatalf("%q: %v", v, err)
		}
		if s := q.String(); q.Either() || !strings.HasSuffix(s, " tail") || !strings.HasPrefix(s, "in:") {
			t.Errorf("%q is read as %s", v, s)
		}
	})
	for value, want := range map[string]string{"spam": "spam", "me": `"me"`, "Anywhere": `"Anywhere"`, "": `""`, `a"b`: `"a b"`, "{x": `"{x"`, "ada@example.net": "ada@example.net", "（": `"（"`} {
		if got := search.Value(value); got != want {
			t.Errorf("Value(%q) = %s, want %s", value, got, want)
		}
	}
}

func TestSearch_NeverShowsAnotherOwnersMail(t *testing.T) {
	s := newMemory()
	owner := map[int64]string{}
	for i, who := range []string{"ada", "bob", "ada", "bob", "ada", "bob", "owner:bob", "Ada", "ada ", "bob/ada"} {
		for j, w := range vocabulary {
			m := index.Message{Owner: who, Class: filter.Class(i % 3)}
			if j%2 == 0 {
				m.Mailbox, m.Account = filter.Quarantine, who
			}
			owner[s.add(m, mail(w+" alpha", "From: "+w+" <ada@example.net>", "To: bob@example.net", "Subject: "+w,
				"Message-ID: <"+strconv.Itoa(j)+"@example.net>", "References: <all@example.net>", "Content-Type: text/plain; charset=utf-8"))] = who
		}
	}
	c := fill(t, s)
	hits := 0
	rapid.Check(t, func(t *rapid.T) {
		who := rapid.SampledFrom([]string{"ada", "bob", "Ada", "ada ", "owner:bob", "nobody", "*"}).Draw(t, "who")
		q, err := search.Parse(queries().Draw(t, "query"), now)
		if err != nil {
			return
		}
		seen := everyAnswer(t, c, who, q, s)
		for _, id := range seen {
			if owner[id] != who {
				t.Fatalf("%s asked %s and saw message %d of %s", who, q, id, owner[id])
			}
		}
		hits += len(seen)
	})
	if hits == 0 {
		t.Error("no question found anything: the test shows nothing")
	}
}

// everyAnswer asks in every way there is, and gives all messages that were shown.
func everyAnswer(t *rapid.T, c *search.Catalogue, who string, q *search.Query, s *memory) (seen []int64) {
	got, err := c.Search(t.Context(), who, q, search.Page{Limit: 1000, ByScore: rapid.Bool().Draw(t, "by score"), Facets: true})
	if err != nil {
		t.Fatalf("Search(%s): %v", q, err)
	}
	for _, h := range got.Hits {
		seen = append(seen, h.ID)
	}
	for _, facet := range [][]search.Count{got.Facets.Mailboxes, got.Facets.Accounts, got.Facets.Years, got.Facets.Senders} {
		n := uint64(0)
		for _, c := range facet {
			n += c.Hits
		}
		if n != got.Total {
			t.Fatalf("%s asked %s: the counts %v are of %d messages, not of %d", who, q, facet, n, got.Total)
		}
	}
	for _, a := range got.Facets.Accounts {
		if a.Value != who && a.Value != "isp" {
			t.Fatalf("%s asked %s and saw the account %q", who, q, a.Value)
		}
	}
	ids, _, err := c.Numbers(t.Context(), who, q, 1000)
	if err != nil || len(ids) != int(got.Total) {
		t.Fatalf("Numbers(%s): %v, %v", q, ids, err)
	}
	talks, err := c.Conversations(t.Context(), who, q, search.Page{})
	if err != nil {
		t.Fatalf("Conversations(%s): %v", q, err)
	}
	for _, talk := range talks.All {
		ids = append(ids, talk.Newest.ID)
		if own := uint64(len(s.feeds[who])); talk.Messages != own {
			t.Fatalf("%s asked %s: a conversation of %d messages, want his own %d", who, q, talk.Messages, own)
		}
	}
	any := rapid.Int64Range(1, s.lastID).Draw(t, "any")
	talk, err := c.Conversation(t.Context(), who, any)
	if err != nil {
		t.Fatal(err)
	}
	like, err := c.Like(t.Context(), who, any, letter.ReadBytes(s.raw[any]), search.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range like.Hits {
		ids = append(ids, h.ID)
	}
	every := make([]int64, s.lastID)
	for i := range every {
		every[i] = int64(i) + 1
	}
	among, err := c.Among(t.Context(), who, q, 0, every)
	if err != nil {
		t.Fatalf("Among(%s): %v", q, err)
	}
	found := 0
	for id, yes := range among {
		ids = append(ids, id)
		if yes {
			found++
		}
	}
	if found != int(got.Total) {
		t.Fatalf("%s asked %s: %d among all messages, want %d", who, q, found, got.Total)
	}
	return slices.Concat(seen, ids, talk)
}

// TestSearch_FindsWhatAnyRangeHolds checks days and sizes against arithmetic.
func TestSearch_FindsWhatAnyRangeHolds(t *testing.T) {
	s := newMemory()
	sizes := map[int64]int64{}
	for _, n := range []int{100, 127, 128, 255, 256, 257, 1000, 4095, 4096, 70000} {
		raw := mail(strings.Repeat("x", n-2))
		sizes[s.add(index.Message{}, raw)] = int64(len(raw))
	}
	c := fill(t, s)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.Int64Range(0, 300), rapid.Int64Range(900, 80000), rapid.SampledFrom([]int64{4096, 256, 1 << 30})).Draw(t, "n")
		for _, field := range []string{"larger", "smaller"} {
			q, err := search.Parse(field+":"+strconv.FormatInt(n, 10), now)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Search(t.Context(), "ada", q, search.Page{})
			if err != nil {
				t.Fatal(err)
			}
			var want, ids []int64
			for id, size := range sizes {
				if field == "larger" && size > n || field == "smaller" && size < n {
					want = append(want, id)
				}
			}
			for _, h := range got.Hits {
				ids = append(ids, h.ID)
			}
			slices.Sort(want)
			slices.Sort(ids)
			if !slices.Equal(ids, want) {
				t.Fatalf("%s found %v, want %v", q, ids, want)
			}
		}
	})
}

func TestSearch_TurnsPagesWithoutLossOrRepeat(t *testing.T) {
	s := newMemory()
	for i := range 95 {
		s.add(index.Message{Received: now.AddDate(0, 0, -(i*37)%10)}, note(i))
	}
	c := fill(t, s)
	q, err := search.Parse("note", now)
	if err != nil {
		t.Fatal(err)
	}
	for _, byScore := range []bool{false, true} {
		var ids []int64
		p := search.Page{Limit: 10, ByScore: byScore}
		for {
			got, err := c.Search(t.Context(), "ada", q, p)
			if err != nil {
				t.Fatal(err)
			}
			if got.Total != 95 {
				t.Fatalf("total %d, want 95", got.Total)
			}
			for _, h := range got.Hits {
				ids = append(ids, h.ID)
			}
			if got.Next == "" {
				break
			}
			if p.After = got.Next; !byScore {
				s.add(index.Message{Received: now.AddDate(0, 0, 1)}, mail("newer than all", "Subject: other"))
				catchUp(t, c, s)
			}
		}
		if !byScore {
			for i := 1; i < len(ids); i++ {
				a, b := s.rows[ids[i-1]], s.rows[ids[i]]
				if a.Received.Before(b.Received) || a.Received.Equal(b.Received) && a.ID < b.ID {
					t.Fatalf("message %d of %v stands before %d of %v", a.ID, a.Received, b.ID, b.Received)
				}
			}
		}
		slices.Sort(ids)
		if n := len(slices.Compact(slices.Clone(ids))); n != 95 || len(ids) != 95 {
			t.Errorf("by score %v: %d hits, %d of them different, want 95", byScore, len(ids), n)
		}
	}
	for _, bad := range []string{"x", "!!", "AAAA"} {
		if _, err := c.Search(t.Context(), "ada", q, search.Page{After: bad}); err == nil {
			t.Errorf("page %q was accepted", bad)
		}
	}
}

func TestSearch_OffersNoPageAfterTheLastHit(t *testing.T) {
	s := newMemory()
	for i := range 20 {
		s.add(index.Message{}, note(i))
	}
	for range 9 {
		s.add(index.Message{}, mail("egrets, storks and herons"))
	}
	c := fill(t, s)
	for _, p := range []search.Page{{Limit: 10}, {Limit: 10, Rough: true}, {Limit: 10, ByScore: true}} {
		for page := 1; page <= 2; page++ {
			got, err := c.Search(t.Context(), "ada", parse(t, "note"), p)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Hits) != 10 || (got.Next == "") != (page == 2) {
				t.Errorf("%+v: page %d of 2 has %d hits, and the next one is %q", p, page, len(got.Hits), got.Next)
			}
			p.After = got.Next
		}
	}
	for limit, more := range map[int]bool{7: true, 8: false, 9: false} {
		got, err := c.Like(t.Context(), "ada", 21, letter.ReadBytes(s.raw[21]), search.Page{Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Hits) != min(limit, 8) || (got.Next != "") != more {
			t.Errorf("%d of 8 messages like one: %d hits, and the next page is %q", limit, len(got.Hits), got.Next)
		}
	}
}

func TestSearch_TakesTheMessagesDateIfItCanBeBelieved(t *testing.T) {
	s := newMemory()
	dated := func(date string) int64 { return s.add(index.Message{}, mail("dated", "Date: "+date)) }
	old := dated("Fri, 17 May 2024 23:30:00 +0000")
	future := dated("Tue, 17 May 2033 10:00:00 +0000")
	dawn := dated("Thu, 01 Jan 1970 00:00:00 +0000")
	none := s.add(index.Message{}, mail("dated", "Subject: x"))
	c := fill(t, s)
	for query, want := range map[string][]int64{
		"dated":                        {none, dawn, future, old},
		"on:2024-05-17":                {old},
		"on:2024-05":                   {old},
		"on:2024":                      {old},
		"before:2024-05-17":            {},
		"before:2024-05-18":            {old},
		"after:2024-05-17 before:2025": {old},
		"after:2024-05-18":             {none, dawn, future},
		"after:2w":                     {none, dawn, future},
		"before:2w":                    {old},
		"on:2033":                      {},
	} {
		if got := find(t, c, "ada", query); !slices.Equal(got, want) {
			t.Errorf("%s found %v, want %v", query, got, want)
		}
	}
}
