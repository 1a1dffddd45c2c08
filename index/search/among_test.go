package search_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"restante/filter"
	"restante/index"
	"restante/index/search"
)

func among(t *testing.T, c *search.Catalogue, owner, query string, upTo int64, ids ...int64) (map[int64]bool, error) {
	t.Helper()
	q, err := search.Parse(query, now)
	if err != nil {
		t.Fatal(err)
	}
	return c.Among(t.Context(), owner, q, upTo, ids)
}

func TestAmong_TellsFoundFromUnknown(t *testing.T) {
	s := newMemory()
	var ids []int64
	for i := range 3 {
		ids = append(ids, s.add(index.Message{}, mail(fmt.Sprintf("apple number%d", i), "Subject: x")))
	}
	bobs := s.add(index.Message{Owner: "bob"}, mail("apple", "Subject: x"))
	spam := s.add(index.Message{Mailbox: filter.Quarantine}, mail("pear", "Subject: x"))
	c := fill(t, s)
	for query, want := range map[string]map[int64]bool{
		"apple":           {ids[0]: true, ids[1]: true, spam: false},
		"number1":         {ids[0]: false, ids[1]: true, spam: false},
		`"apple number0"`: {ids[0]: true, ids[1]: false, spam: false},
		"-apple":          {ids[0]: false, ids[1]: false, spam: true},
		"in:spam":         {ids[0]: false, ids[1]: false, spam: true},
		"app*":            {ids[0]: true, ids[1]: true, spam: false},
		"after:2020":      {ids[0]: true, ids[1]: true, spam: true},
		"larger:1":        {ids[0]: true, ids[1]: true, spam: true},
		"":                {ids[0]: true, ids[1]: true, spam: true},
		"plum":            {ids[0]: false, ids[1]: false, spam: false},
	} {
		got, err := among(t, c, "ada", query, 4, ids[0], ids[1], bobs, spam, 1<<40)
		if err != nil {
			t.Errorf("%q: %v", query, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got):\n%s", query, d)
		}
	}
	s.remove(ids[0])
	s.alter(ids[1], filter.Quarantine, filter.Spam)
	if got, err := among(t, c, "ada", "in:spam", 5, ids[1]); !errors.Is(err, search.ErrBehind) {
		t.Errorf("Among = %v, %v while it is behind; want ErrBehind", got, err)
	}
	catchUp(t, c, s)
	got, err := among(t, c, "ada", "in:spam", 6, ids[0], ids[1])
	if d := cmp.Diff(map[int64]bool{ids[1]: true}, got); d != "" || err != nil {
		t.Errorf("after it caught up: %v\n%s", err, d)
	}
}

func TestAmong_RefusesWhatItCannotAnswer(t *testing.T) {
	c := fill(t, newMemory())
	if _, err := among(t, c, "", "x", 0); err == nil {
		t.Error("nobody was answered")
	}
	if _, err := among(t, c, "ada", "x", 0, make([]int64, 1001)...); err == nil {
		t.Error("1,001 messages were looked for")
	}
	if got, err := among(t, c, "ada", "x", 0); err != nil || len(got) != 0 {
		t.Errorf("Among none = %v, %v", got, err)
	}
}
