package recordtest

import (
	"slices"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
)

var onViews = promises{
	"List_ArchiveMonthAndSearch":      listVirtual,
	"Unread_IsWhatTheOwnViewLists":    unread,
	"Redeliver_ListsAgainOnce":        redeliver,
	"Sight_KeepsTheOrderOfFirstSight": sights,
}

func listVirtual(t *testing.T, db DB) {
	may, june, never, kept := Addition("ada", 1), Addition("ada", 2), Addition("ada", 3), Addition("ada", 4)
	first := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	may.Message.Received, june.Message.Received, never.Message.Received = first, first.AddDate(0, 1, 0), time.Time{}
	kept.Message.Received, kept.Message.Archive, kept.Message.Listed = first.AddDate(0, 1, 0).Add(-1), true, false
	june.Message.Mailbox = filter.Quarantine
	ids := add(t, db, may, june, never, kept)
	add(t, db, Addition("bob", 1))
	archive := viewOf(index.Device{Owner: "ada"}, index.ArchiveBox)
	month := archive
	month.Boxes = []index.Box{{Name: "2024-05", Virtual: true, Span: index.Span{From: first, Until: first.AddDate(0, 1, 0).Add(-1)}}}
	search := archive
	search.Boxes = []index.Box{{Name: "search:x", Virtual: true, Only: []int64{ids[3], 1 << 40, ids[0]}}}
	lists(t, db, "the archive", archive, ids...)
	lists(t, db, "a month", month, ids[0], ids[3])
	lists(t, db, "a search", search, ids[3], ids[0])
	search.Boxes[0].Only = []int64{}
	lists(t, db, "an empty search", search)
	search.Boxes[0].Only = ids

	// DELE hides from that view and no other.
	if err := db.Dismiss(ctx, month, ids); err != nil {
		t.Fatal(err)
	}
	phones := month
	phones.Device, phones.Dele = device(t, db, "ada", "phone").ID, index.DeleFile
	lists(t, db, "a month emptied", month)
	lists(t, db, "the phone's month", phones, ids[0], ids[3])
	if err := db.Dismiss(ctx, phones, ids[:1]); err != nil {
		t.Fatal(err)
	}
	lists(t, db, "the phone's month", phones, ids[3])
	lists(t, db, "the archive", archive, ids...)
	lists(t, db, "a search", search, ids...)
	lists(t, db, "the inbox", viewOf(index.Device{Owner: "ada"}, filter.Inbox), ids[0], ids[2])
	if n, err := db.Redeliver(ctx, month, []index.Redelivery{{Message: ids[0], UID: "again"}}, when); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if err := db.Place(ctx, "ada", filter.Spam, to(filter.Quarantine, ids[0]), 0); err != nil {
		t.Fatal(err)
	}
	lists(t, db, "a month with one delivered again", month, ids[0])
}

func unread(t *testing.T, db DB) {
	keep := Addition("ada", 4)
	keep.Message.Archive, keep.Message.Listed = true, false
	spam := Addition("ada", 3)
	spam.Message.Mailbox = filter.Quarantine
	ids := add(t, db, Addition("ada", 1), Addition("ada", 2), spam, keep)
	theirs := add(t, db, Addition("bob", 1))
	wants := func(when string, want ...int64) {
		t.Helper()
		got, err := db.Unread(ctx, "ada")
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: Unread = %v, %v; want %v", when, got, err, want)
		}
	}
	wants("new", ids[0], ids[1], ids[2])
	phone := viewOf(index.Device{Owner: "ada"}, filter.Inbox)
	phone.Device, phone.Dele = device(t, db, "ada", "phone").ID, index.DeleHide
	if err := db.Dismiss(ctx, phone, ids); err != nil {
		t.Fatal(err)
	}
	wants("hidden from a device", ids[0], ids[1], ids[2])
	phone.Dele = index.DeleFile
	if err := db.Dismiss(ctx, phone, append(ids[:1:1], theirs...)); err != nil {
		t.Fatal(err)
	}
	wants("filed as read", ids[1], ids[2])
	if err := db.Dismiss(ctx, viewOf(index.Device{Owner: "ada"}, filter.Inbox), ids[1:2]); err != nil {
		t.Fatal(err)
	}
	wants("deleted in the account's own view", ids[2])
	if got, err := db.Unread(ctx, "bob"); err != nil || !slices.Equal(got, theirs) {
		t.Errorf("bob's: %v, %v; want %v", got, err, theirs)
	}
}

func redeliver(t *testing.T, db DB) {
	keep := Addition("ada", 3)
	keep.Message.Archive, keep.Message.Listed, keep.Message.Mailbox = true, false, "old"
	ids := add(t, db, Addition("ada", 1), Addition("ada", 2), keep)
	theirs := add(t, db, Addition("bob", 1))
	own := viewOf(index.Device{Owner: "ada"}, filter.Inbox)
	phone := viewOf(device(t, db, "ada", "phone"), filter.Inbox)
	if err := db.Dismiss(ctx, Own("ada", filter.Inbox), ids[:1]); err != nil {
		t.Fatal(err)
	}
	again := func(v index.View, uid string, want int, ids ...int64) {
		t.Helper()
		var all []index.Redelivery
		for i, id := range ids {
			all = append(all, index.Redelivery{Message: id, UID: uid + string(rune('a'+i))})
		}
		if n, err := db.Redeliver(ctx, v, all, when); err != nil || n != want {
			t.Fatalf("Redeliver = %d, %v; want %d", n, err, want)
		}
	}
	again(own, "first", 2, ids[0], ids[2], theirs[0], 1<<40)
	late := add(t, db, Addition("ada", 4))
	got, err := db.List(ctx, own)
	if err != nil {
		t.Fatal(err)
	}
	line := func(n int, uid string) index.Listing {
		m := message(t, db, "ada", append(ids, late...)[n])
		if uid == "" {
			uid = m.UID
		}
		return index.Listing{ID: m.ID, UID: uid, Served: m.Served}
	}
	same(t, "behind what was there, before what came later", got, []index.Listing{line(1, ""), line(0, "firsta"), line(2, "firstb"), line(3, "")})
	lists(t, db, "the phone", phone, ids[0], ids[1], late[0])

	// Deleted again, and delivered once more.
	if err := db.Dismiss(ctx, Own("ada", filter.Inbox), ids[:1]); err != nil {
		t.Fatal(err)
	}
	lists(t, db, "deleted again", own, ids[1], ids[2], late[0])
	again(own, "second", 1, ids[0])
	if got, err = db.List(ctx, own); err != nil || len(got) != 4 {
		t.Fatal(got, err)
	}
	same(t, "delivered once more", got[3], line(0, "seconda"))

	// It goes where the message goes, and comes back with it; once it is listed
	// there on its own, it is listed once.
	for _, step := range []struct {
		box  string
		want []int64
	}{{filter.Quarantine, []int64{ids[1], ids[2], late[0]}}, {filter.Inbox, []int64{ids[1], ids[2], late[0], ids[0]}}} {
		if err := db.Place(ctx, "ada", filter.Ham, to(step.box, ids[0]), 0); err != nil {
			t.Fatal(err)
		}
		lists(t, db, "after the move to "+step.box, own, step.want...)
	}
	if err := db.Dismiss(ctx, own, ids[:1]); err != nil {
		t.Fatal(err)
	}
	lists(t, db, "deleted with what hangs there", own, ids[1], ids[2], late[0])

	// A view that lists mail for some days lists what was delivered in these days.
	aged := phone
	aged.Since = when.Add(time.Second)
	again(phone, "phone", 1, ids[2])
	lists(t, db, "the phone", phone, ids[0], ids[1], late[0], ids[2])
	lists(t, db, "a second later", aged)

	none := phone
	none.Boxes = nil
	if _, err := db.Redeliver(ctx, none, nil, when); err == nil {
		t.Error("Redeliver into no mailbox was not refused")
	}
	buryNow(t, db, "ada", ids[2])
	lists(t, db, "the phone, after it expired,", phone, ids[0], ids[1], late[0])
}

// buryNow lets a message expire.
func buryNow(t testing.TB, db DB, owner string, id int64) {
	t.Helper()
	if err := db.SetMarks(ctx, []index.Mark{{Message: id, Owner: owner, Rule: "r", Shown: when}}, nil); err != nil {
		t.Fatal(err)
	}
	out, err := db.Bury(ctx, index.Burial{Owner: owner, Messages: []int64{id}, Rules: []string{"r"}, Shown: when, Head: 1 << 40, Hold: 1 << 40, At: when})
	if err != nil || len(out.Gone) != 1 {
		t.Fatalf("Bury = %+v, %v", out, err)
	}
}

func sights(t *testing.T, db DB) {
	ids := add(t, db, Addition("ada", 1), Addition("ada", 2), Addition("ada", 3))
	theirs := add(t, db, Addition("bob", 1))
	look := func(owner, query string, at time.Duration, want []int64, found ...int64) {
		t.Helper()
		got, err := db.Sight(ctx, index.Sighting{Owner: owner, Name: "bills", Query: query, Found: found}, when.Add(at))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Sight of %d by %s for %q = %d, %v; want %d", found, owner, query, got, err, want)
		}
	}
	look("ada", "bill", 0, nil)
	look("ada", "bill", 1, ids[2:], ids[2], theirs[0], 1<<40, ids[2])
	// What it finds no more stays, and what is new comes behind it.
	look("ada", "bill", 2, []int64{ids[2], ids[0]}, ids[0])
	look("ada", "bill", 3, []int64{ids[2], ids[0]})
	look("bob", "bill", 4, nil)
	look("ada", "invoice", 5, []int64{ids[0], ids[1]}, ids[1], ids[0])
	look("ada", "bill", 6, nil)
	buryNow(t, db, "ada", ids[1])
	look("ada", "invoice", 7, ids[:1])
	if _, err := db.Sight(ctx, index.Sighting{Owner: "ada", Name: "\xff"}, when); err == nil {
		t.Error("Sight under a name that is no text was not refused")
	}
}
