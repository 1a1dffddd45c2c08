package index_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"restante/filter"
	"restante/index/search"
)

// The catalogue was behind when the rows were lost, and a lesson's change was
// lost with them: the numbers fit, what they mean does not.
func TestCatalogue_FindsAllAfterTheRowsWereMadeAnew(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	c, err := search.Open(filepath.Join(t.TempDir(), "catalogue"), search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := sorted(t, "ada", "home", "u1", text(1))
	h.shelve(s)
	h.shelve(sorted(t, "ada", "home", "u2", text(2)))
	if _, err := h.Teach(ctx, "ada", s.Parcel.Digest, s.Letter, filter.Spam, byHand); err != nil {
		t.Fatal(err)
	}
	if err := c.CatchUp(ctx, h.Archive, nil); err != nil {
		t.Fatal(err)
	}
	h.shelve(sorted(t, "ada", "home", "u3", text(3)))
	h.close()
	h.loseRows()
	h.open(nil, nil)
	if err := c.CatchUp(ctx, h.Archive, nil); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 3; i++ {
		q, err := search.Parse(fmt.Sprint(i), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if r, err := c.Search(ctx, "ada", q, search.Page{Limit: 10}); err != nil || r.Total != 1 {
			t.Errorf("message %d: found %d times, %v", i, r.Total, err)
		}
	}
}
