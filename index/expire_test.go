package index_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

const day = 24 * time.Hour

// shredder is blobs that can erase, and whose erasing can fail.
type shredder struct {
	index.Blobs
	erased map[blob.Ref]bool
	fails  error
	after  bool // fails once it has erased all the same
	asked  int  // times
	lost   blob.Ref
}

func (s *shredder) Erase(_ context.Context, refs []blob.Ref) (int64, error) {
	s.asked++
	if s.fails != nil && !s.after {
		return 0, s.fails
	}
	if slices.Contains(refs, s.lost) {
		return 0, fs.ErrNotExist
	}
	var n int64
	for _, r := range refs {
		if !s.erased[r] {
			n += r.Length
		}
		s.erased[r] = true
	}
	return n, s.fails
}

func (s *shredder) Open(ctx context.Context, ref blob.Ref, want blob.Digest) (io.ReadCloser, error) {
	if s.erased[ref] {
		return nil, fs.ErrNotExist
	}
	return s.Blobs.Open(ctx, ref, want)
}

func (s *shredder) Scan(ctx context.Context, from blob.Position, each func(blob.Entry) error) error {
	return s.Blobs.Scan(ctx, from, func(e blob.Entry) error {
		if s.erased[e.Ref] {
			return nil
		}
		return each(e)
	})
}

// finder finds what has a word in its text, when it is well.
type finder struct {
	h     *house
	fails error
	blind map[int64]bool // messages that it does not know
}

func (f *finder) Find(ctx context.Context, owner, query string, _ int64, ids []int64) (map[int64]bool, error) {
	if f.fails != nil {
		return nil, f.fails
	}
	found := map[int64]bool{}
	for _, id := range ids {
		if f.blind[id] {
			continue
		}
		r, err := f.h.Open(ctx, owner, id)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, err
		}
		found[id] = bytes.Contains(b, []byte(query))
	}
	return found, nil
}

// aging is a house whose clock can be set, and whose bytes can be erased.
type aging struct {
	*house
	clock  time.Time
	shred  *shredder
	finder *finder
	rules  index.Retentions
}

func newAging(t *testing.T, rules ...index.Retention) *aging {
	t.Helper()
	a := &aging{house: newHouse(t), clock: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), rules: rules}
	a.shred = &shredder{erased: map[blob.Ref]bool{}}
	a.finder = &finder{h: a.house, blind: map[int64]bool{}}
	a.with = index.Options{Now: func() time.Time { return a.clock }, Eraser: a.shred}
	a.reopen(nil)
	return a
}

func (a *aging) reopen(store func(index.Store) index.Store) {
	a.t.Helper()
	a.close()
	a.open(func(b index.Blobs) index.Blobs { a.shred.Blobs = b; return a.shred }, store)
}

func (a *aging) retaining() index.Retaining {
	return index.Retaining{Rules: a.rules, Finder: a.finder}
}

func (a *aging) show() index.Outcome {
	a.t.Helper()
	out, err := a.ShowExpiring(context.Background(), a.retaining())
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}

// take expires what was shown a week ago, and gives the numbers of what went.
func (a *aging) take() (gone []int64, out index.Outcome) {
	a.t.Helper()
	r := a.retaining()
	r.Each = func(c index.Candidate) error { gone = append(gone, c.ID); return nil }
	out, err := a.Expire(context.Background(), r, a.clock.Add(-7*day))
	if err != nil {
		a.t.Fatal(err)
	}
	return gone, out
}

func (a *aging) erase() {
	a.t.Helper()
	if _, err := a.EraseExpired(context.Background()); err != nil {
		a.t.Fatal(err)
	}
}

// put shelves a message that is received now, and gives its row.
func (a *aging) put(owner, uid, text string, more ...func(*filter.Sorted)) index.Message {
	a.t.Helper()
	s := sorted(a.t, owner, "isp", uid, text, more...)
	s.Parcel.Received = a.clock
	a.shelve(s)
	kept, err := a.store.Holds(context.Background(), owner, s.Parcel.Digest)
	if err != nil || len(kept) == 0 {
		a.t.Fatal(kept, err)
	}
	return kept[len(kept)-1]
}

func asSpam(s *filter.Sorted) { s.Verdict.Class, s.Verdict.Mailbox = filter.Spam, filter.Quarantine }

func (a *aging) stones() []index.Tombstone {
	a.t.Helper()
	all, err := a.Tombstones(context.Background(), 1000)
	if err != nil {
		a.t.Fatal(err)
	}
	return all
}

var junk = index.Retention{Name: "junk", Class: "spam", Keep: 30 * day}

func TestExpire_TakesOnlyWhatWasShownLongEnoughAgo(t *testing.T) {
	a := newAging(t, junk)
	spam, ham := a.put("ada", "1", text(1), asSpam), a.put("ada", "2", text(2))
	a.clock = a.clock.Add(29 * day)
	if out := a.show(); out.Rules[0].Messages != 0 {
		t.Errorf("%+v on day 29", out)
	}
	a.clock = a.clock.Add(day)
	if gone, _ := a.take(); len(gone) != 0 {
		t.Errorf("%v went unseen", gone)
	}
	shown := a.clock
	out := a.show()
	want := index.RuleOutcome{Rule: junk.String(), Messages: 1, Octets: spam.Size, Oldest: spam.Received, Fresh: 1}
	if out.Rules[0] != want {
		t.Errorf("shown %+v, want %+v", out.Rules[0], want)
	}
	a.clock = a.clock.Add(7*day - time.Second)
	want.Fresh, want.Since = 0, shown
	if out = a.show(); out.Rules[0] != want {
		t.Errorf("shown again %+v, want %+v", out.Rules[0], want)
	}
	if gone, _ := a.take(); len(gone) != 0 {
		t.Errorf("%v went a second too early", gone)
	}
	a.clock = a.clock.Add(time.Second)
	gone, out := a.take()
	if !slices.Equal(gone, []int64{spam.ID}) || out.Rules[0] != want {
		t.Errorf("%v went: %+v", gone, out.Rules[0])
	}
	if _, err := a.Message(t.Context(), "ada", ham.ID); err != nil {
		t.Error(err)
	}
	stones := a.stones()
	if len(stones) != 1 || stones[0].UID != spam.UID || stones[0].Rule != junk.String() || !stones[0].Shown.Equal(shown) || !stones[0].Erased.IsZero() {
		t.Errorf("tombstones %+v", stones)
	}
	a.erase()
	if !a.shred.erased[spam.Ref] || a.shred.erased[ham.Ref] || a.stones()[0].Erased.IsZero() {
		t.Errorf("erased %v, tombstone %+v", a.shred.erased, a.stones()[0])
	}
	if taken, err := a.store.Taken(t.Context(), "ada", "isp"); err != nil || len(taken) != 2 {
		t.Errorf("receipts %v, %v; want both", taken, err)
	}
}

func TestExpire_AChangedRuleIsAnotherRule(t *testing.T) {
	a := newAging(t, junk)
	a.put("ada", "1", text(1), asSpam)
	a.clock = a.clock.Add(40 * day)
	a.show()
	a.clock = a.clock.Add(7 * day)
	a.rules[0].Keep = 20 * day
	if gone, _ := a.take(); len(gone) != 0 {
		t.Errorf("%v went under a rule that it was not shown under", gone)
	}
	if out := a.show(); out.Rules[0].Fresh != 1 {
		t.Errorf("%+v, want it shown anew", out.Rules[0])
	}
	a.rules[0].Keep = 30 * day // and back: what was shown before does not count
	if out := a.show(); out.Rules[0].Fresh != 1 {
		t.Errorf("%+v, want it shown anew", out.Rules[0])
	}
}

// What is moved, taught or protected since it was shown is not what was shown.
func TestExpire_WhatIsNoLongerDueForgetsThatItWasShown(t *testing.T) {
	a := newAging(t, index.Retention{Mailbox: "keep"}, junk)
	m := a.put("ada", "1", text(1), asSpam)
	a.clock = a.clock.Add(30 * day)
	a.show()
	move := func(c filter.Class, box string) {
		t.Helper()
		if err := a.store.Place(t.Context(), "ada", c, []index.Move{{Message: m.ID, Mailbox: box}}, 1); err != nil {
			t.Fatal(err)
		}
	}
	move(filter.Ham, filter.Inbox)
	a.show()
	move(filter.Spam, filter.Quarantine)
	a.clock = a.clock.Add(8 * day)
	if gone, _ := a.take(); len(gone) != 0 {
		t.Error("it went, though it had been ham when it was looked at last")
	}
	a.show()
	move(filter.Spam, "keep")
	a.clock = a.clock.Add(8 * day)
	if gone, _ := a.take(); len(gone) != 0 {
		t.Error("it went out of a mailbox that an earlier rule keeps for ever")
	}
}

func TestExpire_HoldsKeepWhatTheyFindAndAreShownAnewOnceLifted(t *testing.T) {
	a := newAging(t, junk)
	meyer, other, bobs := a.put("ada", "1", "Subject: a\r\n\r\nMeyer asks\r\n", asSpam), a.put("ada", "2", text(2), asSpam), a.put("bob", "3", text(3), asSpam)
	a.clock = a.clock.Add(30 * day)
	a.show()
	a.clock = a.clock.Add(7 * day)
	for _, h := range []index.Hold{{Owner: "ada", Name: "lawsuit", Query: "Meyer"}, {Owner: "bob", Name: "all"}} {
		if err := a.AddHold(t.Context(), &h); err != nil {
			t.Fatal(err)
		}
	}
	gone, out := a.take()
	if !slices.Equal(gone, []int64{other.ID}) || out.Held != 2 {
		t.Errorf("%v went, %d held; want only %d", gone, out.Held, other.ID)
	}
	for owner, name := range map[string]string{"ada": "lawsuit", "bob": "all"} {
		if err := a.RemoveHold(t.Context(), owner, name, "ada"); err != nil {
			t.Fatal(err)
		}
	}
	if gone, _ := a.take(); len(gone) != 0 {
		t.Errorf("%v went at once as the hold was lifted", gone)
	}
	if out := a.show(); out.Rules[0].Fresh != 2 {
		t.Errorf("%+v, want both shown anew", out.Rules[0])
	}
	a.clock = a.clock.Add(7 * day)
	if gone, _ := a.take(); !slices.Equal(gone, []int64{meyer.ID, bobs.ID}) {
		t.Errorf("%v went, want both", gone)
	}
}

func TestExpire_NothingOfAnOwnerGoesWhoseHoldsCannotBeTold(t *testing.T) {
	broken := errors.New("the catalogue is out of order")
	for name, spoil := range map[string]func(a *aging, m index.Message){
		"no answer":        func(a *aging, _ index.Message) { a.finder.fails = broken },
		"unknown to it":    func(a *aging, m index.Message) { a.finder.blind[m.ID] = true },
		"bytes unreadable": func(a *aging, m index.Message) { a.shred.erased[m.Ref] = true; a.finder.h = nil },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAging(t, junk)
			m, bobs := a.put("ada", "1", text(1), asSpam), a.put("bob", "1", text(2), asSpam)
			if err := a.AddHold(t.Context(), &index.Hold{Owner: "ada", Name: "x", Query: "nowhere"}); err != nil {
				t.Fatal(err)
			}
			a.clock = a.clock.Add(30 * day)
			a.show()
			a.clock = a.clock.Add(7 * day)
			spoil(a, m)
			r := a.retaining()
			if a.finder.h == nil { // it indexed the row alone, and finds nothing
				r.Finder = findsNothing{}
			}
			var gone []int64
			r.Each = func(c index.Candidate) error { gone = append(gone, c.ID); return nil }
			out, err := a.Expire(t.Context(), r, a.clock.Add(-7*day))
			if err != nil || !slices.Equal(gone, []int64{bobs.ID}) {
				t.Errorf("%v went, %v; want bob's alone", gone, err)
			}
			if told := out.Held + len(out.Doubts); told != 1 {
				t.Errorf("%+v, want it told once", out)
			}
			if name == "no answer" && !errors.Is(out.Doubts[0].Why, broken) {
				t.Errorf("doubts %v", out.Doubts)
			}
			a.finder.fails, a.finder.h = nil, a.house
			clear(a.finder.blind)
			clear(a.shred.erased)
			if gone, _ := a.take(); !slices.Equal(gone, []int64{m.ID}) {
				t.Errorf("%v went once all was well, want %d", gone, m.ID)
			}
		})
	}
}

type findsNothing struct{}

func (findsNothing) Find(_ context.Context, _, _ string, _ int64, ids []int64) (map[int64]bool, error) {
	found := map[int64]bool{}
	for _, id := range ids {
		found[id] = false
	}
	return found, nil
}

// A session that began before sees a gap, and can end as ever.
func TestMaildrop_ExpiredMessageIsGoneAndTheSessionGoesOn(t *testing.T) {
	a := newAging(t, index.Retention{Keep: 30 * day})
	for i := range 4 {
		a.put("ada", fmt.Sprint(i), text(i))
		if i < 3 {
			a.clock = a.clock.Add(day)
		}
	}
	d, err := openDrop(t.Context(), a.Archive, "ada", filter.Inbox)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, i := range []int{0, 1} { // in order, so that rows are read ahead
		r, err := d.Open(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	a.clock = a.clock.Add(29 * day) // the last is too young
	a.show()
	if _, err := a.Expire(t.Context(), a.retaining(), a.clock); err != nil {
		t.Fatal(err)
	}
	a.erase()
	for i := range 3 {
		if _, err := d.Open(t.Context(), i); !errors.Is(err, index.ErrNotFound) {
			t.Errorf("Open of what expired = %v, want ErrNotFound", err)
		}
	}
	r, err := d.Open(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if err := d.Delete(t.Context(), []int{1, 3}); err != nil {
		t.Errorf("Delete of what expired and what did not = %v", err)
	}
	if left := a.listing("ada", filter.Inbox); len(left) != 0 {
		t.Errorf("%d listed, want none", len(left))
	}
}

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
