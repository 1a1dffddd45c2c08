package index_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
)

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
