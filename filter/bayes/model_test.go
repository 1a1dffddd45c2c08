package bayes_test

import (
	"bytes"
	"math"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"restante/filter/bayes"
	"restante/filter/letter"
)

func snapshot(t rapid.TB, m *bayes.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := m.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo = %d, %v; wrote %d", n, err, b.Len())
	}
	return b.Bytes()
}

// bags draws bags from few features, so that letters have some in common.
func bags() *rapid.Generator[bayes.Bag] {
	return rapid.Custom(func(t *rapid.T) bayes.Bag {
		b := rapid.SliceOfN(rapid.Uint32Range(1, 60), 0, 30).Draw(t, "features")
		for i := range b {
			b[i] *= 71582788 // spread over the table
		}
		slices.Sort(b)
		return slices.Compact(b)
	})
}

func label() *rapid.Generator[bayes.Label] {
	return rapid.SampledFrom([]bayes.Label{bayes.None, bayes.Ham, bayes.Spam})
}

func teach(t *rapid.T, m *bayes.Model, name string) []bayes.Lesson {
	var out []bayes.Lesson
	for range rapid.IntRange(0, 20).Draw(t, name) {
		out = append(out, m.Learn(bags().Draw(t, "bag"), label().Draw(t, "was"), label().Draw(t, "now")))
	}
	return out
}

func TestLesson_AndItsInverseCancelToTheBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		with, without := bayes.New(), bayes.New()
		for _, l := range teach(t, with, "before") {
			without.Apply(l)
		}
		lesson := with.Learn(bags().Draw(t, "bag"), label().Draw(t, "was"), label().Draw(t, "now"))
		for _, l := range teach(t, with, "after") {
			without.Apply(l)
		}
		with.Apply(lesson.Inverse())
		if !bytes.Equal(snapshot(t, with), snapshot(t, without)) {
			t.Fatal("the lesson left a trace")
		}
	})
}

func TestLesson_SurvivesStorage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, replayed := bayes.New(), bayes.New()
		for _, l := range teach(t, m, "lessons") {
			b, err := l.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			var back bayes.Lesson
			if err := back.UnmarshalBinary(b); err != nil {
				t.Fatal(err)
			}
			replayed.Apply(back)
		}
		if !bytes.Equal(snapshot(t, m), snapshot(t, replayed)) {
			t.Fatal("replayed lessons give another model")
		}
	})
}

func TestModel_OrderOfLessonsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, shuffled := bayes.New(), bayes.New()
		lessons := teach(t, m, "lessons")
		for _, l := range rapid.Permutation(lessons).Draw(t, "order") {
			shuffled.Apply(l)
		}
		if !bytes.Equal(snapshot(t, m), snapshot(t, shuffled)) {
			t.Fatal("another order gives another model")
		}
	})
}

func TestModel_SurvivesSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := bayes.New()
		teach(t, m, "lessons")
		want := snapshot(t, m)
		back, err := bayes.ReadModel(bytes.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		if got := snapshot(t, back); !bytes.Equal(got, want) {
			t.Fatalf("read back differs: %d octets, want %d", len(got), len(want))
		}
		b := bags().Draw(t, "bag")
		if got, want := back.Score(b), m.Score(b); got != want {
			t.Fatalf("Score = %v, want %v", got, want)
		}
	})
}

func TestReadModel_RefusesEveryDamage(t *testing.T) {
	m := bayes.New()
	m.Learn(bayes.Bag{1, 2, 3 << 20}, bayes.None, bayes.Spam)
	m.Learn(bayes.Bag{2, 1 << 31}, bayes.None, bayes.Ham)
	good := snapshot(t, m)
	for i := range good {
		bad := slices.Clone(good)
		bad[i] ^= 0x10
		if _, err := bayes.ReadModel(bytes.NewReader(bad)); err == nil {
			t.Errorf("octet %d changed: no error", i)
		}
		if _, err := bayes.ReadModel(bytes.NewReader(good[:i])); err == nil {
			t.Errorf("cut at %d: no error", i)
		}
	}
	if _, err := bayes.ReadModel(bytes.NewReader(append(good, 0))); err == nil {
		t.Error("trailing octet: no error")
	}
}

func TestScore_StaysInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := bayes.New()
		for _, l := range teach(t, m, "lessons") {
			if rapid.Bool().Draw(t, "undo before") {
				m.Apply(l.Inverse())
				m.Apply(l.Inverse())
			}
		}
		if s := m.Score(bags().Draw(t, "bag")); !(s >= 0 && s <= 1) {
			t.Fatalf("Score = %v", s)
		}
	})
}

func TestScore_IsExactlyUnsureWhereNothingIsKnown(t *testing.T) {
	b := bayes.Features(letter.ReadBytes([]byte("Subject: buy\n\nbuy now\n")))
	m := bayes.New()
	if s := m.Score(b); s != 0.5 {
		t.Errorf("untrained: Score = %v, want 0.5", s)
	}
	for range 50 {
		m.Learn(b, bayes.None, bayes.Spam)
	}
	if s := m.Score(b); s != 0.5 {
		t.Errorf("one class only: Score = %v, want 0.5", s)
	}
	m.Learn(bayes.Bag{1, 2}, bayes.None, bayes.Ham)
	if s := m.Score(b); s <= 0.5 || s >= 0.9 {
		t.Errorf("one ham: Score = %v, want above 0.5 and below 0.9", s)
	}
}

func TestLearn_RepeatedCountsOnce(t *testing.T) {
	m := bayes.New()
	b := bayes.Bag{5, 6}
	m.Learn(b, bayes.None, bayes.Spam)
	want := snapshot(t, m)
	if l := m.Learn(b, bayes.Spam, bayes.Spam); !l.Empty() {
		t.Errorf("second lesson is not empty: %+v", l)
	}
	if !bytes.Equal(snapshot(t, m), want) {
		t.Error("second lesson changed the model")
	}
	m.Learn(b, bayes.Spam, bayes.Ham)
	if s := m.Stats(); s.Ham != 1 || s.Spam != 0 {
		t.Errorf("moved: %+v, want 1 ham, 0 spam", s)
	}
}

func TestModel_SeparatesWhatItWasTaught(t *testing.T) {
	m := bayes.New()
	ham := bayes.Features(letter.ReadBytes([]byte("Subject: minutes\n\nthe minutes of our meeting\n")))
	spam := bayes.Features(letter.ReadBytes([]byte("Subject: cheap pills\n\nbuy cheap pills now\n")))
	for range 40 {
		m.Learn(ham, bayes.None, bayes.Ham)
		m.Learn(spam, bayes.None, bayes.Spam)
	}
	if h, s := m.Score(ham), m.Score(spam); h >= 0.2 || s < 0.8 {
		t.Errorf("ham scores %v, spam %v", h, s)
	}
}

func TestExplain_NamesWhatMovedTheScore(t *testing.T) {
	m := bayes.New()
	spam := letter.ReadBytes([]byte("From: a@shop.example\nSubject: cheap pills\n\nbuy cheap pills now\n"))
	ham := letter.ReadBytes([]byte("From: b@work.example\nSubject: minutes\n\nthe minutes of our meeting\n"))
	for range 30 {
		m.Learn(bayes.Features(spam), bayes.None, bayes.Spam)
		m.Learn(bayes.Features(ham), bayes.None, bayes.Ham)
	}
	clues := m.Explain(spam, bayes.Features(spam), 1000)
	var sum float64
	found := map[string]bool{}
	for i, c := range clues {
		found[c.Feature] = true
		sum += c.Weight
		if i > 0 && math.Abs(c.Weight) > math.Abs(clues[i-1].Weight) {
			t.Errorf("clue %d is stronger than the one before", i)
		}
	}
	for _, want := range []string{"cheap pills", "subject: pills", "from: @shop.example", "pills"} {
		if !found[want] {
			t.Errorf("no clue %q among %v", want, clues)
		}
	}
	if sum <= 0 {
		t.Errorf("clues of spam add up to %v", sum)
	}
	if got := m.Explain(spam, bayes.Features(spam), 3); len(got) != 3 {
		t.Errorf("%d clues, want 3", len(got))
	}
}

func TestModel_TakesManyHandsAtOnce(t *testing.T) {
	m := bayes.New()
	var wg sync.WaitGroup
	for g := range uint32(4) {
		wg.Go(func() {
			for i := range uint32(200) {
				b := bayes.Bag{1 + i, 5000 + g, 1<<20 + i*g}
				l := m.Learn(b, bayes.None, bayes.Label(1+g%2))
				m.Score(b)
				m.Apply(l.Inverse())
				m.Stats()
			}
		})
	}
	wg.Wait()
	if !bytes.Equal(snapshot(t, m), snapshot(t, bayes.New())) {
		t.Error("lessons and inverses did not cancel")
	}
}
