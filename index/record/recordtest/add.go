package recordtest

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"restante/fetch"
	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

var onAdd = promises{
	"Add_GivesBackWhatWasAdded":           roundTrip,
	"Add_KeepsAwkwardValues":              awkward,
	"Add_ReplayChangesNothing":            replay,
	"Add_PlaceFollowsTheSameBytes":        followed,
	"Add_SameUIDTwiceInOneCall":           twice,
	"Add_RefusesWhatCannotBeKept":         refused,
	"Add_NumbersChangesWithoutGaps":       changes,
	"Add_NumbersChangesWhenManyAddAtOnce": concurrent,
	"Add_PositionNeverMovesBack":          position,
	"Add_ManyMessagesInOrder":             many,
}

func roundTrip(t *testing.T, db DB) {
	adds := []index.Addition{Addition("ada", 1), Addition("bob", 2), Addition("ada", 3)}
	ids := add(t, db, adds...)
	for i, a := range adds {
		if a.Message.ID != ids[i] || ids[i] == 0 {
			t.Errorf("Message.ID = %d, returned %d", a.Message.ID, ids[i])
		}
		same(t, "Message", message(t, db, a.Message.Owner, ids[i]), a.Message)
	}
	taken, err := db.Taken(ctx, "ada", "ada-home")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Taken", taken, map[string]fetch.Taken{"uidl-1": adds[0].Receipt.Taken, "uidl-3": adds[2].Receipt.Taken})
}

func awkward(t *testing.T, db DB) {
	a := Addition("ада@example.org", 1)
	a.Message.Added = "X-Restante: \x00\xff\r\n"
	a.Message.Tag = "[\xfe]"
	a.Message.Score = math.NaN()
	a.Message.Received = time.Time{}
	a.Message.Listed = false
	a.Message.Reasons = []filter.Reason{{Name: "R", Weight: math.Inf(1), Text: "a\x00\xffb"}}
	a.Receipt.UID = "\xff\x00 uid"
	a.Receipt.Taken = fetch.Taken{Size: -1}
	id := add(t, db, a)[0]
	want := a.Message
	want.ID = id
	want.Score = 0
	want.Reasons = []filter.Reason{{Name: "R", Weight: math.MaxFloat64, Text: "a\x00\ufffdb"}}
	same(t, "Message", message(t, db, want.Owner, id), want)
	taken, err := db.Taken(ctx, a.Message.Owner, a.Receipt.Account)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Taken", taken, map[string]fetch.Taken{"\xff\x00 uid": {Size: -1}})
}

func replay(t *testing.T, db DB) {
	first := []index.Addition{Addition("ada", 1), Addition("ada", 2)}
	ids := add(t, db, first...)
	if err := db.Dismiss(ctx, Own("ada", filter.Inbox), ids[:1]); err != nil {
		t.Fatal(err)
	}
	again := []index.Addition{Addition("ada", 2), Addition("ada", 3), Addition("ada", 1)}
	again[0].Message.Mailbox = "elsewhere"
	again[2].Receipt.Taken.Size = 999
	got := add(t, db, again...)
	if got[0] != ids[1] || got[2] != ids[0] || got[1] == ids[0] || got[1] == ids[1] {
		t.Errorf("ids = %v after %v", got, ids)
	}
	if m := message(t, db, "ada", ids[0]); m.Listed {
		t.Error("a replay listed a hidden message again")
	}
	if m := message(t, db, "ada", ids[1]); m.Mailbox != filter.Inbox {
		t.Errorf("a replay moved a message to %q", m.Mailbox)
	}
	taken, err := db.Taken(ctx, "ada", "ada-home")
	if err != nil || taken["uidl-1"].Size != 1 {
		t.Errorf("a replay changed a receipt: %v, %v", taken["uidl-1"], err)
	}
	same(t, "Changes", changesOf(t, db, "ada", 0), []index.Change{
		{Number: 1, Kind: index.Added, Message: ids[0]},
		{Number: 2, Kind: index.Added, Message: ids[1]},
		{Number: 3, Kind: index.Added, Message: got[1]},
	})
}

func followed(t *testing.T, db DB) {
	a, back, other := Addition("ada", 2), Addition("ada", 2), Addition("ada", 2)
	id := add(t, db, a)[0]
	if err := db.Dismiss(ctx, Own("ada", filter.Inbox), []int64{id}); err != nil {
		t.Fatal(err)
	}
	want := message(t, db, "ada", id)
	back.Message.Ref.Segment--
	other.Message.Ref.Segment++
	other.Message.Digest[0]++
	add(t, db, back, other)
	same(t, "Message with bytes before it and others behind it", message(t, db, "ada", id), want)
	for i := range 2 {
		again := Addition("ada", 2)
		again.Message.Ref = blob.Ref{Segment: want.Ref.Segment, Offset: want.Ref.Offset + int64(i) + 1, Length: 77}
		again.Message.Mailbox = "elsewhere"
		add(t, db, again)
		want.Ref = again.Message.Ref
		same(t, "Message", message(t, db, "ada", id), want)
	}
	same(t, "Changes", changesOf(t, db, "ada", 0), []index.Change{{Number: 1, Kind: index.Added, Message: id},
		{Number: 2, Kind: index.Altered, Message: id}, {Number: 3, Kind: index.Altered, Message: id}})
}

func twice(t *testing.T, db DB) {
	a, b := Addition("ada", 1), Addition("ada", 1)
	b.Receipt.Account = "ada-work"
	ids := add(t, db, a, b)
	if ids[0] != ids[1] {
		t.Errorf("ids = %v, want the same twice", ids)
	}
	if n := len(changesOf(t, db, "ada", 0)); n != 1 {
		t.Errorf("%d changes, want 1", n)
	}
	if taken, err := db.Taken(ctx, "ada", "ada-work"); err != nil || len(taken) != 1 {
		t.Errorf("Taken = %v, %v; want the second receipt", taken, err)
	}
}

func refused(t *testing.T, db DB) {
	for name, spoil := range map[string]func(*index.Addition){
		"no owner":         func(a *index.Addition) { a.Message.Owner = "" },
		"no UID":           func(a *index.Addition) { a.Message.UID = "" },
		"mailbox not text": func(a *index.Addition) { a.Message.Mailbox = "\xff" },
		"NUL in owner":     func(a *index.Addition) { a.Message.Owner = "a\x00b" },
	} {
		bad := Addition("ada", 2)
		spoil(&bad)
		if _, err := db.Add(ctx, []index.Addition{Addition("ada", 1), bad}, blob.Position{Segment: 1}); err == nil {
			t.Errorf("%s: Add took it", name)
		}
	}
	if l, err := db.List(ctx, Own("ada", filter.Inbox)); err != nil || len(l) != 0 {
		t.Errorf("List = %v, %v; want nothing of a refused commit", l, err)
	}
	if p, err := db.Position(ctx); err != nil || p != (blob.Position{}) {
		t.Errorf("Position = %v, %v; want none", p, err)
	}
}

func changes(t *testing.T, db DB) {
	var all []int64
	for n := range 5 {
		add(t, db, Addition("bob", n))
		all = append(all, add(t, db, Addition("ada", 2*n), Addition("bob", 100+n), Addition("ada", 2*n+1))[0])
	}
	got := changesOf(t, db, "ada", 0)
	for i, c := range got {
		if c.Number != int64(i+1) || c.Kind != index.Added {
			t.Errorf("change %d = %+v", i, c)
		}
	}
	if len(got) != 10 || got[8].Message != all[4] {
		t.Errorf("%d changes, want 10: %v", len(got), got)
	}
	same(t, "Changes after 7", changesOf(t, db, "ada", 7), got[7:])
	two, err := db.Changes(ctx, "ada", 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "two Changes after 3", two, got[3:5])
	for _, max := range []int{0, -1} {
		if none, err := db.Changes(ctx, "ada", 0, max); err != nil || len(none) != 0 {
			t.Errorf("Changes(max %d) = %v, %v; want none", max, none, err)
		}
	}
	heads, err := db.Heads(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Heads", heads, map[string]int64{"ada": 10, "bob": 10})
}

func concurrent(t *testing.T, db DB) {
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 5 {
				n := 100*g + 10*i
				// In both orders: two writers must not wait for each other.
				adds := []index.Addition{Addition("ada", n), Addition("bob", n)}
				if g%2 == 0 {
					adds[0], adds[1] = adds[1], adds[0]
				}
				if _, err := db.Add(ctx, adds, blob.Position{Segment: 1, Offset: int64(n)}); err != nil {
					t.Errorf("Add: %v", err)
				}
			}
		})
	}
	wg.Wait()
	for _, owner := range []string{"ada", "bob"} {
		got := changesOf(t, db, owner, 0)
		for i, c := range got {
			if c.Number != int64(i+1) {
				t.Errorf("%s: change %d has number %d", owner, i, c.Number)
			}
		}
		if len(got) != 40 {
			t.Errorf("%s: %d changes, want 40", owner, len(got))
		}
	}
}

func position(t *testing.T, db DB) {
	var want blob.Position
	for i, p := range []blob.Position{{}, {Segment: 1, Offset: 500}, {Segment: 1, Offset: 400}, {Segment: 2, Offset: 100}, {Segment: 1, Offset: 900}, {Segment: 2, Offset: 1 << 40}} {
		if _, err := db.Add(ctx, []index.Addition{Addition("ada", i)}, p); err != nil {
			t.Fatal(err)
		}
		if want.Before(p) {
			want = p
		}
		if got, err := db.Position(ctx); err != nil || got != want {
			t.Errorf("Position = %v, %v after %v; want %v", got, err, p, want)
		}
	}
	if _, err := db.Add(ctx, nil, blob.Position{Segment: 3}); err != nil {
		t.Errorf("Add of nothing: %v", err)
	}
	if got, err := db.Position(ctx); err != nil || got.Segment != 3 {
		t.Errorf("Position = %v, %v; want segment 3", got, err)
	}
}

func many(t *testing.T, db DB) {
	var adds []index.Addition
	for n := range 333 {
		adds = append(adds, Addition("ada", n))
	}
	ids := add(t, db, adds...)
	list, err := db.List(ctx, Own("ada", filter.Inbox))
	if err != nil || len(list) != len(adds) {
		t.Fatalf("Mailbox = %d, %v; want %d", len(list), err, len(adds))
	}
	for i, l := range list {
		if want := (index.Listing{ID: ids[i], UID: adds[i].Message.UID, Served: adds[i].Message.Served}); l != want {
			t.Fatalf("listing %d = %v, want %v", i, l, want)
		}
	}
	taken, err := db.Taken(ctx, "ada", "ada-home")
	if err != nil || len(taken) != len(adds) {
		t.Errorf("Taken = %d, %v; want %d", len(taken), err, len(adds))
	}
	if err := db.Dismiss(ctx, Own("ada", filter.Inbox), ids[:300]); err != nil {
		t.Fatal(err)
	}
	list, err = db.List(ctx, Own("ada", filter.Inbox))
	if err != nil || fmt.Sprint(list[0].ID, len(list)) != fmt.Sprint(ids[300], 33) {
		t.Errorf("List = %v, %v; want the last 33", list, err)
	}
}
