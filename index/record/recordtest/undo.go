package recordtest

import (
	"testing"
	"time"

	"restante/filter"
	"restante/index"
)

var onUndo = promises{
	"Undo_PutsBackWhatALessonDid":         undoPutsBack,
	"Undo_TeachesAgainWhatWasReplaced":    undoTeachesAgain,
	"Acts_SayWhatBecameOfLessons":         acts,
	"Judged_CountsByTheFirstJudgement":    judged,
	"Corrected_CountsByTheDayOfTheLesson": corrected,
	"Kept_MeasuresOneOwners":              kept,
}

// back takes a lesson back.
func back(l *index.Lesson) *index.Lesson {
	return &index.Lesson{Owner: l.Owner, Digest: l.Digest, Was: l.Now, At: when.Add(time.Hour), Undoes: l.Number,
		Origin: index.Origin{By: index.ByClick}, Change: []byte{1}}
}

func undo(t *testing.T, db DB, moved int, ls ...*index.Lesson) {
	t.Helper()
	if n, err := db.Undo(ctx, ls); err != nil || n != moved {
		t.Fatalf("Undo = %d moved, %v; want %d", n, err, moved)
	}
}

// state is what lessons change of a message.
type state struct {
	class  filter.Class
	box    string
	listed bool
}

func wantState(t *testing.T, db DB, id int64, want state) {
	t.Helper()
	m := message(t, db, "ada", id)
	if got := (state{m.Class, m.Mailbox, m.Listed}); got != want {
		t.Errorf("message %d is %+v, want %+v", id, got, want)
	}
}

func undoPutsBack(t *testing.T, db DB) {
	a := Addition("ada", 1)
	ids := add(t, db, a, Addition("ada", 2), Addition("ada", 3), Addition("ada", 4))
	if err := db.Dismiss(ctx, Own("ada", filter.Inbox), ids[1:2]); err != nil {
		t.Fatal(err)
	}
	l := lesson(a, filter.Spam)
	teachIt(t, db, l, to(filter.Quarantine, ids[:3]...)...)
	// A copy that came later, one that somebody moved on, one that was deleted.
	if err := db.Place(ctx, "ada", filter.Spam, to(filter.Quarantine, ids[3]), l.Number); err != nil {
		t.Fatal(err)
	}
	other := lesson(Addition("ada", 9), filter.Spam)
	teachIt(t, db, other, to("bills", ids[2])...)
	if err := db.Dismiss(ctx, Own("ada", filter.Quarantine), ids[3:]); err != nil {
		t.Fatal(err)
	}
	before := len(changesOf(t, db, "ada", 0))
	u := back(l)
	undo(t, db, 3, u)
	if u.Number != 3 {
		t.Errorf("Number = %d, want 3", u.Number)
	}
	wantState(t, db, ids[0], state{filter.Ham, filter.Inbox, true})
	wantState(t, db, ids[1], state{filter.Ham, filter.Inbox, false}) // deleted before the lesson
	wantState(t, db, ids[2], state{filter.Ham, "bills", true})
	wantState(t, db, ids[3], state{filter.Ham, filter.Inbox, false})
	if n := len(changesOf(t, db, "ada", 0)) - before; n != 4 {
		t.Errorf("%d changes, want one a message", n)
	}
	got, err := db.Taught(ctx, "ada", a.Message.Digest)
	if err != nil {
		t.Error(err)
	}
	same(t, "Taught", got, *u)
}

func undoTeachesAgain(t *testing.T, db DB) {
	a := Addition("ada", 1)
	id := add(t, db, a)[0]
	first := lesson(a, filter.Spam)
	teachIt(t, db, first, to(filter.Quarantine, id)...)
	second := lesson(a, filter.Ham)
	second.Was = filter.Spam
	second.Moves = to(filter.Inbox, id)
	if err := db.Teach(ctx, []*index.Lesson{back(first), second}); err != nil {
		t.Fatal(err)
	}
	second.Moves = nil
	if second.Number != 3 {
		t.Errorf("Number = %d, want 3: behind what it took back", second.Number)
	}
	again := lesson(a, filter.Spam)
	again.Again = first.Number
	undo(t, db, 1, back(second), again)
	wantState(t, db, id, state{filter.Spam, filter.Quarantine, true})
	undo(t, db, 1, back(again))
	wantState(t, db, id, state{filter.Ham, filter.Inbox, true})
}

func acts(t *testing.T, db DB) {
	a, b := Addition("ada", 1), Addition("ada", 2)
	first, second, others := lesson(a, filter.Spam), lesson(b, filter.Ham), lesson(Addition("bob", 1), filter.Ham)
	second.At = when.Add(time.Minute)
	for _, l := range []*index.Lesson{first, second, others} {
		teachIt(t, db, l)
	}
	undo(t, db, 0, back(first))
	undone := index.Act{Lesson: *first, Undone: when.Add(time.Hour), UndoneBy: index.ByClick}
	standing := index.Act{Lesson: *second}
	undone.Change, standing.Change = nil, nil
	for name, c := range map[string]struct {
		q    index.ActQuery
		want []index.Act
	}{
		"all":      {index.ActQuery{}, []index.Act{standing, undone}},
		"one":      {index.ActQuery{Number: 1}, []index.Act{undone}},
		"an undo":  {index.ActQuery{Number: 3}, nil},
		"standing": {index.ActQuery{Standing: true, Max: 9}, []index.Act{standing}},
		"since":    {index.ActQuery{Since: when.Add(time.Minute)}, []index.Act{standing}},
		"oldest":   {index.ActQuery{Oldest: true, Max: 1}, []index.Act{undone}},
		"as ham":   {index.ActQuery{Class: filter.Ham}, []index.Act{standing}},
		"as spam":  {index.ActQuery{Class: filter.Spam, Standing: true}, nil},
		"before":   {index.ActQuery{Before: standing.Number}, []index.Act{undone}},
		"too far":  {index.ActQuery{Before: undone.Number}, nil},
		"the last": {index.ActQuery{Max: 1}, []index.Act{standing}},
	} {
		got, err := db.Acts(ctx, "ada", c.q)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "Acts: "+name, got, c.want)
	}
}

func judged(t *testing.T, db DB) {
	a, b := Addition("ada", 1), Addition("ada", 2)
	b.Message.Received = when.Add(-24 * time.Hour)
	old := Addition("ada", 3)
	old.Message.Received = when.Add(-48 * time.Hour)
	again, left := Addition("ada", 4), Addition("ada", 5)
	ids := add(t, db, a, b, old, Addition("bob", 1), again, left)
	for _, class := range []filter.Class{filter.Spam, filter.Ham} {
		teachIt(t, db, lesson(again, class), to(filter.Inbox, ids[4])...)
	}
	teachIt(t, db, lesson(a, filter.Spam), to(filter.Quarantine, ids[0])...)
	teachIt(t, db, lesson(a, filter.Unsure), to(filter.Quarantine, ids[0])...)
	got, err := db.Judged(ctx, "ada", when.Add(-24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	day := when.Truncate(24 * time.Hour)
	same(t, "Judged", got, []index.Tally{
		{Day: day.Add(-24 * time.Hour), Judged: filter.Ham, Now: filter.Ham, Count: 1},
		{Day: day, Judged: filter.Ham, Now: filter.Unsure, Count: 1},
		{Day: day, Judged: filter.Ham, Now: filter.Ham, Count: 2},
	})
}

func corrected(t *testing.T, db DB) {
	var all []index.Addition
	for n := range 6 {
		all = append(all, Addition("ada", n+1)) // received at when, and judged ham
	}
	ids := add(t, db, append(all, Addition("bob", 1))...)
	days := func(n int) time.Time { return when.AddDate(0, 0, n) }
	teachOn := func(n int, a index.Addition, class filter.Class, ids ...int64) *index.Lesson {
		l := lesson(a, class)
		l.At = days(n)
		teachIt(t, db, l, to(filter.Quarantine, ids...)...)
		return l
	}
	teachOn(1, all[0], filter.Spam, ids[0]) // before what is asked for
	teachOn(3, all[1], filter.Spam, ids[1])
	teachOn(2, all[2], filter.Unsure, ids[2])
	teachOn(5, all[2], filter.Spam, ids[2]) // by the last of its lessons
	teachOn(3, all[3], filter.Spam, ids[3])
	teachOn(4, all[3], filter.Ham, ids[3]) // back to what it was judged
	teachOn(4, all[4], filter.Ham, ids[4]) // no correction
	undo(t, db, 1, back(teachOn(4, all[5], filter.Spam, ids[5])))
	teachOn(3, Addition("ada", 9), filter.Spam) // of no message
	teachOn(3, Addition("bob", 1), filter.Spam, ids[6])
	got, err := db.Corrected(ctx, "ada", days(2))
	if err != nil {
		t.Fatal(err)
	}
	day := when.Truncate(24 * time.Hour)
	same(t, "Corrected", got, []index.Tally{
		{Day: day.AddDate(0, 0, 3), Judged: filter.Ham, Now: filter.Spam, Count: 1},
		{Day: day.AddDate(0, 0, 5), Judged: filter.Ham, Now: filter.Spam, Count: 1},
	})
}

func kept(t *testing.T, db DB) {
	if s, l, err := db.Kept(ctx, "ada"); s != 0 || l != 0 || err != nil {
		t.Errorf("Kept = %d, %d, %v of nothing", s, l, err)
	}
	if err := db.SaveModel(ctx, "ada", 1, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	teachIt(t, db, lesson(Addition("ada", 1), filter.Spam))
	teachIt(t, db, lesson(Addition("ada", 2), filter.Spam))
	teachIt(t, db, lesson(Addition("bob", 2), filter.Spam))
	if s, l, err := db.Kept(ctx, "ada"); s != 1000 || l != 6 || err != nil {
		t.Errorf("Kept = %d, %d, %v; want 1000 and 6", s, l, err)
	}
}
