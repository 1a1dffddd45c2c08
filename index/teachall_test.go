package index_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"restante/filter"
	"restante/index"
)

func materials(t *testing.T, from, to int) (ms []index.Material) {
	t.Helper()
	for i := from; i < to; i++ {
		s := sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i))
		ms = append(ms, index.Material{Digest: s.Parcel.Digest, Letter: s.Letter, From: byHand})
	}
	return ms
}

// commits counts the journal's.
type commits struct {
	index.Store
	teach, place int
}

func (c *commits) Teach(ctx context.Context, ls []*index.Lesson) error {
	c.teach++
	return c.Store.Teach(ctx, ls)
}

func (c *commits) Place(ctx context.Context, owner string, k filter.Class, moves []index.Move, lesson int64) error {
	c.place++
	return c.Store.Place(ctx, owner, k, moves, lesson)
}

func TestTeachAll_IsOneCommitAndTheSameAsOneByOne(t *testing.T) {
	ctx := context.Background()
	one, all := newHouse(t), newHouse(t)
	var n commits
	all.close()
	all.open(nil, func(s index.Store) index.Store { n.Store = s; return &n })
	for _, h := range []*house{one, all} {
		for i := range 4 {
			h.shelve(sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i)))
		}
		h.teach(t, 2, filter.Ham)  // to be replaced
		h.teach(t, 3, filter.Spam) // known already
		h.teach(t, 9, filter.Ham)
	}
	ms := append(materials(t, 0, 6), materials(t, 1, 2)...) // the last one twice
	var want []index.Teaching
	for _, m := range ms {
		got, err := one.Teach(ctx, "ada", m.Digest, m.Letter, filter.Spam, m.From)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, got)
	}
	n.teach, n.place = 0, 0
	got, err := all.TeachAll(ctx, "ada", filter.Spam, ms)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("TeachAll = %+v, %v\nwant      %+v", got, err, want)
	}
	if n.teach != 1 || n.place != 0 {
		t.Errorf("%d commits of lessons and %d of places, want 1 and 0", n.teach, n.place)
	}
	if !bytes.Equal(snapshot(t, one), snapshot(t, all)) || one.boxes(t) != all.boxes(t) {
		t.Error("the models or the mailboxes differ")
	}
	for _, taught := range got {
		if taught.Lesson > 0 {
			all.undo(t, taught.Lesson)
			one.undo(t, taught.Lesson)
		}
	}
	if !bytes.Equal(snapshot(t, one), snapshot(t, all)) || one.boxes(t) != all.boxes(t) || all.boxes(t) != [2]int{3, 1} {
		t.Errorf("undone, the models differ, or the mailboxes: %v and %v", one.boxes(t), all.boxes(t))
	}
}

func TestTeachAll_ThatFailsTeachesNothing(t *testing.T) {
	for _, after := range []bool{false, true} {
		h := newHouse(t)
		h.close()
		h.open(nil, func(s index.Store) index.Store { return &lossyLessons{Store: s, failAt: 2, after: after} })
		h.teach(t, 9, filter.Ham)
		if _, err := h.TeachAll(context.Background(), "ada", filter.Spam, materials(t, 0, 5)); err == nil {
			t.Fatal("the journal failed, and nothing was said")
		}
		spam := 0
		if after { // it was the answer that got lost
			spam = 5
		}
		wantCounts(t, h, 1, spam)
		if _, err := h.TeachAll(context.Background(), "ada", filter.Spam, materials(t, 0, 5)); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, h, 1, 5)
	}
}

func TestTeachAll_ForgetsAll(t *testing.T) {
	h := newHouse(t)
	h.shelve(sorted(t, "ada", "isp", "u1", text(1)))
	before := snapshot(t, h)
	if _, err := h.TeachAll(context.Background(), "ada", filter.Spam, materials(t, 0, 4)); err != nil {
		t.Fatal(err)
	}
	got, err := h.TeachAll(context.Background(), "ada", filter.Unsure, materials(t, 0, 5))
	if err != nil || got[1].Was != filter.Spam || got[1].Moved != 1 || got[4].Was != filter.Unsure {
		t.Errorf("TeachAll = %+v, %v", got, err)
	}
	if !bytes.Equal(snapshot(t, h), before) || h.boxes(t) != [2]int{1, 0} {
		t.Error("not all of it was forgotten")
	}
}
