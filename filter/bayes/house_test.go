package bayes_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"restante/filter/bayes"
)

func TestOver_HouseholdSpeaksUntilTheOwnerDoes(t *testing.T) {
	house := bayes.New()
	for range 50 {
		house.Learn(folder("lottery", 1)[0], bayes.None, bayes.Spam)
		house.Learn(folder("meeting", 1)[0], bayes.None, bayes.Ham)
	}
	letter := folder("lottery", 1)[0]
	m := bayes.New()
	m.Over(house)
	if got, want := m.Score(letter), house.Score(letter); got != want || got < 0.8 {
		t.Errorf("untaught: Score = %v, want the household's %v", got, want)
	}
	before := snapshot(t, house)
	for range 120 { // this owner plays
		m.Learn(letter, bayes.None, bayes.Ham)
		m.Learn(folder("meeting", 1)[0], bayes.None, bayes.Spam)
	}
	if got := m.Score(letter); got > 0.4 {
		t.Errorf("taught otherwise: Score = %v", got)
	}
	if !bytes.Equal(snapshot(t, house), before) {
		t.Error("the owner's lessons changed the household's model")
	}
	if s := m.Stats(); s.Ham != 120 || s.Spam != 120 {
		t.Errorf("Stats count the household: %+v", s)
	}
	m.Over(nil)
	if got := m.Score(letter); got > 0.2 {
		t.Errorf("without the household: Score = %v", got)
	}
}

func TestOver_LessonsStillCancelToTheBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		house, m := bayes.New(), bayes.New()
		teach(t, house, "house")
		m.Over(house)
		lessons := teach(t, m, "lessons")
		if s := m.Score(bags().Draw(t, "bag")); !(s >= 0 && s <= 1) {
			t.Fatalf("Score = %v", s)
		}
		teach(t, house, "more")
		for _, l := range lessons {
			m.Apply(l.Inverse())
		}
		if !bytes.Equal(snapshot(t, m), snapshot(t, bayes.New())) {
			t.Fatal("lessons left a trace")
		}
	})
}
