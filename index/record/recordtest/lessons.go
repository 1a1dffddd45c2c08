package recordtest

import (
	"testing"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

func lesson(a index.Addition, id int64, now filter.Class, box string) *index.Lesson {
	return &index.Lesson{Owner: a.Message.Owner, Digest: a.Message.Digest, Now: now, At: when,
		Change: []byte{0, 0xff, byte(now)}, Message: id, Mailbox: box}
}

func teachIt(t *testing.T, db DB, l *index.Lesson) {
	t.Helper()
	if err := db.Teach(ctx, l); err != nil {
		t.Fatalf("Teach: %v", err)
	}
}

func teach(t *testing.T, db DB) {
	a := Addition("ada", 1)
	id := add(t, db, a)[0]
	l := lesson(a, id, filter.Spam, filter.Quarantine)
	teachIt(t, db, l)
	if l.Number != 1 {
		t.Errorf("Number = %d, want 1", l.Number)
	}
	if m := message(t, db, "ada", id); m.Class != filter.Spam || m.Mailbox != filter.Quarantine || m.Score != a.Message.Score {
		t.Errorf("message = %v in %q with %v", m.Class, m.Mailbox, m.Score)
	}
	got, err := db.Taught(ctx, "ada", a.Message.Digest)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Taught", got, *l)
	same(t, "Changes", changesOf(t, db, "ada", 0), []index.Change{
		{Number: 1, Kind: index.Added, Message: id}, {Number: 2, Kind: index.Altered, Message: id}})
	add(t, db, Addition("ada", 2))
	if c := changesOf(t, db, "ada", 2); len(c) != 1 || c[0].Number != 3 {
		t.Errorf("Changes after 2 = %v, want number 3", c)
	}
	if box, err := db.Mailbox(ctx, "ada", filter.Quarantine); err != nil || len(box) != 1 {
		t.Errorf("Mailbox = %v, %v; want the message", box, err)
	}
}

func teachMoves(t *testing.T, db DB) {
	a := Addition("ada", 1)
	id := add(t, db, a)[0]
	for _, c := range []struct {
		box    string
		listed bool
		where  string
	}{
		{filter.Inbox, false, filter.Inbox}, // it is there: its owner deleted it
		{"", false, filter.Inbox},
		{filter.Quarantine, true, filter.Quarantine},
	} {
		if err := db.Hide(ctx, "ada", message(t, db, "ada", id).Mailbox, []int64{id}); err != nil {
			t.Fatal(err)
		}
		teachIt(t, db, lesson(a, id, filter.Ham, c.box))
		if m := message(t, db, "ada", id); m.Listed != c.listed || m.Mailbox != c.where {
			t.Errorf("taught into %q: listed %v in %q, want %v in %q", c.box, m.Listed, m.Mailbox, c.listed, c.where)
		}
	}
}

func teachArchive(t *testing.T, db DB) {
	a := Addition("ada", 1)
	a.Message.Listed, a.Message.Archive = false, true
	id := add(t, db, a)[0]
	teachIt(t, db, lesson(a, id, filter.Spam, filter.Quarantine))
	if m := message(t, db, "ada", id); m.Listed || !m.Archive || m.Mailbox != filter.Quarantine {
		t.Errorf("taught: listed %v, archive only %v, in %q", m.Listed, m.Archive, m.Mailbox)
	}
	if err := db.Hide(ctx, "ada", filter.Quarantine, []int64{id}); err != nil {
		t.Fatal(err)
	}
	if !message(t, db, "ada", id).Archive {
		t.Error("hidden, and no longer for the archive only")
	}
}

func teachRefused(t *testing.T, db DB) {
	a := Addition("ada", 1)
	id := add(t, db, a)[0]
	l := lesson(a, id, filter.Spam, filter.Quarantine)
	l.Owner = "bob"
	notFound(t, "Teach", db.Teach(ctx, l))
	if l.Number != 0 {
		t.Errorf("Number = %d after a refused lesson", l.Number)
	}
	if m := message(t, db, "ada", id); m.Class != filter.Ham || m.Mailbox != filter.Inbox {
		t.Errorf("message = %v in %q", m.Class, m.Mailbox)
	}
	if all, err := db.Lessons(ctx, "bob", 0, 10); err != nil || len(all) != 0 {
		t.Errorf("Lessons = %v, %v; want none", all, err)
	}
	if c := changesOf(t, db, "bob", 0); len(c) != 0 {
		t.Errorf("Changes = %v, want none", c)
	}
	l.Owner = ""
	if err := db.Teach(ctx, l); err == nil {
		t.Error("Teach took a lesson without an owner")
	}
}

func teachOutside(t *testing.T, db DB) {
	l := lesson(Addition("ada", 1), 0, filter.Spam, "")
	l.Change = nil
	teachIt(t, db, l)
	if c := changesOf(t, db, "ada", 0); len(c) != 0 {
		t.Errorf("Changes = %v, want none", c)
	}
	heads, err := db.Heads(ctx)
	if err != nil || len(heads) != 0 {
		t.Errorf("Heads = %v, %v; want none", heads, err)
	}
}

func lessons(t *testing.T, db DB) {
	a, b := Addition("ada", 1), Addition("ada", 2)
	ids := add(t, db, a, b)
	want := []*index.Lesson{
		lesson(a, ids[0], filter.Spam, filter.Quarantine),
		lesson(b, ids[1], filter.Ham, filter.Inbox),
		lesson(a, ids[0], filter.Unsure, filter.Inbox),
	}
	want[2].Was = filter.Spam
	for i, l := range want {
		teachIt(t, db, l)
		if l.Number != int64(i+1) {
			t.Errorf("Number = %d, want %d", l.Number, i+1)
		}
	}
	got, err := db.Taught(ctx, "ada", a.Message.Digest)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Taught", got, *want[2])
	_, err = db.Taught(ctx, "ada", blob.Digest{})
	notFound(t, "Taught", err)
	all, err := db.Lessons(ctx, "ada", 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "one Lesson after 1", all, []index.Lesson{*want[1]})
	if none, err := db.Lessons(ctx, "ada", 0, 0); err != nil || len(none) != 0 {
		t.Errorf("Lessons(max 0) = %v, %v; want none", none, err)
	}
}

func model(t *testing.T, db DB) {
	if n, b, err := db.Model(ctx, "ada"); n != 0 || b != nil || err != nil {
		t.Errorf("Model = %d, %v, %v; want none", n, b, err)
	}
	for n, b := range [][]byte{{1, 0, 0xff}, {}, make([]byte, 3<<20)} {
		if err := db.SaveModel(ctx, "ada", int64(n+1), b); err != nil {
			t.Fatal(err)
		}
		upTo, got, err := db.Model(ctx, "ada")
		if upTo != int64(n+1) || string(got) != string(b) || err != nil {
			t.Errorf("Model = %d, %d octets, %v; want %d, %d octets", upTo, len(got), err, n+1, len(b))
		}
	}
}
