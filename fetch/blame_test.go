package fetch_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/fetch"
)

// A service is restarted, and a large message is the likeliest to be under way.
func TestQuirk23_ARoundThatIsCalledOffBlamesNoMessage(t *testing.T) {
	h := newHouse(t, mail(3)...)
	for range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		h.restart(func(o *fetch.Options) { o.Dialer = stops{h.s, cancel} })
		sum, err := h.f.Round(ctx, fetch.Account{Name: "isp"})
		if err == nil || sum.Taken != 0 {
			t.Errorf("%+v, %v", sum, err)
		}
	}
	if len(h.r.notes) != 0 {
		t.Errorf("notes %v", h.r.notes)
	}
	h.restart()
	if sum := h.round(fetch.Account{}); sum.Taken != 3 {
		t.Errorf("%+v", sum)
	}
}

// stops calls the round off in the middle of each message, and the session with
// it.
type stops struct {
	*server
	stop context.CancelFunc
}

func (d stops) Dial(ctx context.Context, a fetch.Account) (fetch.Maildrop, error) {
	drop, err := d.server.Dial(ctx, a)
	return stopping{drop.(*session), d.stop}, err
}

type stopping struct {
	*session
	stop context.CancelFunc
}

func (d stopping) Retrieve(ctx context.Context, items []fetch.Item, each func(fetch.Item, io.Reader, error) error) error {
	d.stop()
	if err := each(items[0], io.MultiReader(strings.NewReader("Subj"), errReader{ctx.Err()}), nil); err != nil {
		return err
	}
	return ctx.Err()
}

// An upstream may be in trouble for a while, and refuse all it has.
func TestQuirk23_AnUpstreamThatRefusesAllForAWhileIsAskedAgainSoon(t *testing.T) {
	h := newHouse(t, mail(5)...)
	h.s.refuse = map[string]bool{"u0": true, "u1": true, "u2": true, "u3": true, "u4": true}
	for range 5 {
		h.round(fetch.Account{})
		h.c.pass(time.Minute)
	}
	h.s.refuse = nil
	h.c.pass(2 * time.Hour)
	if sum := h.round(fetch.Account{}); sum.Taken != 5 {
		t.Errorf("%+v, notes %v", sum, h.r.notes)
	}
}

// On a bad line a large message is cut off most of the time.
func TestQuirk23_ALargeMessageOnABadLineIsTriedEachDay(t *testing.T) {
	h := newHouse(t, mail(3)...)
	h.s.cutRetr = map[string]bool{text(1): true}
	for range 20 * 24 {
		h.round(fetch.Account{})
		h.c.pass(time.Hour)
	}
	h.s.cutRetr = nil
	for range 25 {
		h.round(fetch.Account{})
		h.c.pass(time.Hour)
	}
	if len(h.a.kept) != 3 {
		t.Errorf("%d kept, notes %v", len(h.a.kept), h.r.notes)
	}
}

// A large message does not fit the spool; what comes behind it does.
func TestRound_GoesOnBehindAMessageThatDoesNotFitTheSpool(t *testing.T) {
	h := newHouse(t, mail(3)...)
	h.s.mail = slices.Insert(h.s.mail, 1, message{"huge", strings.Repeat("x", 2<<20)})
	h.restart(func(o *fetch.Options) { o.Spool = h.spool + "/missing" })
	for range 4 {
		sum, err := h.f.Round(t.Context(), fetch.Account{Name: "isp"})
		if len(h.a.kept) != 3 || len(sum.Failed) != 1 || len(h.r.notes) != 0 {
			t.Errorf("%+v, %v, %d kept, notes %v", sum, err, len(h.a.kept), h.r.notes)
		}
	}
}

// The header of a message is spooled too where it is long.
func TestHeadersOnly_BlamesNoMessageForTheSpool(t *testing.T) {
	h := newHouse(t, message{"big", "Subject: " + strings.Repeat("x", 2<<20) + "\r\n\r\n"})
	h.restart(func(o *fetch.Options) { o.Spool = h.spool + "/missing" })
	if sum := h.round(fetch.Account{MaxSize: 2000, HeadersOnly: true}); len(sum.Failed) != 1 || len(h.r.notes) != 0 {
		t.Errorf("%+v, notes %v", sum, h.r.notes)
	}
}

func TestHeadersOnly_EndsEarlyWhenTheSinkTakesNothing(t *testing.T) {
	h := newHouse(t)
	for i := range 50 {
		h.s.mail = append(h.s.mail, big(fmt.Sprint("big", i), 3000))
	}
	h.a.failAt = -1
	sum, err := h.f.Round(t.Context(), fetch.Account{Name: "isp", MaxSize: 2000, HeadersOnly: true})
	if err == nil || len(sum.Failed) > 10 || len(h.r.notes) != 0 {
		t.Errorf("%v, %d failed, notes %v", err, len(sum.Failed), h.r.notes)
	}
}
