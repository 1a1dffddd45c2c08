package recordtest

import (
	"slices"
	"testing"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

var onLessons = promises{
	"Teach_IsOneCommit":                   teach,
	"Pupils_AreWhoHasLessons":             pupils,
	"Teach_PlacesUnderEachLesson":         teachSeveral,
	"Teach_MovedMessageIsListedAgain":     teachMoves,
	"Teach_NeverListsWhatIsForTheArchive": teachArchive,
	"Teach_RefusesOthersMessages":         teachRefused,
	"Place_MovesWithoutALesson":           place,
	"Teach_OfMailNotInTheArchive":         teachOutside,
	"Lessons_AreFoundByDigestAndNumber":   lessons,
	"Model_IsReplaced":                    model,
}

func lesson(a index.Addition, now filter.Class) *index.Lesson {
	return &index.Lesson{Owner: a.Message.Owner, Digest: a.Message.Digest, Now: now, At: when,
		Origin: index.Origin{By: index.ByFolder, Source: "Mail/näh/1"}, Change: []byte{0, 0xff, byte(now)}}
}

func to(box string, ids ...int64) (moves []index.Move) {
	for _, id := range ids {
		moves = append(moves, index.Move{Message: id, Mailbox: box})
	}
	return moves
}

func teachIt(t *testing.T, db DB, l *index.Lesson, moves ...index.Move) {
	t.Helper()
	l.Moves = moves
	defer func() { l.Moves = nil }() // as it is given back
	if err := db.Teach(ctx, []*index.Lesson{l}); err != nil {
		t.Fatalf("Teach: %v", err)
	}
}

func teach(t *testing.T, db DB) {
	a := Addition("ada", 1)
	id := add(t, db, a)[0]
	l := lesson(a, filter.Spam)
	teachIt(t, db, l, to(filter.Quarantine, id)...)
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
	if box, err := db.List(ctx, Own("ada", filter.Quarantine)); err != nil || len(box) != 1 {
		t.Errorf("List = %v, %v; want the message", box, err)
	}
}

func teachSeveral(t *testing.T, db DB) {
	a, b := Addition("ada", 1), Addition("ada", 2)
	ids := add(t, db, a, b)
	first, second := lesson(a, filter.Spam), lesson(b, filter.Ham)
	first.Moves, second.Moves = to(filter.Quarantine, ids[0]), to("kept", ids[1])
	if err := db.Teach(ctx, []*index.Lesson{first, second}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		class filter.Class
		box   string
	}{{filter.Spam, filter.Quarantine}, {filter.Ham, "kept"}} {
		if m := message(t, db, "ada", ids[i]); m.Class != want.class || m.Mailbox != want.box {
			t.Errorf("message %d is %v in %q, want %v in %q", i, m.Class, m.Mailbox, want.class, want.box)
		}
	}
	if moved, err := db.Undo(ctx, []*index.Lesson{back(first)}); err != nil || moved != 1 {
		t.Errorf("Undo = %d, %v; want the one message of the first lesson", moved, err)
	}
	if m := message(t, db, "ada", ids[1]); m.Mailbox != "kept" {
		t.Errorf("undoing the first lesson moved what the second placed to %q", m.Mailbox)
	}
}

func pupils(t *testing.T, db DB) {
	add(t, db, Addition("eve", 9)) // has mail, and was never taught
	for _, owner := range []string{"bob", "ada", "bob"} {
		teachIt(t, db, lesson(Addition(owner, 1), filter.Spam))
	}
	if names, err := db.Pupils(ctx); err != nil || !slices.Equal(names, []string{"ada", "bob"}) {
		t.Errorf("Pupils = %v, %v; want ada and bob", names, err)
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
		{filter.Quarantine, true, filter.Quarantine},
	} {
		if err := db.Dismiss(ctx, Own("ada", message(t, db, "ada", id).Mailbox), []int64{id}); err != nil {
			t.Fatal(err)
		}
		teachIt(t, db, lesson(a, filter.Ham), to(c.box, id)...)
		if m := message(t, db, "ada", id); m.Listed != c.listed || m.Mailbox != c.where {
			t.Errorf("taught into %q: listed %v in %q, want %v in %q", c.box, m.Listed, m.Mailbox, c.listed, c.where)
		}
	}
}

func place(t *testing.T, db DB) {
	a := Addition("ada", 1)
	b := Addition("ada", 2)
	ids := add(t, db, a, b, Addition("ada", 3))
	teachIt(t, db, lesson(a, filter.Ham), to("other", ids[0])...)
	if err := db.Place(ctx, "ada", filter.Spam, to(filter.Quarantine, ids[:2]...), 1); err != nil {
		t.Fatalf("Place: %v", err)
	}
	for i, want := range []string{filter.Quarantine, filter.Quarantine, filter.Inbox} {
		if m := message(t, db, "ada", ids[i]); m.Mailbox != want || (m.Class == filter.Spam) != (i < 2) {
			t.Errorf("message %d is %v in %q, want it in %q", i, m.Class, m.Mailbox, want)
		}
	}
	same(t, "Changes after 4", changesOf(t, db, "ada", 4), []index.Change{
		{Number: 5, Kind: index.Altered, Message: ids[0]}, {Number: 6, Kind: index.Altered, Message: ids[1]}})
	teachIt(t, db, lesson(b, filter.Ham))
	if all, err := db.Lessons(ctx, "ada", 0, 10); err != nil || len(all) != 2 || all[1].Number != 2 {
		t.Errorf("Lessons = %v, %v; want two, numbered without a gap", all, err)
	}
}

func teachArchive(t *testing.T, db DB) {
	a := Addition("ada", 1)
	a.Message.Listed, a.Message.Archive = false, true
	id := add(t, db, a)[0]
	teachIt(t, db, lesson(a, filter.Spam), to(filter.Quarantine, id)...)
	if m := message(t, db, "ada", id); m.Listed || !m.Archive || m.Mailbox != filter.Quarantine {
		t.Errorf("taught: listed %v, archive only %v, in %q", m.Listed, m.Archive, m.Mailbox)
	}
	if err := db.Dismiss(ctx, Own("ada", filter.Quarantine), []int64{id}); err != nil {
		t.Fatal(err)
	}
	if !message(t, db, "ada", id).Archive {
		t.Error("hidden, and no longer for the archive only")
	}
}

func teachRefused(t *testing.T, db DB) {
	a := Addition("ada", 1)
	id := add(t, db, a)[0]
	mine := add(t, db, Addition("bob", 1))[0]
	l := lesson(a, filter.Spam)
	l.Owner = "bob"
	l.Moves = to(filter.Quarantine, mine, id)
	notFound(t, "Teach", db.Teach(ctx, []*index.Lesson{l}))
	notFound(t, "Place", db.Place(ctx, "bob", filter.Spam, to(filter.Quarantine, mine, id), 1))
	if l.Number != 0 {
		t.Errorf("Number = %d after a refused lesson", l.Number)
	}
	if m := message(t, db, "ada", id); m.Class != filter.Ham || m.Mailbox != filter.Inbox {
		t.Errorf("message = %v in %q", m.Class, m.Mailbox)
	}
	if all, err := db.Lessons(ctx, "bob", 0, 10); err != nil || len(all) != 0 {
		t.Errorf("Lessons = %v, %v; want none", all, err)
	}
	if m := message(t, db, "bob", mine); m.Mailbox != filter.Inbox {
		t.Errorf("a refused call moved bob's message to %q", m.Mailbox)
	}
	if c := changesOf(t, db, "bob", 0); len(c) != 1 {
		t.Errorf("Changes = %v, want the one of the message itself", c)
	}
	for _, bad := range []struct{ owner, box string }{{"", filter.Inbox}, {"bob", ""}, {"bob", "\xff"}} {
		l.Owner, l.Moves = bad.owner, to(bad.box, mine)
		if db.Teach(ctx, []*index.Lesson{l}) == nil || db.Place(ctx, bad.owner, filter.Spam, to(bad.box, mine), 1) == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func teachOutside(t *testing.T, db DB) {
	l := lesson(Addition("ada", 1), filter.Spam)
	l.Change, l.Origin = nil, index.Origin{}
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
	want := []*index.Lesson{lesson(a, filter.Spam), lesson(b, filter.Ham), lesson(a, filter.Unsure)}
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
