package index_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"restante/filter"
	"restante/filter/bayes"
	"restante/index"
)

// lesson teaches somebody a letter of a class.
func (h *house) lesson(owner, words string, c filter.Class) int64 {
	h.t.Helper()
	s := sorted(h.t, owner, "isp", "u", "Subject: x\r\n\r\n"+words+"\r\n")
	got, err := h.Teach(context.Background(), owner, s.Parcel.Digest, s.Letter, c, byHand)
	if err != nil {
		h.t.Fatal(err)
	}
	return got.Lesson
}

func (h *house) scoreOf(owner, words string) float64 {
	h.t.Helper()
	m, err := h.Model(context.Background(), owner)
	if err != nil {
		h.t.Fatal(err)
	}
	return m.Score(bayes.Features(sorted(h.t, owner, "isp", "u", "Subject: x\r\n\r\n"+words+"\r\n").Letter))
}

func TestHousehold_OthersSpeakToWhoKnowsLittle(t *testing.T) {
	h := newHouse(t)
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	h.openSmall(index.Options{Household: true, Now: func() time.Time { return now }})
	var first int64
	for i := range 30 {
		n := h.lesson("ada", fmt.Sprint("casino jackpot winner number", i), filter.Spam)
		if i == 0 {
			first = n
		}
		h.lesson("ada", fmt.Sprint("meeting agenda minutes number", i), filter.Ham)
	}
	alone := h.scoreOf("ada", "casino jackpot")
	spam := h.scoreOf("bob", "casino jackpot")
	if ham := h.scoreOf("bob", "meeting agenda"); spam < 0.6 || ham > 0.4 {
		t.Errorf("untaught bob scores spam %v and ham %v over ada's lessons", spam, ham)
	}
	s, err := h.FilterStats(context.Background(), "bob", now)
	if err != nil || s.House.Ham != 30 || s.House.Spam != 30 || s.Model.Ham != 0 {
		t.Errorf("FilterStats = %+v, %v; want 30 and 30 of the house", s, err)
	}

	// Nobody hears himself, or what others took back, once an hour has passed.
	h.undo(t, first)
	now = now.Add(2 * time.Hour)
	if s, err = h.FilterStats(context.Background(), "bob", now); err != nil || s.House.Spam != 29 {
		t.Errorf("FilterStats = %+v, %v; want 29 spam", s.House, err)
	}
	if s, err = h.FilterStats(context.Background(), "ada", now); err != nil || s.House != (bayes.Stats{}) {
		t.Errorf("ada hears %+v, %v: she is alone", s.House, err)
	}

	// Switched off, every filter is its owner's alone, and as it was.
	h.openSmall(index.Options{})
	if got := h.scoreOf("bob", "casino jackpot"); got != 0.5 {
		t.Errorf("switched off, bob scores %v", got)
	}
	h.lesson("ada", fmt.Sprint("casino jackpot winner number", 0), filter.Spam)
	if got := h.scoreOf("ada", "casino jackpot"); got < alone-0.05 {
		t.Errorf("switched off, ada scores %v, with it %v", got, alone)
	}
}

func TestHousehold_ShareIsEvenAndOfTheNewest(t *testing.T) {
	h := newHouse(t)
	h.openSmall(index.Options{Household: true})
	for i := range 200 {
		h.lesson("ada", fmt.Sprint("casino jackpot ", i), filter.Spam)
		h.lesson("ada", fmt.Sprint("meeting agenda ", i), filter.Ham)
	}
	for i := range 5 {
		h.lesson("eve", fmt.Sprint("parcel customs fee ", i), filter.Spam)
	}
	s, err := h.FilterStats(context.Background(), "bob", time.Now())
	if err != nil || s.House.Ham != 150 || s.House.Spam != 155 {
		t.Errorf("bob hears %+v, %v; want the newest 150 of a class of ada's, and eve's 5", s.House, err)
	}
	if got := h.scoreOf("bob", "parcel customs fee"); got <= 0.5 {
		t.Errorf("eve's lessons are not heard: %v", got)
	}
}
