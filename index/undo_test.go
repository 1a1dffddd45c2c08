package index_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"restante/filter"
	"restante/filter/bayes"
	"restante/index"
)

func (h *house) teach(t testing.TB, i int, c filter.Class) int64 {
	t.Helper()
	s := sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i))
	got, err := h.Teach(context.Background(), "ada", s.Parcel.Digest, s.Letter, c, byHand)
	if err != nil {
		t.Fatal(err)
	}
	return got.Lesson
}

func (h *house) undo(t testing.TB, number int64) index.Undoing {
	t.Helper()
	got, err := h.Undo(context.Background(), "ada", number, byHand)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (h *house) boxes(t testing.TB) [2]int {
	t.Helper()
	return [2]int{len(h.listing("ada", filter.Inbox)), len(h.listing("ada", filter.Quarantine))}
}

func TestUndo_PutsModelAndMailBack(t *testing.T) {
	h := newHouse(t)
	for i := range 3 {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i)))
	}
	before := snapshot(t, h)
	spam := h.teach(t, 1, filter.Spam)
	asSpam := snapshot(t, h)
	ham := h.teach(t, 1, filter.Ham)

	got := h.undo(t, ham)
	if got.Moved != 1 || got.Act.Now != filter.Ham || got.Act.Was != filter.Spam || got.Act.By != index.ByCommand || got.Act.Source != byHand.Source {
		t.Errorf("Undo = %+v", got)
	}
	if !bytes.Equal(snapshot(t, h), asSpam) || h.boxes(t) != [2]int{2, 1} {
		t.Error("the lesson that was replaced does not stand as before")
	}
	for _, done := range []int64{spam, ham} {
		if _, err := h.Undo(context.Background(), "ada", done, byHand); !errors.Is(err, index.ErrUndone) {
			t.Errorf("Undo(%d) = %v, want ErrUndone", done, err)
		}
	}
	if again := h.undo(t, got.Again); again.Again != 0 || again.Moved != 1 {
		t.Errorf("Undo = %+v", again)
	}
	if !bytes.Equal(snapshot(t, h), before) || h.boxes(t) != [2]int{3, 0} {
		t.Error("all was undone, and something is left")
	}
	for _, none := range []int64{-1, 0, 2, 99} { // 2 took lesson 1 back
		if _, err := h.Undo(context.Background(), "ada", none, byHand); !errors.Is(err, index.ErrNotFound) {
			t.Errorf("Undo(%d) = %v, want ErrNotFound", none, err)
		}
	}
}

func TestTeach_ForgettingPutsTheMailBackToo(t *testing.T) {
	h := newHouse(t)
	h.shelve(sorted(t, "ada", "isp", "u1", text(1)))
	for _, c := range []filter.Class{filter.Spam, filter.Ham, filter.Spam, filter.Unsure} {
		h.teach(t, 1, c)
	}
	if m, err := h.Message(context.Background(), "ada", 1); err != nil || m.Class != filter.Ham || m.Mailbox != filter.Inbox {
		t.Errorf("%v in %q, %v; want it ham in the inbox, as judged", m.Class, m.Mailbox, err)
	}
	acts, err := h.Acts(context.Background(), "ada", index.ActQuery{})
	if err != nil || len(acts) == 0 {
		t.Fatal(acts, err)
	}
	for _, a := range acts {
		if a.Stands() {
			t.Errorf("lesson %d stands", a.Number)
		}
	}
}

// Undoing what was replaced twice goes back one step at a time.
func TestUndo_GoesBackStepByStep(t *testing.T) {
	h := newHouse(t)
	h.shelve(sorted(t, "ada", "isp", "u1", text(1)))
	steps := [][]byte{snapshot(t, h)}
	where := [][2]int{h.boxes(t)}
	var last int64
	for i := range 4 {
		last = h.teach(t, 1, filter.Class(2-i%2)) // spam, ham, spam, ham
		steps, where = append(steps, snapshot(t, h)), append(where, h.boxes(t))
	}
	for i := 3; i >= 0; i-- {
		last = h.undo(t, last).Again
		if !bytes.Equal(snapshot(t, h), steps[i]) || h.boxes(t) != where[i] {
			t.Fatalf("after going back to step %d the model or the mail is another: %v, want %v", i, h.boxes(t), where[i])
		}
	}
	if last != 0 {
		t.Errorf("lesson %d is left", last)
	}
}

// Whatever was taught, undone, forgotten and taught again, and however often the
// model was dropped from memory or the program died, the model is that of the
// lessons that stand.
func TestTeach_ModelIsThatOfTheLessonsThatStand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rapid.Check(t, func(r *rapid.T) {
		for i := range 8 { // messages, of which the run before taught some
			h.teach(t, i, filter.Unsure)
		}
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			h.step(t, r)
		}
		h.checkModel(t, r)
	})
}

// step does something to the lessons. Now and then its answer is lost.
func (h *house) step(t *testing.T, r *rapid.T) {
	ctx := context.Background()
	i := rapid.IntRange(0, 7).Draw(r, "message")
	switch rapid.IntRange(0, 9).Draw(r, "what") {
	case 0: // the program dies
		if err := h.blobs.Close(); err != nil {
			r.Fatal(err)
		}
		h.open(nil, nil)
	case 1:
		h.ForgetModels()
	case 2: // the program ends
		h.close()
		h.open(nil, nil)
	case 3, 4, 5:
		acts, err := h.Acts(ctx, "ada", index.ActQuery{Standing: true})
		if err != nil {
			r.Fatal(err)
		}
		if len(acts) > 0 {
			h.undo(t, acts[i%len(acts)].Number)
		}
	default:
		h.teach(t, i, filter.Class(rapid.IntRange(0, 2).Draw(r, "class")))
	}
}

// checkModel wants the model that the standing lessons make, applied to nothing.
func (h *house) checkModel(t *testing.T, r *rapid.T) {
	ctx := context.Background()
	acts, err := h.Acts(ctx, "ada", index.ActQuery{Standing: true})
	if err != nil {
		r.Fatal(err)
	}
	want := bayes.New()
	counts := map[filter.Class]int{}
	seen := map[string]bool{}
	for _, a := range acts {
		ls, err := h.store.Lessons(ctx, "ada", a.Number-1, 1)
		if err != nil || len(ls) != 1 {
			r.Fatal(ls, err)
		}
		var change bayes.Lesson
		if err := change.UnmarshalBinary(ls[0].Change); err != nil {
			r.Fatal(err)
		}
		want.Apply(change)
		counts[a.Now]++
		if seen[a.Digest.String()] {
			r.Errorf("two lessons about one message stand")
		}
		seen[a.Digest.String()] = true
	}
	var b bytes.Buffer
	if _, err := want.WriteTo(&b); err != nil {
		r.Fatal(err)
	}
	if !bytes.Equal(snapshot(t, h), b.Bytes()) {
		r.Errorf("the model is not that of the %d lessons that stand", len(acts))
	}
	m, err := h.Model(ctx, "ada")
	if err != nil {
		r.Fatal(err)
	}
	if s := m.Stats(); s.Ham != counts[filter.Ham] || s.Spam != counts[filter.Spam] {
		r.Errorf("the model counts %+v, the lessons are %v", s, counts)
	}
}
