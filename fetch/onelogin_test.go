package fetch_test

import (
	"context"
	"testing"
	"time"

	"restante/fetch"
)

// hurried is an upstream that wants a quarter of an hour between two logins.
type hurried struct {
	*server
	dials *int
}

type oneLogin struct{ *session }

func (oneLogin) LoginDelay() (time.Duration, bool) { return 15 * time.Minute, true }

func (h hurried) Dial(ctx context.Context, a fetch.Account) (fetch.Maildrop, error) {
	*h.dials++
	drop, err := h.server.Dial(ctx, a)
	if err != nil {
		return nil, err
	}
	return oneLogin{drop.(*session)}, nil
}

// RFC 2449, section 6.5. A message that breaks sessions has to be tried all the
// same, and must not keep the others from coming.
func TestRound_LogsInOnceWhereTheUpstreamWantsTimeBetween(t *testing.T) {
	h, dials := newHouse(t, mail(6)...), 0
	h.restart(func(o *fetch.Options) { o.Dialer = hurried{h.s, &dials} })
	h.s.cutRetr = map[string]bool{text(2): true}
	acc := fetch.Account{Name: "isp", Keep: atOnce}
	for n := 1; n <= 12; n++ {
		if n == 8 {
			h.s.cutRetr = nil
		}
		h.f.Round(context.Background(), acc)
		if dials != n {
			t.Fatalf("%d logins in %d rounds", dials, n)
		}
		if n == 4 && (len(h.a.kept) != 5 || len(h.s.uids()) != 1) {
			t.Errorf("%d kept, %d left upstream: the bad message keeps the others", len(h.a.kept), len(h.s.uids()))
		}
		h.c.pass(24 * time.Hour)
	}
	if len(h.a.kept) != 6 || len(h.s.uids()) != 0 {
		t.Errorf("%d kept, %d left upstream: the message was not tried again", len(h.a.kept), len(h.s.uids()))
	}
}
