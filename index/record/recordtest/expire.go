package recordtest

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"restante/fetch"
	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

var onExpiry = promises{
	"Holds_AreKeptUntilLifted":         holdsAreKept,
	"Aged_AndMarksInOrder":             agedAndMarks,
	"Bury_LeavesATombstoneAndReceipts": buryLeavesTombstones,
	"Bury_TakesNothingElse":            buryNothingElse,
	"Bury_HearsHolds":                  buryHearsHolds,
	"Unerased_IsWhatNobodyHas":         unerasedIsNobodys,
	"Unerased_IsEveryPlace":            unerasedEverywhere,
	"Expired_IsKnownUpstream":          expiredIsKnownUpstream,
}

const rule = "junk: class spam, keep 30d"

// mark shows messages as about to expire.
func markAll(t *testing.T, db DB, owner string, shown time.Time, ids ...int64) {
	t.Helper()
	var set []index.Mark
	for _, id := range ids {
		set = append(set, index.Mark{Message: id, Owner: owner, Rule: rule, Shown: shown})
	}
	if err := db.SetMarks(ctx, set, nil); err != nil {
		t.Fatalf("SetMarks: %v", err)
	}
}

// burial is one of ada's messages, as they are now.
func burial(t *testing.T, db DB, ids ...int64) index.Burial {
	t.Helper()
	heads, err := db.Heads(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b := index.Burial{Owner: "ada", Messages: ids, Shown: when, Head: heads["ada"], At: when.Add(time.Hour)}
	for range ids {
		b.Rules = append(b.Rules, rule)
	}
	return b
}

func bury(t *testing.T, db DB, b index.Burial) index.Buried {
	t.Helper()
	out, err := db.Bury(ctx, b)
	if err != nil {
		t.Fatalf("Bury: %v", err)
	}
	return out
}

func holdsAreKept(t *testing.T, db DB) {
	all := &index.Hold{Owner: "ada", Name: "lawsuit", By: "root", Why: "Meyer ./. Ada, 1 O 23/26", Placed: when}
	some := &index.Hold{Owner: "bob", Name: "lawsuit", Query: "from:meyer after:2026-01-01", Placed: when.Add(1)}
	for _, h := range []*index.Hold{all, some} {
		if err := db.AddHold(ctx, h); err != nil {
			t.Fatalf("AddHold: %v", err)
		}
	}
	if all.ID == 0 || some.ID <= all.ID {
		t.Errorf("IDs %d and %d, want them to grow", all.ID, some.ID)
	}
	if err := db.AddHold(ctx, &index.Hold{Owner: "ada", Name: "lawsuit", Query: "x"}); !errors.Is(err, index.ErrExists) {
		t.Errorf("AddHold again = %v, want ErrExists", err)
	}
	for _, h := range []*index.Hold{{Name: "x"}, {Owner: "ada"}, {Owner: "ada", Name: "\xff"}, {Owner: "ada", Name: "x", Why: "\x00"}} {
		if err := db.AddHold(ctx, h); err == nil {
			t.Errorf("AddHold took %+v", *h)
		}
	}
	got, err := db.PlacedHolds(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "PlacedHolds", got, []index.Hold{*all, *some})
	ids := add(t, db, Addition("ada", 1), Addition("bob", 1))
	markAll(t, db, "ada", when, ids[0])
	markAll(t, db, "bob", when, ids[1])
	if err := db.RemoveHold(ctx, "ada", "lawsuit"); err != nil {
		t.Fatal(err)
	}
	notFound(t, "RemoveHold again", db.RemoveHold(ctx, "ada", "lawsuit"))
	notFound(t, "RemoveHold of nothing", db.RemoveHold(ctx, "\xff", "lawsuit"))
	marks, err := db.Marks(ctx, 0, math.MaxInt64)
	if err != nil || len(marks) != 1 || marks[0].Owner != "bob" {
		t.Errorf("Marks = %v, %v; want ada's gone with the hold", marks, err)
	}
	next := &index.Hold{Owner: "ada", Name: "lawsuit", Placed: when}
	if err := db.AddHold(ctx, next); err != nil || next.ID <= some.ID {
		t.Errorf("hold %d, %v; want a number that no hold had", next.ID, err)
	}
}

func agedAndMarks(t *testing.T, db DB) {
	adds := []index.Addition{Addition("ada", 1), Addition("bob", 2), Addition("ada", 3), Addition("ada", 4)}
	adds[0].Message.Received = when.Add(time.Hour)
	adds[3].Message.Received = time.Time{} // it may be young
	ids := add(t, db, adds...)
	got, err := db.Aged(ctx, adds[2].Message.Received, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Aged", got, []index.Message{message(t, db, "bob", ids[1]), message(t, db, "ada", ids[2])})
	if got, err = db.Aged(ctx, when.Add(2*time.Hour), ids[0], 1); err != nil || len(got) != 1 || got[0].ID != ids[1] {
		t.Errorf("Aged behind the first = %v, %v; want the second", got, err)
	}
	if got, err = db.Aged(ctx, when, 0, 10); err != nil || len(got) != 0 {
		t.Errorf("Aged before all = %v, %v", got, err)
	}
	markAll(t, db, "ada", when, ids[2], ids[0])
	markAll(t, db, "ada", when.Add(time.Minute), ids[0])
	want := []index.Mark{{Message: ids[0], Owner: "ada", Rule: rule, Shown: when.Add(time.Minute)}, {Message: ids[2], Owner: "ada", Rule: rule, Shown: when}}
	for _, c := range []struct {
		after, upTo int64
		want        []index.Mark
	}{{0, math.MaxInt64, want}, {0, ids[1], want[:1]}, {ids[0], ids[2], want[1:]}} {
		marks, err := db.Marks(ctx, c.after, c.upTo)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "Marks", marks, c.want)
	}
	if err := db.SetMarks(ctx, want[1:], []int64{ids[0], 1 << 40}); err != nil {
		t.Fatal(err)
	}
	if marks, err := db.Marks(ctx, 0, math.MaxInt64); err != nil || len(marks) != 1 {
		t.Errorf("Marks = %v, %v; want one dropped", marks, err)
	}
}

func buryLeavesTombstones(t *testing.T, db DB) {
	a, b, c := Addition("ada", 1), Addition("ada", 2), Addition("ada", 3)
	ids := add(t, db, a, b, c)
	if err := db.Receipts(ctx, ids[0], index.Receipt{Account: "ada-home", UID: "second", Taken: fetch.Taken{Size: 1}}); err != nil {
		t.Fatal(err)
	}
	taken := takenBy(t, db, "ada")
	markAll(t, db, "ada", when, ids[:2]...)
	out := bury(t, db, burial(t, db, ids[:2]...))
	same(t, "Buried", out, index.Buried{Gone: ids[:2], Head: 5})
	for _, id := range ids[:2] {
		_, err := db.Message(ctx, "ada", id)
		notFound(t, "Message", err)
	}
	if held, err := db.Holds(ctx, "ada", a.Message.Digest); err != nil || len(held) != 0 {
		t.Errorf("Holds = %v, %v", held, err)
	}
	same(t, "Changes", changesOf(t, db, "ada", 3), []index.Change{
		{Number: 4, Kind: index.Removed, Message: ids[0]}, {Number: 5, Kind: index.Removed, Message: ids[1]}})
	if next := add(t, db, Addition("ada", 9))[0]; next <= ids[2] || len(changesOf(t, db, "ada", 5)) != 1 {
		t.Errorf("message %d came after, with changes %v", next, changesOf(t, db, "ada", 5))
	}
	delete(taken, "uidl-9")
	got := takenBy(t, db, "ada")
	delete(got, "uidl-9")
	same(t, "Taken", got, taken)
	if marks, err := db.Marks(ctx, 0, math.MaxInt64); err != nil || len(marks) != 0 {
		t.Errorf("Marks = %v, %v; want none", marks, err)
	}
	stone := func(i int) index.Tombstone {
		m := []index.Addition{a, b}[i].Message
		return index.Tombstone{Message: ids[i], Owner: "ada", UID: m.UID, Account: m.Account, Mailbox: m.Mailbox, Digest: m.Digest, Size: m.Size,
			Received: m.Received, Rule: rule, Shown: when, Expired: when.Add(time.Hour)}
	}
	wantStones(t, db, stone(1), stone(0))
	buried, err := db.BuriedUIDs(ctx, "ada", []string{a.Message.UID, c.Message.UID, b.Message.UID})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "BuriedUIDs", buried, map[string]bool{a.Message.UID: true, b.Message.UID: true})
	kept, err := db.KeptUIDs(ctx, "ada", []string{a.Message.UID, c.Message.UID, b.Message.UID})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "KeptUIDs", kept, map[string]bool{c.Message.UID: true})
	if others, err := db.BuriedUIDs(ctx, "bob", []string{a.Message.UID}); err != nil || len(others) != 0 {
		t.Errorf("BuriedUIDs of bob = %v, %v", others, err)
	}
	// Its bytes go, then that is noted.
	places := unerased(t, db)
	same(t, "Unerased", places, []index.Place{{Message: ids[0], Ref: a.Message.Ref}, {Message: ids[1], Ref: b.Message.Ref}})
	for range 2 {
		if err := db.Erased(ctx, places[:1], when.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	done := stone(0)
	done.Erased = when.Add(2 * time.Hour)
	wantStones(t, db, stone(1), done)
	same(t, "Unerased", unerased(t, db), places[1:])
}

func wantStones(t *testing.T, db DB, want ...index.Tombstone) {
	t.Helper()
	got, err := db.Tombstones(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Tombstones", got, want)
}

func unerased(t *testing.T, db DB) []index.Place {
	t.Helper()
	places, err := db.Unerased(ctx, 100)
	if err != nil {
		t.Fatal(err)
	}
	return places
}

func buryNothingElse(t *testing.T, db DB) {
	var adds []index.Addition
	for n := range 6 {
		adds = append(adds, Addition("ada", n))
	}
	adds[5] = Addition("bob", 5)
	ids := add(t, db, adds...)
	markAll(t, db, "ada", when, ids[0], ids[1])
	markAll(t, db, "ada", when.Add(1), ids[2])                                                                               // shown too late
	if err := db.SetMarks(ctx, []index.Mark{{Message: ids[3], Owner: "ada", Rule: "other", Shown: when}}, nil); err != nil { // under another rule
		t.Fatal(err)
	}
	markAll(t, db, "bob", when, ids[5]) // ids[4] was never shown
	b := burial(t, db, ids...)
	l := lesson(adds[1], filter.Spam)
	teachIt(t, db, l, to("bills", ids[1])...) // since it was looked at
	out := bury(t, db, b)
	same(t, "Buried", out, index.Buried{Gone: ids[:1], Changed: ids[1:2], Head: 7})
	for _, id := range ids[1:5] {
		message(t, db, "ada", id)
	}
	message(t, db, "bob", ids[5])
	b.Head = out.Head
	if again := bury(t, db, b); len(again.Gone) != 1 || again.Gone[0] != ids[1] || len(again.Changed) != 0 {
		t.Errorf("Bury after another look = %+v", again)
	}
	if again := bury(t, db, b); len(again.Gone) != 0 {
		t.Errorf("Bury of what is gone = %+v", again)
	}
}

func buryHearsHolds(t *testing.T, db DB) {
	ids := add(t, db, Addition("ada", 1), Addition("bob", 1))
	markAll(t, db, "ada", when, ids[0])
	first, others := &index.Hold{Owner: "ada", Name: "first", Query: "x"}, &index.Hold{Owner: "bob", Name: "first"}
	if err := errors.Join(db.AddHold(ctx, first), db.AddHold(ctx, others)); err != nil {
		t.Fatal(err)
	}
	b := burial(t, db, ids[0])
	if out, err := db.Bury(ctx, b); !errors.Is(err, index.ErrHeld) || len(out.Gone) != 0 {
		t.Errorf("Bury = %+v, %v; want ErrHeld", out, err)
	}
	message(t, db, "ada", ids[0])
	b.Hold = first.ID // it was asked, and does not find the message
	if out := bury(t, db, b); len(out.Gone) != 1 {
		t.Errorf("Bury = %+v, want it gone", out)
	}
}

// Nothing is erased that a message has, whoever else had it.
func unerasedIsNobodys(t *testing.T, db DB) {
	a, b := Addition("ada", 1), Addition("ada", 2)
	b.Message.Digest, b.Message.Ref = a.Message.Digest, a.Message.Ref
	b.Message.Account = "ada-work"
	ids := add(t, db, a, b)
	markAll(t, db, "ada", when, ids...)
	bury(t, db, burial(t, db, ids[0]))
	if places := unerased(t, db); len(places) != 0 {
		t.Errorf("Unerased = %v, want none: the other has it", places)
	}
	bury(t, db, burial(t, db, ids[1]))
	if places := unerased(t, db); len(places) != 2 || places[0].Ref != a.Message.Ref {
		t.Errorf("Unerased = %v, want the place, for both", places)
	}
}

// Bytes that were written again where the old ones could not be read lie in two
// places.
func unerasedEverywhere(t *testing.T, db DB) {
	a, again := Addition("ada", 1), Addition("ada", 1)
	again.Message.Ref = blob.Ref{Segment: a.Message.Ref.Segment + 1, Offset: 7, Length: 9}
	id := add(t, db, a)[0]
	add(t, db, again, again)
	if places := unerased(t, db); len(places) != 0 {
		t.Errorf("Unerased = %v of a message that is there", places)
	}
	markAll(t, db, "ada", when, id)
	bury(t, db, burial(t, db, id))
	places := unerased(t, db)
	same(t, "Unerased", places, []index.Place{{Message: id, Ref: a.Message.Ref}, {Message: id, Ref: again.Message.Ref}})
	if one, err := db.Unerased(ctx, 1); err != nil || len(one) != 1 {
		t.Errorf("Unerased of at most 1 = %v, %v", one, err)
	}
	for i := range places {
		stones, err := db.Tombstones(ctx, 1)
		if err != nil || !stones[0].Erased.IsZero() {
			t.Errorf("Tombstones = %v, %v; want it not erased with %d places to go", stones, err, len(places)-i)
		}
		if err := db.Erased(ctx, places[i:i+1], when); err != nil {
			t.Fatal(err)
		}
	}
	if stones, err := db.Tombstones(ctx, 1); err != nil || !stones[0].Erased.Equal(when) {
		t.Errorf("Tombstones = %v, %v; want it erased", stones, err)
	}
}

// What lies upstream still is known, can be deleted there, and can be renamed;
// a session that had it listed can end.
func expiredIsKnownUpstream(t *testing.T, db DB) {
	a, b, c := Addition("ada", 1), Addition("ada", 2), Addition("bob", 3)
	c.Receipt.Account = "ada-home"
	ids := add(t, db, a, b, c)
	markAll(t, db, "ada", when, ids[0])
	bury(t, db, burial(t, db, ids[0]))
	if err := db.Dismiss(ctx, Own("ada", filter.Inbox), ids[:2]); err != nil {
		t.Errorf("Dismiss of what expired and what did not = %v", err)
	}
	if l, err := db.List(ctx, Own("ada", filter.Inbox)); err != nil || len(l) != 0 {
		t.Errorf("List = %v, %v", l, err)
	}
	all := []fetch.Deletion{{UID: a.Receipt.UID, At: when, Why: "keep 60d"}}
	if err := db.Mark(ctx, "bob", "ada-home", slices.Clone(all)); err != nil {
		t.Fatal(err)
	}
	if err := db.Mark(ctx, "ada", "ada-home", all); err != nil || all[0].ID == 0 || all[0].Message != ids[0] || all[0].Digest != a.Message.Digest {
		t.Errorf("Mark filled in %+v, %v", all[0], err)
	}
	if got, err := db.Marked(ctx, "bob", "ada-home"); err != nil || len(got) != 0 {
		t.Errorf("Marked by bob = %v, %v", got, err)
	}
	if err := db.Rename(ctx, "bob", "ada-home", map[string]string{a.Receipt.UID: "stolen"}); err != nil {
		t.Fatal(err)
	}
	if err := db.Rename(ctx, "ada", "ada-home", map[string]string{a.Receipt.UID: "new"}); err != nil {
		t.Fatal(err)
	}
	same(t, "Taken", takenBy(t, db, "ada"), map[string]fetch.Taken{"new": a.Receipt.Taken, b.Receipt.UID: b.Receipt.Taken})
	same(t, "Taken by bob", takenBy(t, db, "bob"), map[string]fetch.Taken{c.Receipt.UID: c.Receipt.Taken})
}
