package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/fetch"
)

func uidsOf(all []fetch.Planned) (out []string) {
	for _, p := range all {
		out = append(out, p.UID)
	}
	return out
}

type lookingDialer struct {
	*server
	t     *testing.T
	quits *int
}

func (d lookingDialer) Dial(ctx context.Context, a fetch.Account) (fetch.Maildrop, error) {
	drop, err := d.server.Dial(ctx, a)
	return lookingDrop{drop.(*session), d}, err
}

type lookingDrop struct {
	*session
	d lookingDialer
}

func (l lookingDrop) Delete(context.Context, []int) ([]int, error) {
	l.d.t.Error("DELE")
	return nil, errCut
}

func (l lookingDrop) Quit(ctx context.Context) error {
	*l.d.quits++
	return l.session.Quit(ctx)
}

func TestPlan_SaysWhatARoundDoesAndTouchesNothing(t *testing.T) {
	due := fetch.Account{Name: "isp", Keep: fetch.Keep{Delete: true, After: time.Hour}}
	h := newHouse(t, mail(4)...)
	h.round(due)
	h.c.pass(2 * time.Hour)
	h.s.mail[1].text = text(9) // reused, of the same size
	h.s.mail = append(h.s.mail, message{"new", text(50)}, big("big", 3000), message{"refused", text(51)})
	h.r.notes["refused"] = fetch.Note{UID: "refused", Kind: fetch.NoteRefused, Tries: 3, Size: int64(len(text(51))), Next: h.c.now().Add(time.Hour), Why: "-ERR no"}
	quits := 0
	h.restart(func(o *fetch.Options) { o.Dialer = lookingDialer{h.s, t, &quits} })
	due.MaxSize = 1000
	notes, delivered, calls := maps.Clone(h.r.notes), h.a.n, maps.Clone(h.r.calls)
	for range 2 {
		p, err := h.f.Plan(context.Background(), due)
		if err != nil {
			t.Fatal(err)
		}
		if p.Listed != 7 || p.Known != 4 || !slices.Equal(uidsOf(p.Fetch), []string{"new", "u1"}) ||
			!slices.Equal(uidsOf(p.Skip), []string{"big", "refused"}) || !slices.Equal(uidsOf(p.Delete), []string{"u0", "u2", "u3"}) {
			t.Errorf("%+v", p)
		}
		for _, d := range p.Delete {
			if d.Message == 0 || d.FirstSeen.IsZero() || !strings.Contains(d.Why, "keep 1h0m0s, first seen 2023-11-14T22:13:20Z; its header") {
				t.Errorf("%+v", d)
			}
		}
	}
	for _, writes := range []string{"Note", "Mark", "Settle"} {
		if h.r.calls[writes] != calls[writes] {
			t.Errorf("a plan called %s", writes)
		}
	}
	if quits != 2 || h.a.n != delivered || !maps.Equal(notes, h.r.notes) || len(h.s.mail) != 7 {
		t.Errorf("%d quits, %d delivered, notes %v", quits, h.a.n-delivered, h.r.notes)
	}
}

func TestPlan_IsWhatTheNextRoundDoes(t *testing.T) {
	for name, acc := range map[string]fetch.Account{
		"at once":      {Keep: atOnce},
		"bounds":       {MostMessages: 5, Newest: true},
		"recent":       {Recent: true, Keep: atOnce},
		"headers only": {MaxSize: 100, HeadersOnly: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, append(mail(20), big("big", 500))...)
			acc.Name = "isp"
			p, err := h.f.Plan(context.Background(), acc)
			if err != nil {
				t.Fatal(err)
			}
			sum := h.round(acc)
			if len(p.Fetch) != sum.Taken+sum.Headers || len(p.Delete) != sum.Deleted || p.Left != sum.Left || len(p.Skip) != sum.Skipped {
				t.Errorf("plan: %d to fetch, %d to delete, %d to skip, %d left; round: %+v", len(p.Fetch), len(p.Delete), len(p.Skip), p.Left, sum)
			}
		})
	}
}

func TestPlan_ForeseesAStorm(t *testing.T) {
	h := stormy(t, 50, fetch.Account{})
	p, err := h.f.Plan(context.Background(), fetch.Account{Name: "isp"})
	if err != nil || p.Renamed != 50 || len(p.Fetch) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, renamed := h.a.taken[""]["new0"]; renamed || len(h.r.notes) != 0 {
		t.Errorf("a plan renamed receipts, or left notes %v", h.r.notes)
	}
}

func TestPlan_NotBesideARound(t *testing.T) {
	h := newHouse(t, mail(1)...)
	h.a.arrived, h.a.waiting = make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := h.f.Round(context.Background(), fetch.Account{Name: "isp"})
		done <- err
	}()
	<-h.a.arrived
	if _, err := h.f.Plan(context.Background(), fetch.Account{Name: "isp"}); !errors.Is(err, fetch.ErrRunning) {
		t.Errorf("Plan = %v", err)
	}
	close(h.a.waiting)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestPlan_NamesTheAccountInErrors(t *testing.T) {
	h := newHouse(t, mail(1)...)
	h.s.cutAt = 1
	if _, err := h.f.Plan(context.Background(), fetch.Account{Name: "isp"}); !errors.Is(err, errCut) || fmt.Sprint(err) != "isp: connection lost" {
		t.Errorf("Plan = %v", err)
	}
}
