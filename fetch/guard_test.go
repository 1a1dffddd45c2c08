package fetch_test

import (
	"testing"
	"time"

	"restante/fetch"
)

// A server that counts on from its last message gives the number of one that is
// gone to the next that comes, which may be of the same size.
func TestGuard_FindsTheLastUIDGivenASecondTime(t *testing.T) {
	h := newHouse(t, mail(9)...)
	h.round(fetch.Account{})
	h.c.pass(time.Minute)
	h.round(fetch.Account{})
	h.s.mail[8].text = text(9) // of the same size
	if sum := h.round(fetch.Account{}); sum.Taken != 0 {
		t.Errorf("%+v; want no header looked at twice within the hour", sum)
	}
	h.c.pass(time.Hour)
	if sum := h.round(fetch.Account{}); sum.Taken != 1 || len(h.a.kept) != 10 {
		t.Errorf("%+v, %d kept", sum, len(h.a.kept))
	}
}

// The others have their turn by chance.
func TestGuard_FindsAnyUIDGivenASecondTimeAtLast(t *testing.T) {
	h := newHouse(t, mail(9)...)
	h.round(fetch.Account{})
	h.s.mail[2].text = text(9)
	for range 1000 {
		h.c.pass(time.Hour)
		if h.round(fetch.Account{}); len(h.a.kept) == 10 {
			return
		}
	}
	t.Error("in a thousand hours it was not looked at")
}

func TestGuard_AnUpstreamThatBreaksAtTopCostsASessionAnHour(t *testing.T) {
	h := newHouse(t, mail(9)...)
	h.round(fetch.Account{})
	h.s.cutTop = map[string]bool{"u8": true}
	before := h.s.sessions
	h.round(fetch.Account{})
	h.round(fetch.Account{})
	if got := h.s.sessions - before; got != 3 {
		t.Errorf("%d sessions for two rounds", got)
	}
}

// What turns out to be other mail is not taken where it is too large by now.
func TestMaxSize_HoldsForKnownUIDsToo(t *testing.T) {
	h := newHouse(t, big("a", 900), message{"b", text(1)})
	h.round(fetch.Account{})
	h.s.mail[0].text = "X" + h.s.mail[0].text[1:]
	sum := h.round(fetch.Account{Keep: atOnce, MaxSize: 500})
	if sum.Taken != 0 || sum.Skipped != 1 || sum.Deleted != 1 || len(h.s.mail) != 1 || h.s.sessions != 2 {
		t.Errorf("%+v, left %v, %d sessions", sum, h.s.uids(), h.s.sessions)
	}
}

// A message that broke sessions and is not wanted any more is not tried either.
func TestMaxSize_SparesTheSessionsOfWhatIsNotTried(t *testing.T) {
	h := newHouse(t, big("a", 900), message{"b", text(1)})
	h.s.dropRetr = map[string]bool{"a": true}
	h.round(fetch.Account{})
	h.c.pass(time.Hour)
	before := h.s.sessions
	if sum := h.round(fetch.Account{MaxSize: 500}); sum.Skipped != 1 || h.s.sessions-before != 1 {
		t.Errorf("%+v, in %d sessions", sum, h.s.sessions-before)
	}
}
