package index_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"restante/filter"
	"restante/index"
)

// With room for few lessons of a class the model is what the newest of them make,
// to the bit, now and after a crash, and mail stays where it is.
func TestAge_TakesTheOldestLessonsBack(t *testing.T) {
	ctx := context.Background()
	h, fresh := newHouse(t), newHouse(t)
	h.LessonsMost(4, 2)
	h.shelve(sorted(t, "ada", "isp", "u0", text(0)))
	var lessons []int64
	for i := range 7 {
		lessons = append(lessons, h.teach(t, i, filter.Spam))
		if i < 3 {
			h.teach(t, 100+i, filter.Ham)
		}
	}
	wantCounts(t, h, 3, 5) // 6 made it 4, and the seventh 5
	if h.boxes(t) != [2]int{0, 1} {
		t.Errorf("inbox and quarantine hold %v: mail moved with its lesson's age", h.boxes(t))
	}
	acts, err := h.Acts(ctx, "ada", index.ActQuery{Class: filter.Spam, Oldest: true})
	if err != nil || len(acts) != 7 {
		t.Fatalf("Acts = %v, %v", acts, err)
	}
	for i, a := range acts {
		if a.Number != lessons[i] || a.Stands() != (i >= 2) || i < 2 && a.UndoneBy != index.ByAge {
			t.Errorf("lesson %d: %+v", i, a)
		}
	}
	if _, err := h.Undo(ctx, "ada", lessons[0], byHand); !errors.Is(err, index.ErrUndone) {
		t.Errorf("Undo = %v, want ErrUndone", err)
	}
	now := snapshot(t, h)
	h.ForgetModels()
	if !bytes.Equal(snapshot(t, h), now) {
		t.Error("read anew, the model is another")
	}
	// All that stands taken back leaves nothing of what aged.
	for _, c := range []filter.Class{filter.Spam, filter.Ham} {
		acts, err := h.Acts(ctx, "ada", index.ActQuery{Standing: true, Class: c})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range acts {
			h.undo(t, a.Number)
		}
	}
	if !bytes.Equal(snapshot(t, h), snapshot(t, fresh)) {
		t.Error("aged lessons left a trace")
	}
}

// A journal that fails as it ages loses no lesson just taught.
func TestAge_ThatFailsIsTriedAgain(t *testing.T) {
	h := newHouse(t)
	h.close()
	h.open(nil, func(s index.Store) index.Store { return &lossyLessons{Store: s, failAt: 4} })
	h.LessonsMost(1, 2)
	for i := range 3 {
		h.teach(t, i, filter.Spam)
	}
	wantCounts(t, h, 0, 3) // the fourth commit was the ageing
	h.teach(t, 3, filter.Spam)
	wantCounts(t, h, 0, 1)
}
