package search_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"restante/filter"
	"restante/filter/letter"
	"restante/index"
	"restante/index/search"
	"restante/index/search/extract/extracttest"
)

func parse(t testing.TB, query string) *search.Query {
	t.Helper()
	q, err := search.Parse(query, now)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestSearch_CountsWhatItFinds(t *testing.T) {
	s := newMemory()
	for i := range 5 {
		m := index.Message{Account: "isp", Received: now.AddDate(-i, 0, 0)}
		if i > 2 {
			m.Mailbox, m.Account = filter.Quarantine, "work"
		}
		s.add(m, mail("heron", fmt.Sprintf("From: a%d@Example.net", i%2)))
	}
	s.add(index.Message{}, withFile("application/pdf", "a.pdf", extracttest.PDF("heron")))
	s.add(index.Message{Owner: "bob"}, mail("heron", "From: bob@example.net"))
	s.add(index.Message{}, mail("stork", "From: other@example.net"))
	c := fill(t, s)
	want := &search.Facets{
		Senders:   []search.Count{{Value: "a0@example.net", Hits: 3}, {Value: "a1@example.net", Hits: 2}},
		Mailboxes: []search.Count{{Value: filter.Inbox, Hits: 4}, {Value: filter.Quarantine, Hits: 2}},
		Accounts:  []search.Count{{Value: "isp", Hits: 4}, {Value: "work", Hits: 2}},
		Years:     []search.Count{{Value: "2026", Hits: 2}, {Value: "2025", Hits: 1}, {Value: "2024", Hits: 1}, {Value: "2023", Hits: 1}, {Value: "2022", Hits: 1}},
		Kinds:     []search.Count{{Value: "pdf", Hits: 1}},
	}
	for _, byScore := range []bool{false, true} {
		got, err := c.Search(t.Context(), "ada", parse(t, "heron"), search.Page{Limit: 2, ByScore: byScore, Facets: true})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Facets); diff != "" || got.Total != 6 {
			t.Errorf("by score %v: %d in all, facets (-want +got):\n%s", byScore, got.Total, diff)
		}
	}
	for facet, of := range map[string][]search.Count{"from:": want.Senders, "in:": want.Mailboxes, "account:": want.Accounts, "on:": want.Years, "has:": want.Kinds} {
		for _, n := range of {
			if got := find(t, c, "ada", "heron "+facet+n.Value); uint64(len(got)) != n.Hits {
				t.Errorf("%s%s finds %d, the facet says %d", facet, n.Value, len(got), n.Hits)
			}
		}
	}
}

// reply is a message of a conversation.
func reply(id string, refers ...string) []byte {
	head := []string{"Subject: talk", "Message-ID: <" + id + ">"}
	if len(refers) > 0 {
		head = append(head, "References: <"+strings.Join(refers, "> <")+">")
	}
	return mail("heron", head...)
}

func TestConversations_AreShownOnceWhereTheirNewestHitStands(t *testing.T) {
	s := newMemory()
	at := func(day int, raw []byte) int64 { return s.add(index.Message{Received: now.AddDate(0, 0, day)}, raw) }
	a1 := at(1, reply("a1@x"))
	b1 := at(2, reply("b1@x"))
	a2 := at(3, reply("a2@x", "a1@x"))
	lone := at(4, mail("heron"))
	a4 := at(5, reply("a4@x", "a3@x")) // knows only its parent
	b2 := at(6, reply("b2@x", "b1@x"))
	a3 := at(7, reply("a3@x", "a1@x", "a2@x"))
	other := s.add(index.Message{Received: now.AddDate(0, 0, 8)}, []byte(strings.Replace(string(reply("a5@x", "a3@x")), "heron", "stork", 1)))
	s.add(index.Message{Owner: "bob", Received: now.AddDate(0, 0, 9)}, reply("a6@x", "a1@x"))
	c := fill(t, s)
	want := []search.Conversation{
		{Newest: search.Hit{ID: a3}, Found: 4, Messages: 5},
		{Newest: search.Hit{ID: b2}, Found: 2, Messages: 2},
		{Newest: search.Hit{ID: lone}, Found: 1, Messages: 1},
	}
	for _, limit := range []int{1, 2, 3, 50} {
		var got []search.Conversation
		p := search.Page{Limit: limit}
		for {
			page, err := c.Conversations(t.Context(), "ada", parse(t, "heron"), p)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page.All...)
			if p.After = page.Next; p.After == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d a page (-want +got):\n%s", limit, diff)
		}
	}
	for id, want := range map[int64][]int64{a1: {a1, a2, a4, a3, other}, a4: {a1, a2, a4, a3, other}, b2: {b1, b2}, lone: {lone}} {
		if got, err := c.Conversation(t.Context(), "ada", id); err != nil || !slices.Equal(got, want) {
			t.Errorf("Conversation(%d) = %v, %v, want %v", id, got, err, want)
		}
	}
	if got, err := c.Conversation(t.Context(), "bob", a1); err != nil || len(got) != 0 {
		t.Errorf("Conversation of another's message = %v, %v", got, err)
	}
}

func TestLike_FindsWhatSharesTellingWords(t *testing.T) {
	s := newMemory()
	raw := mail("the heron stands in the marsh and waits for the eel", "Subject: marsh birds")
	asked := s.add(index.Message{}, raw)
	near := s.add(index.Message{}, mail("the eel hides from the heron in the marsh", "Subject: eels"))
	far := s.add(index.Message{}, mail("a heron", "Subject: other things"))
	s.add(index.Message{Owner: "bob"}, raw)
	for i := range 60 {
		s.add(index.Message{}, mail(fmt.Sprintf("the order number%d and the invoice for the budget", i), "Subject: the plan"))
	}
	c := fill(t, s)
	got, err := c.Like(t.Context(), "ada", asked, letter.ReadBytes(raw), search.Page{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Hits) == 0 || got.Hits[0].ID != near || slices.ContainsFunc(got.Hits, func(h search.Hit) bool { return h.ID == asked || h.ID > far }) {
		t.Errorf("like %d: %v, want %d first and neither itself nor the plans", asked, got.Hits, near)
	}
}

func TestNumbers_AreInOrderOfArrival(t *testing.T) {
	s := newMemory()
	var want []int64
	for i := range 30 {
		want = append(want, s.add(index.Message{Received: now.AddDate(0, 0, -i)}, mail("heron")))
		s.add(index.Message{Owner: "bob"}, mail("heron"))
	}
	c := fill(t, s)
	if got, whole, err := c.Numbers(t.Context(), "ada", parse(t, "heron"), 100); err != nil || !whole || !slices.Equal(got, want) {
		t.Errorf("Numbers = %v, %v, %v, want %v", got, whole, err, want)
	}
	if got, whole, err := c.Numbers(t.Context(), "ada", parse(t, "heron"), 7); err != nil || whole || !slices.Equal(got, want[:7]) {
		t.Errorf("Numbers = %v, %v, %v, want %v and that there are more", got, whole, err, want[:7])
	}
}
