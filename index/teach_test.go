package index_test

import (
	"bytes"
	"context"
	"testing"

	"restante/filter"
	"restante/filter/bayes"
	"restante/filter/letter"
	"restante/index"
)

func TestTeach_MovesJournalsAndSurvives(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	h.shelve(sorted(t, "ada", "isp", "u1", text(1)))
	l := letter.ReadBytes([]byte(text(1)))
	sum := sorted(t, "ada", "isp", "u1", text(1)).Parcel.Digest
	for _, step := range []struct {
		now     filter.Class
		inbox   int
		spam    int
		nothing bool
	}{{filter.Spam, 0, 1, false}, {filter.Spam, 0, 1, true}, {filter.Ham, 1, 0, false}} {
		got, err := h.Teach(ctx, "ada", sum, l, step.now, byHand)
		if err != nil || (got.Was == got.Now) != step.nothing {
			t.Fatalf("%v: %+v, %v", step.now, got, err)
		}
		if in, sp := len(h.listing("ada", filter.Inbox)), len(h.listing("ada", filter.Quarantine)); in != step.inbox || sp != step.spam {
			t.Errorf("%v: inbox %d, quarantine %d", step.now, in, sp)
		}
	}
	before := score(t, h, l)
	// A crash: no model is saved, and the journal is all that is left.
	if err := h.blobs.Close(); err != nil {
		t.Fatal(err)
	}
	h.open(nil, nil)
	if after := score(t, h, l); after != before {
		t.Errorf("score %v after a crash, %v before", after, before)
	}
	if _, err := h.Teach(ctx, "ada", sum, l, filter.Unsure, byHand); err != nil {
		t.Fatal(err)
	}
	if got, want := score(t, h, l), bayes.New().Score(bayes.Features(l)); got != want {
		t.Errorf("score %v after all was taken back, want %v", got, want)
	}
}

func TestTeach_MovesEveryCopyAndWhatCameAfterTheLesson(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	s := sorted(t, "ada", "home", "u1", text(1))
	for i, step := range []struct {
		account string // where one more copy comes from, before
		moved   int
		was     filter.Class
	}{{"", 0, filter.Unsure}, {"home", 1, filter.Spam}, {"work", 1, filter.Spam}, {"", 0, filter.Spam}} {
		if step.account != "" {
			h.shelve(sorted(t, "ada", step.account, "u1", text(1)))
		}
		got, err := h.Teach(ctx, "ada", s.Parcel.Digest, s.Letter, filter.Spam, byHand)
		if taught := step.was == filter.Unsure; taught != (got.Lesson == 1) {
			t.Errorf("step %d: lesson %d", i, got.Lesson)
		}
		got.Lesson = 0
		if want := (index.Teaching{Was: step.was, Now: filter.Spam, Moved: step.moved}); err != nil || got != want {
			t.Errorf("step %d: Teach = %+v, %v; want %+v", i, got, err, want)
		}
		if n := len(h.listing("ada", filter.Inbox)); n != 0 {
			t.Errorf("step %d: %d in the inbox, taught as spam", i, n)
		}
	}
	if got, err := h.Teach(ctx, "ada", s.Parcel.Digest, s.Letter, filter.Ham, byHand); err != nil || got.Moved != 2 {
		t.Errorf("Teach = %+v, %v; want both copies moved", got, err)
	}
	if n := len(h.listing("ada", filter.Inbox)); n != 2 {
		t.Errorf("%d in the inbox, want 2", n)
	}
	// Taught as spam once, that taken back, taught as ham.
	if ls, err := h.store.Lessons(ctx, "ada", 0, 10); err != nil || len(ls) != 3 {
		t.Errorf("%d lessons, %v; want 3", len(ls), err)
	}
}

func TestTeach_ForgettingLeavesNoTrace(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	teach := func(i int, c filter.Class) {
		t.Helper()
		s := sorted(t, "ada", "isp", "u", text(i))
		if _, err := h.Teach(ctx, "ada", s.Parcel.Digest, s.Letter, c, byHand); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		teach(i, filter.Class(1+i%2))
	}
	before := snapshot(t, h)
	teach(100, filter.Spam)
	teach(100, filter.Ham)
	teach(100, filter.Unsure)
	if !bytes.Equal(snapshot(t, h), before) {
		t.Error("a message taught twice and forgotten left a trace in the model")
	}
	for i := range 20 {
		teach(i, filter.Unsure)
	}
	var empty bytes.Buffer
	if _, err := bayes.New().WriteTo(&empty); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(snapshot(t, h), empty.Bytes()) {
		t.Error("all was forgotten, and the model knows something")
	}
}

func snapshot(t *testing.T, h *house) []byte {
	t.Helper()
	m, err := h.Model(context.Background(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func score(t *testing.T, h *house, l *letter.Letter) float64 {
	t.Helper()
	m, err := h.Model(context.Background(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	return m.Score(bayes.Features(l))
}
