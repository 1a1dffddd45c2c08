package index_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

func TestEraseExpired_GoesOnWhereItBrokeOff(t *testing.T) {
	for _, after := range []bool{false, true} {
		a := newAging(t, index.Retention{Keep: 30 * day})
		m := a.put("ada", "1", text(1))
		a.clock = a.clock.Add(30 * day)
		a.show()
		a.clock = a.clock.Add(7 * day)
		a.take()
		a.shred.fails, a.shred.after = errBroken, after
		if _, err := a.EraseExpired(t.Context()); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "segment 1") {
			t.Errorf("EraseExpired = %v, want the fault and the segment", err)
		}
		if !a.stones()[0].Erased.IsZero() {
			t.Error("a tombstone says that bytes are gone that may be there")
		}
		a.shred.fails = nil
		a.reopen(nil)
		if p, err := a.Verify(t.Context(), nil); err != nil || p.Messages != 0 {
			t.Errorf("verify %+v, %v; want the message not to come back", p, err)
		}
		freed, err := a.EraseExpired(t.Context())
		if err != nil || (freed == 0) != after || !a.shred.erased[m.Ref] || a.stones()[0].Erased.IsZero() {
			t.Errorf("EraseExpired again = %d, %v", freed, err)
		}
		if _, err := a.EraseExpired(t.Context()); err != nil || a.shred.asked != 2 {
			t.Errorf("asked %d times, %v; want nothing left to erase", a.shred.asked, err)
		}
	}
}

func TestEraseExpired_APlaceWithoutAMessageKeepsNoOther(t *testing.T) {
	a := newAging(t, index.Retention{Keep: 30 * day})
	for i := range 9 {
		m := a.put("ada", fmt.Sprint(i), text(i))
		if i == 5 {
			a.shred.lost = m.Ref
		}
	}
	a.clock = a.clock.Add(30 * day)
	a.show()
	a.clock = a.clock.Add(7 * day)
	a.take()
	for range 2 {
		if _, err := a.EraseExpired(t.Context()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("EraseExpired = %v, want ErrNotExist", err)
		}
		if len(a.shred.erased) != 8 {
			t.Errorf("%d erased, want the 8 others", len(a.shred.erased))
		}
	}
}

func TestEraseExpired_SaysWhereNothingCanErase(t *testing.T) {
	a := newAging(t, index.Retention{Keep: 30 * day})
	a.put("ada", "1", text(1))
	a.clock = a.clock.Add(30 * day)
	a.show()
	a.clock = a.clock.Add(7 * day)
	a.take()
	a.with.Eraser = nil
	a.reopen(nil)
	if _, err := a.EraseExpired(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("EraseExpired = %v, want ErrUnsupported", err)
	}
}

// Expired mail that comes again, by an import perhaps, is kept anew: nobody may
// be told that it is kept when it is not. It has a UID of its own.
func TestShelve_KeepsAnewWhatExpired(t *testing.T) {
	a := newAging(t, index.Retention{Keep: 30 * day})
	m := a.put("ada", "1", text(1))
	a.clock = a.clock.Add(30 * day)
	a.show()
	a.clock = a.clock.Add(7 * day)
	a.take()
	again := a.put("ada", "2", text(1))
	if again.UID == m.UID || again.ID == m.ID {
		t.Errorf("message %d %s came again as %d %s", m.ID, m.UID, again.ID, again.UID)
	}
	a.erase()
	if p, err := a.Verify(t.Context(), nil); err != nil || p.Messages != 1 || len(p.Faults) != 0 {
		t.Errorf("verify %+v, %v; want the new copy whole", p, err)
	}
}

// The rows may have to be replayed from where they were before an expiry.
func TestNew_ReplayBringsNothingBackThatExpired(t *testing.T) {
	a := newAging(t, junk)
	a.put("ada", "1", text(1), asSpam)
	a.put("ada", "2", text(2))
	a.clock = a.clock.Add(30 * day)
	a.show()
	a.clock = a.clock.Add(7 * day)
	a.take()
	a.reopen(func(s index.Store) index.Store { return forgetful{s} })
	if p, err := a.Verify(t.Context(), nil); err != nil || p.Messages != 1 {
		t.Errorf("verify %+v, %v; want one message", p, err)
	}
	if a.erase(); len(a.shred.erased) != 1 {
		t.Errorf("%d erased, want 1", len(a.shred.erased))
	}
}

// forgetful does not know how far the segments are known.
type forgetful struct{ index.Store }

func (forgetful) Position(context.Context) (blob.Position, error) { return blob.Position{}, nil }

// ownEraser is the house's own log, whichever is open.
type ownEraser struct{ h *house }

func (e ownEraser) Erase(ctx context.Context, refs []blob.Ref) (int64, error) {
	return e.h.blobs.Erase(ctx, refs)
}

// A lost database brings back what had expired and was not erased yet, which
// costs nobody anything: it is shown anew. What was erased does not come back.
func TestNew_LostRowsBringBackOnlyWhatIsNotErased(t *testing.T) {
	a := newAging(t, index.Retention{Keep: 30 * day})
	a.with.Eraser = ownEraser{a.house}
	a.reopen(nil)
	erased := a.put("ada", "1", text(1))
	a.clock = a.clock.Add(day)
	pending := a.put("ada", "2", text(2))
	a.clock = a.clock.Add(day)
	young := a.put("ada", "3", text(3))
	for _, after := range []time.Duration{28 * day, day} {
		a.clock = a.clock.Add(after)
		a.show()
		if _, err := a.Expire(t.Context(), a.retaining(), a.clock); err != nil {
			t.Fatal(err)
		}
		if after == 28*day {
			a.erase()
		}
	}
	if stones := a.stones(); len(stones) != 2 || stones[1].Erased.IsZero() || !stones[0].Erased.IsZero() {
		t.Fatalf("tombstones %+v", stones)
	}
	if _, err := a.blobs.Open(t.Context(), erased.Ref, erased.Digest); !errors.Is(err, blob.ErrErased) {
		t.Errorf("Open of what was erased = %v, want ErrErased", err)
	}
	a.close()
	a.loseRows()
	a.open(nil, nil)
	if got := a.listing("ada", filter.Inbox); len(got) != 2 || got[pending.UID] == "" || got[young.UID] == "" {
		t.Errorf("%v came back, want %s and %s", got, pending.UID, young.UID)
	}
}
