package recordtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/fetch"
	"restante/index"
)

var onFetch = promises{
	"Notes_AreSetAndDroppedInOneCommit": notes,
	"Notes_KeepAwkwardValues":           awkwardNotes,
	"ForgetNotes_ForgetsFailuresOnly":   forgetNotes,
	"Mark_NamesTheMessageThatStays":     mark,
	"Mark_NoReceiptNoRow":               markStranger,
	"Mark_ReplacesRowsThatAreNotTrue":   markAgain,
	"Settle_LeavesWhatIsNotKnown":       settle,
	"Rename_MovesReceipts":              rename,
	"Rename_SwapsNames":                 renameSwap,
}

func notesOf(t *testing.T, db DB, owner string) []fetch.Note {
	t.Helper()
	all, err := db.Notes(ctx, owner, "isp")
	if err != nil {
		t.Fatalf("Notes(%s): %v", owner, err)
	}
	return all
}

func setNotes(t *testing.T, db DB, owner string, set []fetch.Note, drop ...string) {
	t.Helper()
	if err := db.Note(ctx, owner, "isp", set, drop); err != nil {
		t.Fatalf("Note: %v", err)
	}
}

func notes(t *testing.T, db DB) {
	if got := notesOf(t, db, "ada"); len(got) != 0 {
		t.Errorf("Notes = %v, want none", got)
	}
	a := fetch.Note{UID: "a", Kind: fetch.NoteRefused, Tries: 2, Since: when, Next: when.Add(time.Hour), Size: 7, Why: "-ERR no"}
	b := fetch.Note{UID: "b", Kind: fetch.NoteLarge, Since: when, Size: 1 << 40}
	setNotes(t, db, "ada", []fetch.Note{b, a})
	setNotes(t, db, "bob", []fetch.Note{a})
	same(t, "Notes", notesOf(t, db, "ada"), []fetch.Note{a, b})
	a.Tries, a.Kind = 3, fetch.NoteBroke
	c := fetch.Note{UID: "c", Kind: fetch.NotePassed, Since: when, Size: -1}
	setNotes(t, db, "ada", []fetch.Note{{UID: "a"}, c, a}, "b", "nobody's")
	same(t, "Notes", notesOf(t, db, "ada"), []fetch.Note{a, c})
	if got := notesOf(t, db, "bob"); len(got) != 1 || got[0].Tries != 2 {
		t.Errorf("bob's notes are %v", got)
	}
	var many []fetch.Note
	for i := range 300 {
		many = append(many, fetch.Note{UID: fmt.Sprintf("%03d", i), Kind: fetch.NotePassed, Since: when, Size: int64(i)})
	}
	setNotes(t, db, "eve", many)
	same(t, "Notes", notesOf(t, db, "eve"), many)
}

func awkwardNotes(t *testing.T, db DB) {
	n := fetch.Note{UID: "\x00\xff ü", Kind: fetch.NoteMark, Size: -1, Why: "caf\xe9\x00" + strings.Repeat("x", 1000)}
	setNotes(t, db, "ada", []fetch.Note{n, {UID: ""}})
	got := notesOf(t, db, "ada")
	if len(got) != 2 || got[0].UID != "" || got[1].UID != n.UID || !got[1].Next.IsZero() || got[1].Size != -1 {
		t.Fatalf("Notes = %+v", got)
	}
	if why := got[1].Why; !strings.HasPrefix(why, "caf??x") || len(why) > 500 {
		t.Errorf("Why = %q of %d octets", why, len(why))
	}
}

func forgetNotes(t *testing.T, db DB) {
	var all []fetch.Note
	for k := fetch.NoteRefused; k <= fetch.NoteMark; k++ {
		all = append(all, fetch.Note{UID: fmt.Sprint(int(k)), Kind: k, Since: when})
	}
	setNotes(t, db, "ada", all)
	setNotes(t, db, "bob", all)
	if err := db.ForgetNotes(ctx, "ada", "isp"); err != nil {
		t.Fatal(err)
	}
	same(t, "Notes", notesOf(t, db, "ada"), all[2:])
	same(t, "bob's Notes", notesOf(t, db, "bob"), all)
}

func mark(t *testing.T, db DB) {
	a, b := Addition("ada", 1), Addition("ada", 2)
	ids := add(t, db, a, b)
	all := []fetch.Deletion{
		{UID: a.Receipt.UID, At: when, Why: "keep 0"},
		{UID: b.Receipt.UID, At: when.Add(1), Why: "h\xf6chste Zeit"},
	}
	if err := db.Mark(ctx, "ada", "ada-home", all); err != nil {
		t.Fatal(err)
	}
	for i, ad := range []index.Addition{a, b} {
		if all[i].ID == 0 || all[i].Message != ids[i] || all[i].Digest != ad.Message.Digest {
			t.Errorf("Mark filled in %+v", all[i])
		}
	}
	all[1].Why = "h?chste Zeit"
	got, err := db.Marked(ctx, "ada", "ada-home")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Marked", got, all)
	if got, err = db.Deletions(ctx, "ada", "ada-home", 10); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(got)
	same(t, "Deletions", got, all)
	if got, err = db.Deletions(ctx, "ada", "ada-home", 1); err != nil || len(got) != 1 || got[0].ID != all[1].ID {
		t.Errorf("Deletions = %v, %v; want the last", got, err)
	}
	if got, err = db.Deletions(ctx, "ada", "ada-home", 0); err != nil || len(got) != 0 {
		t.Errorf("Deletions of at most 0 = %v, %v", got, err)
	}
	found, err := db.Archived(ctx, "ada", "ada-home", []string{a.Receipt.UID, "nobody's"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Archived", found, map[string]int64{a.Receipt.UID: ids[0]})
}

func markStranger(t *testing.T, db DB) {
	a, b := Addition("ada", 1), Addition("bob", 2)
	b.Receipt.Account = a.Receipt.Account
	add(t, db, a, b)
	all := []fetch.Deletion{{UID: "unheard of", ID: 7, Message: 7, At: when}, {UID: b.Receipt.UID, At: when}, {UID: a.Receipt.UID, At: when}}
	if err := db.Mark(ctx, "ada", "ada-home", all); err != nil {
		t.Fatal(err)
	}
	if all[0].ID != 0 || all[0].Message != 0 || all[1].ID != 0 || all[2].ID == 0 {
		t.Errorf("Mark = %+v, want a row for the last only", all)
	}
	if got, err := db.Marked(ctx, "bob", "ada-home"); err != nil || len(got) != 0 {
		t.Errorf("Marked by bob = %v, %v", got, err)
	}
	if got, err := db.Archived(ctx, "ada", "ada-home", []string{b.Receipt.UID}); err != nil || len(got) != 0 {
		t.Errorf("Archived = %v, %v; want none", got, err)
	}
}

// A message that is about to be deleted was not deleted before, whatever a row
// says; but of those without UIDs there may have been two.
func markAgain(t *testing.T, db DB) {
	named, nameless := Addition("ada", 1), Addition("ada", 2)
	nameless.Receipt.UID = "sha256-" + strings.Repeat("0", 64)
	add(t, db, named, nameless)
	for _, c := range []struct {
		uid   string
		state fetch.DeletionState
		want  int
	}{
		{named.Receipt.UID, fetch.DeletionMarked, 2}, {named.Receipt.UID, fetch.DeletionDone, 1},
		{named.Receipt.UID, fetch.DeletionSeen, 1}, {named.Receipt.UID, fetch.DeletionUndone, 1},
		{nameless.Receipt.UID, fetch.DeletionDone, 2}, {nameless.Receipt.UID, fetch.DeletionUndone, 1},
	} {
		at := when
		for range 2 {
			at = at.Add(1)
			one := []fetch.Deletion{{UID: c.uid, At: at, Why: "keep 0"}}
			if err := db.Mark(ctx, "ada", "ada-home", one); err != nil {
				t.Fatal(err)
			}
			if err := db.Settle(ctx, "ada", "ada-home", map[int64]fetch.DeletionState{one[0].ID: c.state}); err != nil {
				t.Fatal(err)
			}
		}
		all, err := db.Deletions(ctx, "ada", "ada-home", 100)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		undone := map[int64]fetch.DeletionState{}
		for _, d := range all {
			if d.UID == c.uid {
				got++
				undone[d.ID] = fetch.DeletionUndone
			}
		}
		if got != c.want || !all[0].At.Equal(at) {
			t.Errorf("%s is %v: %d rows, the last of %v; want %d", c.uid, c.state, got, all[0].At, c.want)
		}
		if err := db.Settle(ctx, "ada", "ada-home", undone); err != nil { // the next case begins anew
			t.Fatal(err)
		}
	}
}

func settle(t *testing.T, db DB) {
	var all []fetch.Deletion
	for i := range 4 {
		a := Addition("ada", i)
		add(t, db, a)
		all = append(all, fetch.Deletion{UID: a.Receipt.UID, At: when})
	}
	if err := db.Mark(ctx, "ada", "ada-home", all); err != nil {
		t.Fatal(err)
	}
	states := map[int64]fetch.DeletionState{all[0].ID: fetch.DeletionDone, all[1].ID: fetch.DeletionSeen, all[2].ID: fetch.DeletionUndone}
	if err := db.Settle(ctx, "bob", "ada-home", map[int64]fetch.DeletionState{all[3].ID: fetch.DeletionDone}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Settle(ctx, "ada", "ada-home", states), db.Settle(ctx, "ada", "ada-home", nil)); err != nil {
		t.Fatal(err)
	}
	got, err := db.Marked(ctx, "ada", "ada-home")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Marked", got, all[3:])
	if got, err = db.Deletions(ctx, "ada", "ada-home", 10); err != nil || len(got) != 4 {
		t.Fatalf("Deletions = %v, %v", got, err)
	}
	for _, del := range got[1:] {
		if del.State != states[del.ID] {
			t.Errorf("deletion %d is %v, want %v", del.ID, del.State, states[del.ID])
		}
	}
}

func takenBy(t *testing.T, db DB, owner string) map[string]fetch.Taken {
	t.Helper()
	taken, err := db.Taken(ctx, owner, "ada-home")
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

func rename(t *testing.T, db DB) {
	a, b, c := Addition("ada", 1), Addition("ada", 2), Addition("bob", 3)
	c.Receipt.Account = "ada-home"
	add(t, db, a, b, c)
	err := db.Rename(ctx, "ada", "ada-home", map[string]string{a.Receipt.UID: "\xffnew", "unheard of": "x", c.Receipt.UID: "stolen"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Taken", takenBy(t, db, "ada"), map[string]fetch.Taken{"\xffnew": a.Receipt.Taken, b.Receipt.UID: b.Receipt.Taken})
	same(t, "Taken by bob", takenBy(t, db, "bob"), map[string]fetch.Taken{c.Receipt.UID: c.Receipt.Taken})
}

// Where an upstream counts anew, a new name may be another one's old name.
func renameSwap(t *testing.T, db DB) {
	a, b := Addition("ada", 1), Addition("ada", 2)
	add(t, db, a, b)
	names := map[string]string{a.Receipt.UID: b.Receipt.UID, b.Receipt.UID: a.Receipt.UID}
	if err := db.Rename(ctx, "ada", "ada-home", names); err != nil {
		t.Fatal(err)
	}
	same(t, "Taken", takenBy(t, db, "ada"), map[string]fetch.Taken{a.Receipt.UID: b.Receipt.Taken, b.Receipt.UID: a.Receipt.Taken})
}
