package recordtest

import (
	"errors"
	"testing"
	"time"

	"restante/fetch"
	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

var onMessages = promises{
	"Receipts_AreTakenOnce":              receipts,
	"Taken_OfAnOwnersMessagesOnly":       receiptsOfOwner,
	"Holds_FindsByDigest":                holds,
	"List_ShowsOnlyListed":               mailbox,
	"Messages_AreOneOwners":              several,
	"Plain_OfTheFewThatHaveIt":           plainSizes,
	"HasMailbox_CountsHiddenMessagesToo": hasMailbox,
	"Dismiss_IsNoChange":                 hide,
	"Dismiss_LeavesWhatWasMoved":         hideMoved,
	"Users_AreKept":                      users,
	"Each_ReadsEveryMessageAndMayWrite":  each,
}

func receipts(t *testing.T, db DB) {
	a := Addition("ada", 1)
	id := add(t, db, a)[0]
	r := index.Receipt{Account: "ada-work", UID: "other", Taken: a.Receipt.Taken}
	for range 2 {
		if err := db.Receipts(ctx, id, r); err != nil {
			t.Errorf("Receipts: %v", err)
		}
		r.Taken.Size, r.Taken.At = 999, a.Receipt.Taken.At.Add(time.Hour)
	}
	want := a.Receipt.Taken
	want.Size = 999
	taken, err := db.Taken(ctx, "ada", "ada-work")
	if err != nil || len(taken) != 1 || taken["other"] != want {
		t.Errorf("Taken = %v, %v; want the new size and the first time", taken, err)
	}
	// The UID names another message now.
	other := Addition("ada", 2)
	other.Receipt = r
	other.Receipt.Taken.Head = [8]byte{7}
	add(t, db, other)
	if taken, err = db.Taken(ctx, "ada", "ada-work"); err != nil || len(taken) != 1 || taken["other"] != other.Receipt.Taken {
		t.Errorf("Taken = %v, %v; want what the UID names now", taken, err)
	}
	notFound(t, "Receipts for no message", db.Receipts(ctx, id+100, r))
	if none, err := db.Taken(ctx, "ada", "nobody"); err != nil || none == nil || len(none) != 0 {
		t.Errorf("Taken(nobody) = %v, %v; want an empty map", none, err)
	}
}

// An account may be given to another owner: the mail of the one before is not
// the new one's.
func receiptsOfOwner(t *testing.T, db DB) {
	theirs, ours := Addition("bob", 1), Addition("ada", 2)
	theirs.Receipt.Account = ours.Receipt.Account
	add(t, db, theirs, ours)
	for owner, want := range map[string]index.Addition{"bob": theirs, "ada": ours} {
		taken, err := db.Taken(ctx, owner, ours.Receipt.Account)
		if err != nil {
			t.Error(err)
		}
		same(t, "Taken by "+owner, taken, map[string]fetch.Taken{want.Receipt.UID: want.Receipt.Taken})
	}
	// The same UID, now of a message that ada has too.
	again := Addition("ada", 1)
	again.Receipt = theirs.Receipt
	add(t, db, again)
	if taken, err := db.Taken(ctx, "bob", ours.Receipt.Account); err != nil || len(taken) != 0 {
		t.Errorf("Taken = %v, %v; want none: the UID is ada's now", taken, err)
	}
}

func holds(t *testing.T, db DB) {
	a, b := Addition("ada", 1), Addition("ada", 2)
	b.Message.Digest = a.Message.Digest
	b.Message.Account = "ada-work"
	b.Message.Imported = true
	ids := add(t, db, a, Addition("ada", 3), b)
	got, err := db.Holds(ctx, "ada", a.Message.Digest)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Holds", got, []index.Message{message(t, db, "ada", ids[0]), message(t, db, "ada", ids[2])})
	if got[0].Imported || !got[1].Imported {
		t.Errorf("imported %v and %v, want the second", got[0].Imported, got[1].Imported)
	}
	for owner, digest := range map[string]blob.Digest{"bob": a.Message.Digest, "ada": {}} {
		if got, err := db.Holds(ctx, owner, digest); err != nil || len(got) != 0 {
			t.Errorf("Holds(%s) = %v, %v; want none", owner, got, err)
		}
	}
}

func several(t *testing.T, db DB) {
	var adds []index.Addition
	for n := 1; n <= 300; n++ { // more than one query takes
		adds = append(adds, Addition("ada", n))
	}
	ids := add(t, db, adds...)
	others := add(t, db, Addition("bob", 1))
	got, err := db.Servings(ctx, "ada", append(append([]int64{ids[0], 1 << 40}, others...), ids...))
	if err != nil || len(got) != len(ids) {
		t.Fatalf("%d messages, %v; want ada's %d", len(got), err, len(ids))
	}
	for _, id := range ids {
		m, err := db.Message(ctx, "ada", id)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "Servings", got[id], index.Serving{Ref: m.Ref, Digest: m.Digest, Added: m.Added, Tag: m.Tag})
	}
}

func plainSizes(t *testing.T, db DB) {
	ids := add(t, db, Addition("ada", 1), Addition("ada", 2), Addition("ada", 3), Addition("bob", 1))
	for _, c := range []struct {
		owner string
		after int64
		want  map[int64]int64
	}{
		{"ada", 0, map[int64]int64{ids[0]: 99, ids[2]: 99}},
		{"ada", ids[0], map[int64]int64{ids[2]: 99}},
		{"ada", ids[2], nil},
		{"eve", 0, nil},
	} {
		got, err := db.Plain(ctx, c.owner, c.after)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "Plain of "+c.owner, got, c.want)
	}
}

func hasMailbox(t *testing.T, db DB) {
	a := Addition("ada", 1)
	a.Message.Listed = false
	add(t, db, a)
	for _, c := range []struct {
		owner, mailbox string
		want           bool
	}{{"ada", filter.Inbox, true}, {"ada", filter.Quarantine, false}, {"bob", filter.Inbox, false}, {"ada", "\xff", false}} {
		if got, err := db.HasMailbox(ctx, c.owner, c.mailbox); err != nil || got != c.want {
			t.Errorf("HasMailbox(%s, %q) = %v, %v; want %v", c.owner, c.mailbox, got, err, c.want)
		}
	}
}

func mailbox(t *testing.T, db DB) {
	in, spam, away := Addition("ada", 1), Addition("ada", 2), Addition("ada", 3)
	spam.Message.Mailbox = filter.Quarantine
	away.Message.Listed = false
	ids := add(t, db, in, spam, away)
	for box, want := range map[string][]index.Listing{
		filter.Inbox:      {{ID: ids[0], UID: in.Message.UID, Served: in.Message.Served}},
		filter.Quarantine: {{ID: ids[1], UID: spam.Message.UID, Served: spam.Message.Served}},
		"none":            nil,
		"\xff\x00":        nil,
	} {
		got, err := db.List(ctx, Own("ada", box))
		if err != nil {
			t.Errorf("List(%q): %v", box, err)
		}
		same(t, box, got, want)
	}
}

func hide(t *testing.T, db DB) {
	ids := add(t, db, Addition("ada", 1), Addition("ada", 2), Addition("bob", 1))
	// Twice the same, and twice in a row.
	for range 2 {
		if err := db.Dismiss(ctx, Own("ada", filter.Inbox), []int64{ids[1], ids[0], ids[2], ids[1]}); err != nil {
			t.Errorf("Dismiss: %v", err)
		}
	}
	if l, err := db.List(ctx, Own("ada", filter.Inbox)); err != nil || len(l) != 0 {
		t.Errorf("List = %v, %v; want none", l, err)
	}
	if err := db.Dismiss(ctx, Own("ada", filter.Inbox), nil); err != nil {
		t.Errorf("Dismiss of none: %v", err)
	}
	if !message(t, db, "bob", ids[2]).Listed {
		t.Error("bob's message was hidden")
	}
	if n := len(changesOf(t, db, "ada", 0)); n != 2 {
		t.Errorf("%d changes, want 2: hiding is none", n)
	}
}

func hideMoved(t *testing.T, db DB) {
	a, b := Addition("ada", 1), Addition("ada", 2)
	ids := add(t, db, a, b)
	teachIt(t, db, lesson(a, filter.Spam), to(filter.Quarantine, ids[0])...)
	if err := db.Dismiss(ctx, Own("ada", filter.Inbox), ids); err != nil {
		t.Errorf("Dismiss = %v, want the moved message counted as done", err)
	}
	if !message(t, db, "ada", ids[0]).Listed || message(t, db, "ada", ids[1]).Listed {
		t.Error("want the moved message listed, and the other hidden")
	}
}

func users(t *testing.T, db DB) {
	ada := index.User{Name: "ada", Password: "$argon2id$x", Created: when}
	zoe := index.User{Name: "Zoë", Created: when}
	for _, u := range []index.User{ada, zoe} {
		if err := db.AddUser(ctx, u); err != nil {
			t.Fatalf("AddUser: %v", err)
		}
	}
	if err := db.AddUser(ctx, index.User{Name: "ada", Password: "other"}); !errors.Is(err, index.ErrExists) {
		t.Errorf("AddUser again = %v, want ErrExists", err)
	}
	if err := db.AddUser(ctx, index.User{}); err == nil {
		t.Error("AddUser took a user without a name")
	}
	if got, err := db.User(ctx, "ada"); err != nil || got != ada {
		t.Errorf("User = %v, %v; want %v", got, err, ada)
	}
	for _, name := range []string{"nobody", "ADA", "", "\xff", "ada\x00"} {
		_, err := db.User(ctx, name)
		notFound(t, "User", err)
		notFound(t, "SetPassword", db.SetPassword(ctx, name, "x"))
	}
	if err := db.SetPassword(ctx, "ada", "new"); err != nil {
		t.Errorf("SetPassword: %v", err)
	}
	ada.Password = "new"
	all, err := db.Users(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Users", all, []index.User{zoe, ada})
}

func each(t *testing.T, db DB) {
	var adds []index.Addition
	for n := range 1001 {
		adds = append(adds, Addition([]string{"ada", "bob"}[n%2], n))
	}
	ids := add(t, db, adds...)
	n := 0
	err := db.Each(ctx, func(m index.Message) error {
		if m.ID != ids[n] || m.UID != adds[n].Message.UID || m.Digest != adds[n].Message.Digest || len(m.Reasons) != 1 {
			t.Fatalf("message %d = %+v", n, m)
		}
		n++
		if n == 3 {
			return db.Dismiss(ctx, Own(m.Owner, filter.Inbox), []int64{m.ID})
		}
		return nil
	})
	if err != nil || n != len(adds) {
		t.Errorf("Each = %v after %d, want all %d", err, n, len(adds))
	}
	enough := errors.New("enough")
	n = 0
	if err := db.Each(ctx, func(index.Message) error { n++; return enough }); !errors.Is(err, enough) || n != 1 {
		t.Errorf("Each = %v after %d, want f's error after 1", err, n)
	}
}
