package fetch_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"restante/fetch"
)

// crashMatrix kills the process at each step of a round, ahead of its effect and
// behind it, and checks the world then and after one whole round of another
// process. World makes one that is ready for the round.
func crashMatrix(t *testing.T, steps int, acc fetch.Account, world func() (*server, *archive, *records),
	check func(t *testing.T, s *server, a *archive, r *records, whole bool)) {
	t.Helper()
	dir := t.TempDir()
	for _, after := range []bool{false, true} {
		for k := 1; ; k++ {
			s, a, r := world()
			m := mortal{fate: &fate{at: k, after: after}, s: s, a: a, r: r}
			_, err := fetch.New(m.options(dir)).Round(context.Background(), acc)
			check(t, s, a, r, false)
			reached := m.dead
			m.fate = &fate{}
			for range 2 { // the second settles what the first did
				if _, err := fetch.New(m.options(dir)).Round(context.Background(), acc); err != nil {
					t.Fatalf("killed at step %d (behind it: %v): the next round: %v", k, after, err)
				}
			}
			check(t, s, a, r, true)
			if t.Failed() {
				t.Fatalf("killed at step %d (behind it: %v)", k, after)
			}
			if !reached {
				if err != nil || k < steps {
					t.Fatalf("only %d steps, %v; want %d", k, err, steps)
				}
				break
			}
		}
	}
}

// wantSafe checks the custody rule, and that each deletion has its row.
func wantSafe(t *testing.T, s *server, a *archive, r *records, all []message, uid func(message) string) {
	t.Helper()
	for _, m := range all {
		if slices.Contains(s.mail, m) {
			continue
		}
		if a.kept[m.text] != 1 {
			t.Errorf("%s is gone upstream and kept %d times", m.uid, a.kept[m.text])
		}
		states := r.states(uid(m))
		if states[fetch.DeletionMarked]+states[fetch.DeletionDone]+states[fetch.DeletionSeen] == 0 {
			t.Errorf("%s is gone upstream and no row says so: %v", m.uid, states)
		}
	}
}

func byUID(m message) string { return m.uid }

// A crash between any two of: the row, DELE, QUIT, its answer, the row's last
// word. One row in the end says that the message is gone, and why it was safe.
func TestQuirk27_EachDeletionHasItsRowWhereverTheProcessDies(t *testing.T) {
	const n = 3
	acc := fetch.Account{Name: "isp", Keep: atOnce}
	crashMatrix(t, 3*n, acc, func() (*server, *archive, *records) {
		a := newArchive()
		return &server{mail: mail(n)}, a, newRecords(a)
	}, func(t *testing.T, s *server, a *archive, r *records, whole bool) {
		wantSafe(t, s, a, r, mail(n), byUID)
		if !whole {
			return
		}
		for _, m := range mail(n) {
			st := r.states(m.uid)
			if st[fetch.DeletionDone]+st[fetch.DeletionSeen] != 1 || st[fetch.DeletionMarked] != 0 {
				t.Errorf("rows of %s: %v; want one that says it is gone, and none open", m.uid, st)
			}
		}
		if len(s.mail) != 0 {
			t.Errorf("%v are left upstream", s.uids())
		}
	})
}

func TestQuirk27_EachDeletionHasItsRowWithoutUIDsToo(t *testing.T) {
	const n = 2
	nameless := mail(n)
	for i := range nameless {
		nameless[i].uid = ""
	}
	acc := fetch.Account{Name: "isp", Keep: atOnce}
	crashMatrix(t, 3*n, acc, func() (*server, *archive, *records) {
		a := newArchive()
		return &server{mail: slices.Clone(nameless)}, a, newRecords(a)
	}, func(t *testing.T, s *server, a *archive, r *records, whole bool) {
		for _, m := range nameless {
			if !slices.Contains(s.mail, m) && a.kept[m.text] != 1 {
				t.Errorf("%q is gone upstream and kept %d times", m.text, a.kept[m.text])
			}
		}
		gone := 0
		for _, d := range r.dels {
			if d.State != fetch.DeletionUndone {
				gone++
			}
			if whole && d.State == fetch.DeletionMarked {
				t.Errorf("it is not known what came of %+v", d)
			}
		}
		if left := len(s.mail); gone < n-left || whole && (gone != n || left != 0) {
			t.Errorf("%d rows, %d left upstream", gone, left)
		}
	})
}

// A storm over mail of which some is due.
func TestStorm_LosesNothingWhereverTheProcessDies(t *testing.T) {
	const n = 24
	now := time.Now()
	all := renumbered(mail(n), "new")
	all = append(all, message{"arrived", text(99)})
	acc := fetch.Account{Name: "isp", Keep: fetch.Keep{Delete: true, After: time.Hour}}
	world := func() (*server, *archive, *records) {
		a := newArchive()
		a.taken[""] = map[string]fetch.Taken{}
		for i, m := range mail(n) {
			at := now
			if i < 3 {
				at = now.Add(-2 * time.Hour)
			}
			a.kept[m.text] = 1
			a.taken[""][m.uid] = takenOf(m, at)
		}
		return &server{mail: slices.Clone(all)}, a, newRecords(a)
	}
	crashMatrix(t, n, acc, world, func(t *testing.T, s *server, a *archive, r *records, whole bool) {
		wantSafe(t, s, a, r, all, byUID)
		for text, times := range a.kept {
			if times != 1 {
				t.Errorf("%q is kept %d times", text, times)
			}
		}
		if whole && len(a.kept) != len(all) {
			t.Errorf("%d kept, want %d", len(a.kept), len(all))
		}
		if whole && r.kinds()[fetch.NoteMark] != 0 {
			t.Errorf("the storm is over; notes are %v", r.notes)
		}
	})
}

// What is passed over stays passed over, and what came later is taken.
func TestRecent_PassesOverWhereverTheProcessDies(t *testing.T) {
	const n = 4
	acc := fetch.Account{Name: "isp", Keep: atOnce, Recent: true}
	crashMatrix(t, 5, acc, func() (*server, *archive, *records) {
		a := newArchive()
		return &server{mail: mail(n)}, a, newRecords(a)
	}, func(t *testing.T, s *server, a *archive, r *records, whole bool) {
		if len(s.mail) < n || len(a.kept) != 0 {
			t.Errorf("%d left upstream, %d kept", len(s.mail), len(a.kept))
		}
		if whole && r.kinds()[fetch.NotePassed] != n {
			t.Errorf("notes are %v", r.notes)
		}
	})
}

func takenOf(m message, at time.Time) fetch.Taken {
	return fetch.Taken{At: at, Size: int64(len(m.text)), Head: fetch.HeadSum([]byte(m.text))}
}

func renumbered(all []message, prefix string) []message {
	out := slices.Clone(all)
	for i := range out {
		out[i].uid = fmt.Sprint(prefix, i)
	}
	return out
}
