package recordtest

import (
	"testing"
	"time"
)

type quirk struct {
	Name    string
	Strikes int
	Last    time.Time
}

func quirksOf(t *testing.T, db DB, account string) (all []quirk) {
	t.Helper()
	err := db.Quirks(ctx, account, func(name string, strikes int, last time.Time) {
		all = append(all, quirk{name, strikes, last})
	})
	if err != nil {
		t.Fatalf("Quirks: %v", err)
	}
	return all
}

func setQuirk(t *testing.T, db DB, account string, q quirk) {
	t.Helper()
	if err := db.SetQuirk(ctx, account, q.Name, q.Strikes, q.Last); err != nil {
		t.Fatalf("SetQuirk: %v", err)
	}
}

func quirks(t *testing.T, db DB) {
	same(t, "Quirks of nobody", quirksOf(t, db, "home"), []quirk(nil))
	top, capa := quirk{"no-top", 1, when}, quirk{"no-capa", 2, when.Add(time.Nanosecond)}
	setQuirk(t, db, "home", top)
	setQuirk(t, db, "home", capa)
	setQuirk(t, db, "work", top)
	same(t, "Quirks", quirksOf(t, db, "home"), []quirk{capa, top})

	top.Strikes, top.Last = 2, when.Add(time.Hour)
	setQuirk(t, db, "home", top)
	same(t, "Quirks after another strike", quirksOf(t, db, "home"), []quirk{capa, top})

	setQuirk(t, db, "home", quirk{Name: "no-top"})
	same(t, "Quirks after one was cleared", quirksOf(t, db, "home"), []quirk{capa})
	if err := db.ForgetQuirks(ctx, "home"); err != nil {
		t.Fatalf("ForgetQuirks: %v", err)
	}
	same(t, "forgotten Quirks", quirksOf(t, db, "home"), []quirk(nil))
	same(t, "another account's Quirks", quirksOf(t, db, "work"), []quirk{{"no-top", 1, when}})
}
